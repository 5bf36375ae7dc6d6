package component

// Name is the name of a component's program, which is also its file's name.
type Name string

// The programs of labs.
const (
	APIServer         Name = "kube-apiserver"
	ControllerManager Name = "kube-controller-manager"
	Scheduler         Name = "kube-scheduler"
	Proxy             Name = "kube-proxy"
	Kubectl           Name = "kubectl"
	// Agnhost is Kubernetes' test server, which the lab's pods run.
	Agnhost Name = "agnhost"
	Etcd    Name = "etcd"
	// CalicoNode is calico-node: startup, Felix and confd in one program.
	CalicoNode Name = "calico-node"
	// CalicoCNI is the CNI plugin. Its folder is a CNI plugin folder: the IPAM
	// plugin, CalicoIPAM, lies beside it.
	CalicoCNI  Name = "calico"
	CalicoIPAM Name = "calico-ipam"
	Calicoctl  Name = "calicoctl"
	// ContainerlabDeploy joins the containers of labs on kind by containerlab.
	ContainerlabDeploy Name = "containerlab-deploy"
	// Flanneld is flannel's daemon, and HostLocal the IPAM plugin that gives pods addresses
	// of their node's subnet. Their folder is a CNI plugin folder.
	Flanneld  Name = "flanneld"
	HostLocal Name = "host-local"
)
