package kind

import "github.com/rackproof/rackproof/framework/lab/standin"

// StandIns implements lab.Provider.
func (Provider) StandIns() []standin.StandIn {
	return []standin.StandIn{
		{
			Name: "own-images",
			What: "images from the distribution's packages and Go modules", Real: "the projects' own images",
			Differs: "calico-node has stock BIRD, and a Felix without cgo and so without eBPF. Public images have not been tried.",
			Affects: []string{standin.All}, ComparedBy: []string{"suites/agreement/agree_test.go"},
		},
		{
			Name: "calico-manifest",
			What: "Calico's manifest, adapted", Real: "Calico's manifest",
			Differs: "No probes, no eBPF bootstrap, no kube-controllers; the API server's own address; the fabric's MTU.",
			Affects: []string{"LEAF", "LOC", "MESH", "SVC"}, ComparedBy: []string{"framework/lab/kind/kind_test.go"},
		},
		{
			Name: "service-ends",
			What: "runit's `finish` of bird, confd and felix writes down each end that nobody asked for", Real: "services without `finish`",
			Differs:    "runit starts the program again a second later, as ever. calico-node's log and a file on the node tell of the end.",
			ComparedBy: []string{"framework/lab/kind/kind_test.go"},
		},
		{
			Name: "unwatched-programs",
			What: "nothing watches a node's kubelet, containerd, kube-proxy and control plane, nor restarts of calico-node's container", Real: "an operator's monitoring",
			Differs: "systemd or the kubelet starts again what ends, and a spec meanwhile may be blamed for it. On netns the end of a program breaks the lab.",
			Affects: []string{"LOC", "SVC"},
		},
		{
			Name: "late-node-settings",
			What: "a node's labels and AS number are set once its kubelet has registered it", Real: "an operator does so at any time",
			Differs: "calico-node may start before, and reconfigure. On netns the node is created with them.",
		},
		{
			Name: "kubeadm-steps",
			What: "no taint and no label on the control plane's node, no CoreDNS; kubelets wait for their address in the fabric", Real: "all of kubeadm's steps",
			Differs: "The control plane's node runs pods and announces services as any other.",
			Affects: []string{"LOC", "SVC"},
		},
		{
			Name: "node-address",
			What: "nodes have Docker's interface beside the fabric's", Real: "one network, or an operator's choice",
			Differs: "A node reaches a pod of its own with its management address, for its kernel takes the first address that there is.",
			Affects: []string{"LEAF"}, ComparedBy: []string{"suites/agreement/agree_test.go"},
		},
	}
}
