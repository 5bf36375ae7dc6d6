package netns

import "github.com/rackproof/rackproof/framework/lab/standin"

// StandIns implements lab.Provider.
func (Provider) StandIns() []standin.StandIn {
	return []standin.StandIn{
		{
			Name: "node-agent",
			What: "an agent (framework/cluster/agent): pods are network namespaces, containers are processes", Real: "kubelet and containerd",
			Differs: "No images, volumes, cgroups, tokens or events; a pod with a field that the agent does not support is refused. A pod is ready sooner: it is also probed within its first period. " +
				"The node is ready once Calico's startup has ended, not once the CNI configuration is there.",
			Affects: []string{standin.All}, ComparedBy: []string{"suites/agreement/agree_test.go", "framework/cluster/agent/agent_test.go"},
		},
		{
			Name: "cni-runtime",
			What: "the agent calls Calico's CNI plugins by libcni", Real: "containerd",
			Differs: "A second attempt has the first one's container id. At most four plugins run at once. The plugin for host ports is left out.",
			Affects: []string{"CAN", "IPIP", "LOC", "VXL"}, ComparedBy: []string{"framework/cluster/calicomanifest_test.go", "framework/cluster/canal_test.go"},
		},
		{
			Name: "calico-services",
			What: "startup, confd, BIRD, Felix and the service for tunnel addresses, started by the lab", Real: "calico-node's start script (rc.local) and runit",
			Differs: "A lab comes up without complete-startup (NetworkUnavailable), monitor-addresses and node-status-reporter, for the memory and time that they take. " +
				"A calico-node that a spec restarts as one has them, as rc.local enables them. Left out are bird6, the renewal of tokens and the init containers. " +
				"BIRD starts when its three files are there; runit tries each second, so that it is up later. complete-startup waits for Felix, not for BIRD, and is started again every 90 s, because Go ends a program without cgo that only sleeps. CTL-006 starts bird6 and node-status-reporter in such a lab.",
			Affects:    []string{"NODE"},
			ComparedBy: []string{"framework/cluster/calicoservices_test.go"},
		},
		{
			Name: "external-reflector", Only: standin.ExternalReflector,
			What: "startup, confd and BIRD on a host of their own, started by the lab", Real: "a container calico/node outside the cluster, with a kubeconfig",
			Differs: "Felix, monitor-addresses and node-status-reporter, which such a container runs too, are left out, so that the host forwards and filters as its kernel is set. The lab makes the folder of Felix's that confd watches. The administrator's Kubernetes Node has no status.",
			Affects: []string{"NRR-08"},
		},
		{
			Name: "tunnel-addresses", Only: standin.Tunnels,
			What: "the service for tunnel addresses allots the first one too, beside confd and BIRD; Felix waits for it", Real: "a run of its own before any service; then the service",
			Differs: "confd may see a node before its tunnel address. Modes without a tunnel have no such service, and cannot change to an encapsulation.",
			Affects: []string{"CRS", "IPIP", "MSW", "VXL"}, ComparedBy: []string{"framework/cluster/calicoservices_test.go"},
		},
		{
			Name: "calico-settings",
			What: "calico-node's environment", Real: "that of Calico's manifest",
			Differs: "Felix finds its MTU by the fabric's interfaces; it is told its variant of iptables. The test has the whole list.",
			Affects: []string{"CAN", "CRS", "IPIP", "VXL"}, ComparedBy: []string{"framework/cluster/calicomanifest_test.go", "framework/cluster/canal_test.go"},
		},
		{
			Name: "flanneld", Only: standin.Canal,
			What: "flannel's daemon v0.28.10 by a program of ours (fixtures/components/flannel) on flannel's own packages", Real: "flannel's program, in Calico's manifest v0.24.4",
			Differs: "It has the backends vxlan and host-gw alone, and neither etcd, IPv6, nftables nor health checks. It does not ask for br_netfilter: Canal has no bridge. " +
				"Its first start waits until the node has its subnet; a real one ends and is started again.",
			Affects: []string{"CAN"}, ComparedBy: []string{"framework/cluster/canal_test.go"},
		},
		{
			Name: "canal-pod", Only: standin.Canal,
			What: "flannel and Felix as programs of their own; the lab writes the ConfigMap's files before each start of flannel", Real: "one pod of a DaemonSet, with the ConfigMap mounted by the kubelet",
			Differs: "A spec starts flannel again alone, where a new pod starts Felix again too. The files do not change while flannel runs.",
			Affects: []string{"CAN-050", "CAN-051", "CAN-102", "CAN-2"}, ComparedBy: []string{"framework/cluster/canal_test.go"},
		},
		{
			Name: "canal-pool", Only: standin.Canal,
			What: "no IPPool", Real: "default-ipv4-ippool, which calico-node makes when it starts; nothing is allotted of it",
			Differs: "Felix masquerades nothing. In a real cluster it does so beside flannel where that pool is the pod network.",
			Affects: []string{"CAN-035"},
		},
		{
			Name: "control-plane",
			What: "one etcd with a prepared state, static tokens, no ServiceAccount admission, the controller manager as an administrator", Real: "kubeadm's control plane",
			Differs: "Nodes are looked at every second, not every five. Controllers for storage, certificates and autoscaling are left out. RBAC is on, with Calico's own roles.",
		},
		{
			Name: "priorities",
			What: "until the lab is ready, Felix (nice 10, in modes without tunnels) and kube-proxy (nice 19) leave the processor to others", Real: "all alike",
			Differs:    "No verdict rests on it: a lab is ready when all run alike and kube-proxy of every node has written its rules.",
			ComparedBy: []string{"framework/supervisor/share_test.go"},
		},
		{
			Name: "one-machine",
			What: "all hosts share a kernel, its clock, its processors and its process ids", Real: "a machine each",
			Differs: "A moment in which the machine stands still hits all hosts at once, and `ps` shows the processes of all: `calicoctl node status` says that Calico runs where the node's own Felix has ended.",
			Affects: []string{"CAN-050", "CAN-2", "CTL", "LEAF", "LOC", "MSW", "NRR", "RRR", "SVC", "TOR"},
		},
		{
			Name: "uml", Only: standin.UML,
			What: "User-Mode Linux with one processor, iptables' older variant, the control plane outside", Real: "a machine's own kernel, iptables on nftables",
			Differs: "A pod takes seconds to come and to go, and the kernel stands still for a second now and then. Rules are in other tables.",
			Affects: []string{"CRS", "IPIP", "MSW"},
		},
	}
}
