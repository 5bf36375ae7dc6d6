package oracle_test

import (
	"os"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/topology"
)

// The resources of the tests, which spoil them by replacing pieces.
const (
	meshed = `apiVersion: projectcalico.org/v3
kind: BGPConfiguration
metadata:
  name: default
spec:
  nodeToNodeMeshEnabled: true
  asNumber: 64512
`
	peers = `apiVersion: projectcalico.org/v3
kind: BGPPeer
metadata:
  name: tora
spec:
  peerIP: 10.70.1.1
  asNumber: 65020
---
apiVersion: projectcalico.org/v3
kind: BGPPeer
metadata:
  name: torb
spec:
  peerIP: 10.70.2.1
  asNumber: 65021
`
	filter = `apiVersion: projectcalico.org/v3
kind: BGPFilter
metadata:
  name: routes
spec:
  exportV4:
    - action: Accept
    - action: Reject
      cidr: 10.244.0.0/16
      matchOperator: In
`
	plainPool = `apiVersion: projectcalico.org/v3
kind: IPPool
metadata:
  name: pool
spec:
  cidr: 10.244.0.0/16
`
)

// dualHomed has nodes with a card in the subnet of each of two leaves.
func dualHomed(t *testing.T) *topology.Topology {
	t.Helper()
	data, err := os.ReadFile("testdata/dualhomed.yaml")
	if err != nil {
		t.Fatal(err)
	}
	made, err := topology.Load("dualhomed.yaml", data, drivers.Names())
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// modeOf loads a mode of two files.
func modeOf(t *testing.T, header, resources string) *calico.Mode {
	t.Helper()
	m, err := calico.LoadMode("mine", map[string][]byte{"mode.yaml": []byte(header), "calico/all.yaml": []byte(resources)})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCheckDesignAcceptsWhatComesWithRackproof(t *testing.T) {
	for topologyName, modes := range map[string][]string{
		"single-rack":    {"fullmesh", "nodereflector", "ipip", "vxlan"},
		"leaf-spine":     {"fullmesh", "leafreflector", "serviceips"},
		"two-racks":      {"vxlan", "vxlanreflector", "ipipreflector", "crosssubnet"},
		"rack-reflector": {"rackreflector"},
		"tor":            {"tor"},
	} {
		for _, name := range modes {
			made, err := fixtures.Topology(topologyName)
			if err != nil {
				t.Fatal(err)
			}
			mode, err := fixtures.Mode(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := oracle.CheckDesign(made, mode, drivers.Software()); err != nil {
				t.Errorf("%s in mode %s: %v", topologyName, name, err)
			}
		}
	}
}

func TestCheckDesign(t *testing.T) {
	const (
		peer = "name: mine\nleafToNode: peer\n"
		none = "name: mine\nleafToNode: none\n"
		all  = plainPool + "---\n" + meshed + "---\n" + peers // torb is at line 23
		only = plainPool + "---\n" + meshed
	)
	toA, _, _ := strings.Cut(all, "---\napiVersion: projectcalico.org/v3\nkind: BGPPeer\nmetadata:\n  name: torb")
	tests := []struct {
		name, header, resources, old, new string
		// want is how the lines of the error begin, and says what is in the first.
		want []string
		says string
	}{
		{"a ToR on the first link", peer, toA, "", "", nil, ""},
		{"a ToR on the second link", peer, all, "", "", []string{"mine/calico/all.yaml:28: BGPPeer torb: server0, server1 and server2 would peer with torb (10.70.2.1), which does not peer with them: a router peers with a node's first address alone"}, "that on link plane-a, and torb is not on it"},
		{"leaves without part", none, toA, "", "", []string{"mine/calico/all.yaml:20: BGPPeer tora: server0, server1 and server2 would peer with tora"}, "use peer or reflector there"},
		{"a leaf of another link of its own", peer, toA, "peerIP: 10.70.1.1", "peerIP: 10.70.10.1", []string{
			"mine/calico/all.yaml:20: BGPPeer tora: server0, server1 and server2 would peer with tora (10.70.10.1), which does not peer with them: it peers from its address on link plane-a: use 10.70.1.1",
		}, ""},
		{"a spine", peer, toA, "peerIP: 10.70.1.1\n  asNumber: 65020", "peerIP: 10.70.10.0\n  asNumber: 65000", []string{
			"mine/calico/all.yaml:20: BGPPeer tora: server0, server1 and server2 would peer with spine0 (10.70.10.0), which does not peer with them: it is a spine",
			"mine/mode.yaml:2: tora would peer with server0 (10.70.1.10), and no BGPPeer has the node peer with 10.70.1.1",
			"mine/mode.yaml:2: tora would peer with server1", "mine/mode.yaml:2: tora would peer with server2",
		}, ""},
		{"a node's second address", none, toA, "peerIP: 10.70.1.1\n  asNumber: 65020", "peerIP: 10.70.2.11\n  asNumber: 64512\n  node: server0", []string{
			"mine/calico/all.yaml:20: BGPPeer tora: server0 would peer with server1 (10.70.2.11), which does not peer with it: a node speaks BGP from its first address alone: use 10.70.1.11",
		}, ""},
		{"nobody asks the leaf", peer, only, "", "", []string{"mine/mode.yaml:2: tora would peer with server0 (10.70.1.10), and no BGPPeer has the node peer with 10.70.1.1: add a BGPPeer", "mine/mode.yaml:2: tora would peer with server1", "mine/mode.yaml:2: tora would peer with server2"}, "leafNodeSelector"},
		{"the leaf leaves a node out", "name: mine\nleafToNode: peer\nleafNodeSelector: kubernetes.io/hostname != 'server1'\n", toA, "", "", []string{
			"mine/calico/all.yaml:20: BGPPeer tora: server1 would peer with tora (10.70.1.1), which does not peer with it: mode.yaml's leafNodeSelector",
		}, ""},

		{"a workload as peer", peer, toA, "peerIP: 10.70.1.1\n  asNumber: 65020", "localWorkloadSelector: all()", []string{"mine/calico/all.yaml:21: BGPPeer tora: localWorkloadSelector is not supported"}, ""},
		{"a way to a peer", peer, toA, "asNumber: 65020", "asNumber: 65020\n  reachableBy: 10.70.1.1", []string{"mine/calico/all.yaml:23: BGPPeer tora: reachableBy"}, ""},
		{"a peer's port", peer, toA, "10.70.1.1\n", "10.70.1.1:1790\n", []string{"mine/calico/all.yaml:21: BGPPeer tora: peerIP"}, "without a port"},
		{"a listen port", peer, toA, "  nodeToNode", "  listenPort: 1790\n  nodeToNode", []string{"mine/calico/all.yaml:13: BGPConfiguration default: listenPort"}, ""},
		{"a well-known community", peer, toA, "  nodeToNode", "  prefixAdvertisements:\n    - cidr: 10.244.0.0/16\n      communities: ['65535:0']\n  nodeToNode", []string{"mine/calico/all.yaml:15: BGPConfiguration default: prefixAdvertisements"}, "well-known"},
		{"a peer beside the mesh", none, only + "---\n" + peers, "peerIP: 10.70.1.1\n  asNumber: 65020", "peerSelector: all()", []string{"mine/calico/all.yaml:20: BGPPeer tora: node server"}, "switch the mesh off"},
		{"eBPF", none, only + "---\napiVersion: projectcalico.org/v3\nkind: FelixConfiguration\nmetadata:\n  name: default\nspec:\n  bpfEnabled: true\n", "", "", []string{"mine/calico/all.yaml:21: FelixConfiguration default: bpfEnabled"}, ""},
		{"who programs routes on one node", none, only + "---\napiVersion: projectcalico.org/v3\nkind: FelixConfiguration\nmetadata:\n  name: node.server0\nspec:\n  programClusterRoutes: Enabled\n", "", "", []string{"mine/calico/all.yaml:21: FelixConfiguration node.server0: programClusterRoutes is not supported"}, "named default"},
		{"an address for NAT", none, only + "---\napiVersion: projectcalico.org/v3\nkind: FelixConfiguration\nmetadata:\n  name: default\nspec:\n  logSeverityScreen: Info\n  natOutgoingAddress: 10.70.1.9\n", "", "", []string{"mine/calico/all.yaml:22: FelixConfiguration default: natOutgoingAddress is not supported"}, ""},
		{"an import rule's interface", none, only + "---\n" + filter, "  exportV4:\n    - action: Accept", "  importV4:\n    - action: Accept\n      interface: eth0", []string{"mine/calico/all.yaml:23: BGPFilter routes: importV4[0].interface is not supported"}, ""},
		{"a pool of API v1", none, only, "cidr: 10.244.0.0/16", "cidr: 10.244.0.0/16\n  nat-outgoing: true", []string{"mine/calico/all.yaml:7: IPPool pool: nat-outgoing is not supported"}, ""},
		{"a filter's interface", none, only + "---\n" + filter, "- action: Reject", "- action: Reject\n      interface: eth[", []string{"mine/calico/all.yaml:24: BGPFilter routes: interface \"eth[\" is no pattern"}, ""},
		{"lengths that no prefix has", none, only + "---\n" + filter, "matchOperator: In", "matchOperator: In\n      prefixLength: {min: 30, max: 20}", []string{"mine/calico/all.yaml:26: BGPFilter routes: no prefix in 10.244.0.0/16"}, ""},
		{"a node's second address as its own", none, only + "---\napiVersion: projectcalico.org/v3\nkind: Node\nmetadata:\n  name: server0\nspec:\n  bgp:\n    ipv4Address: 10.70.2.10/24\n", "", "", []string{"mine/calico/all.yaml:22: Node server0: ipv4Address 10.70.2.10/24 is not the node's first address"}, ""},
		{"a tunnel's pool that leaves a node out", none, only, "cidr: 10.244.0.0/16", "cidr: 10.244.0.0/16\n  vxlanMode: Always\n  nodeSelector: kubernetes.io/hostname != 'server1'", []string{"mine/calico/all.yaml:8: IPPool pool: server1 gets no address for the tunnel from this pool or another"}, "select every node by nodeSelector"},
		{"a tunnel's pool for pods alone", none, only, "cidr: 10.244.0.0/16", "cidr: 10.244.0.0/16\n  vxlanMode: Always\n  allowedUses: [Workload]", []string{"mine/calico/all.yaml:8: IPPool pool: server0, server1 and server2 get no address for the tunnel"}, "add Tunnel to allowedUses"},
		{"a tunnel's pool that is disabled", none, only, "cidr: 10.244.0.0/16", "cidr: 10.244.0.0/16\n  vxlanMode: Always\n  disabled: true", []string{"mine/calico/all.yaml:8: IPPool pool: server0, server1 and server2 get no address for the tunnel"}, "enable the pool"},
		{"a pool without encapsulation for pods alone", none, only, "cidr: 10.244.0.0/16", "cidr: 10.244.0.0/16\n  allowedUses: [Workload]", nil, ""},
		{"no pool", none, meshed, "", "", []string{"mode mine has 0 IPPools"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(tt.resources, tt.old) {
				t.Fatalf("%q is not in the resources", tt.old)
			}
			mode := modeOf(t, tt.header, strings.Replace(tt.resources, tt.old, tt.new, 1))
			err := oracle.CheckDesign(dualHomed(t), mode, drivers.Software())
			if err == nil && len(tt.want) == 0 {
				return
			}
			if err == nil {
				t.Fatalf("accepted, want %q", tt.want)
			}
			lines := strings.Split(err.Error(), "\n")
			for i, want := range tt.want {
				if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
					t.Fatalf("got\n%v\nwant\n%s", err, strings.Join(tt.want, "\n"))
				}
			}
			if len(lines) != len(tt.want) || !strings.Contains(lines[0], tt.says) {
				t.Errorf("got\n%v\nwant %d lines, with %q in the first", err, len(tt.want), tt.says)
			}
		})
	}
}
