package calico

import (
	"strings"
	"testing"
)

// The lists below are as `calicoctl get -o yaml` and `kubectl get -o yaml` print them.
const (
	configurationList = `apiVersion: projectcalico.org/v3
kind: BGPConfigurationList
items:
- apiVersion: projectcalico.org/v3
  kind: BGPConfiguration
  metadata:
    creationTimestamp: "2024-01-01T00:00:00Z"
    name: default
    resourceVersion: "77"
    uid: 2a3b1f6a-0000-4000-8000-000000000001
  spec:
    asNumber: 64600
    nodeToNodeMeshEnabled: false
metadata:
  resourceVersion: "99"
`
	kubectlList = `apiVersion: v1
kind: List
metadata:
  resourceVersion: ""
items:
- apiVersion: projectcalico.org/v3
  kind: BGPPeer
  metadata: {name: one}
  spec: {peerIP: 10.1.5.1, asNumber: 65005}
- apiVersion: projectcalico.org/v3
  kind: IPPool
  metadata: {name: pool}
  spec: {cidr: 10.244.0.0/16}
`
	sequence = `- apiVersion: projectcalico.org/v3
  kind: BGPPeer
  metadata: {name: one}
  spec: {peerIP: 10.1.5.1, asNumber: 65005}
- apiVersion: projectcalico.org/v3
  kind: IPPoolList
  items:
  - metadata: {name: pool}
    spec: {cidr: 10.244.0.0/16}
`
	none = `apiVersion: projectcalico.org/v3
kind: BGPPeerList
metadata: {}
items: []
`
	// printedNode is article 1's, with what Calico has written into it.
	printedNode = `apiVersion: projectcalico.org/v3
kind: Node
metadata:
  annotations:
    projectcalico.org/kube-labels: '{"kubernetes.io/hostname":"worker"}'
  creationTimestamp: "2024-01-01T00:00:00Z"
  labels:
    rack: rack0
  name: worker
  resourceVersion: "1234"
  uid: 2a3b1f6a-0000-4000-8000-000000000000
spec:
  addresses:
  - address: 10.1.5.11/24
    type: CalicoNodeIP
  - address: 10.1.5.11
    type: InternalIP
  bgp:
    asNumber: 65005
    ipv4Address: 10.1.5.11/24
    ipv4IPIPTunnelAddr: 10.244.171.64
  orchRefs:
  - nodeName: worker
    orchestrator: k8s
status:
  podCIDRs:
  - 10.244.1.0/24
`
)

// made is a mode with one file of resources.
func made(text string) (*Mode, error) {
	return load(map[string]string{"mode.yaml": "name: made\nleafToNode: none\n", "calico/all.yaml": text})
}

func TestLists(t *testing.T) {
	tests := []struct {
		name, text            string
		configs, peers, pools int
	}{
		{"of one kind", configurationList, 1, 0, 0},
		{"kubectl's", kubectlList, 0, 1, 1},
		{"a sequence with a list in it", sequence, 0, 1, 1},
		{"nothing in it", none, 0, 0, 0},
		{"several documents", configurationList + "---\n" + kubectlList, 1, 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := made(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			r := m.Resources
			if len(r.BGPConfigurations) != tt.configs || len(r.BGPPeers) != tt.peers || len(r.IPPools) != tt.pools || len(m.Warnings) > 0 {
				t.Errorf("got %+v, warnings %q", r, m.Warnings)
			}
		})
	}
	m, err := made(configurationList)
	if err != nil || m.Resources.DefaultAS() != 64600 || m.Resources.MeshEnabled() {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestListsThatAreRefused(t *testing.T) {
	tests := []struct{ name, text, old, new, want, says string }{
		{"an item's field", configurationList, "asNumber", "asNummer", "all.yaml:12: ", `unknown field "spec.asNummer"`},
		{"the list's field", configurationList, "\nitems:", "\nspec: {}\nitems:", "all.yaml:3: ", `unknown field "spec"`},
		{"an item of another kind", configurationList, "  kind: BGPConfiguration", "  kind: BGPPeer", "all.yaml:5: ", "a BGPPeer is in a BGPConfigurationList"},
		{"an item without name", configurationList, "    name: default\n", "", "all.yaml:6: ", "the BGPConfiguration has no name"},
		{"an item's value", kubectlList, "10.244.0.0/16", "10.244.0.1/16", "all.yaml:13: ", "write 10.244.0.0/16"},
		{"an item twice", kubectlList, "kind: IPPool\n  metadata: {name: pool}", "kind: BGPPeer\n  metadata: {name: one}", "all.yaml:12: ", "BGPPeer one is there already (modes/sound/calico/all.yaml:6)"},
		{"an item that is no mapping", none, "[]", "[5]", "all.yaml:4: ", `a resource is a single value ("5")`},
		{"no items", none, "items: []\n", "", "all.yaml:1: ", "the BGPPeerList has no items"},
		{"items that are no list", none, "[]", "{a: b}", "all.yaml:4: ", "items is a mapping, and has to be a list"},
		{"an item that is an alias", "- &a\n  apiVersion: projectcalico.org/v3\n  kind: IPPool\n  metadata: {name: pool}\n  spec: {cidr: 10.244.0.0/16}\n- *a\n", "", "", "all.yaml:6: ", "the item is an alias (*a)"},
		{"another List", kubectlList, "apiVersion: v1", "apiVersion: v2", "all.yaml:1: ", "use v1"},
		{"a list of what modes have not", none, "BGPPeerList", "FrogList", "all.yaml:2: ", `unknown kind "FrogList": use one of BGPConfiguration`},
		{"an item that modes have not", kubectlList, "kind: IPPool", "kind: Frog", "all.yaml:11: ", `unknown kind "Frog"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(tt.text, tt.old) {
				t.Fatalf("%q is not in the file", tt.old)
			}
			_, err := made(strings.Replace(tt.text, tt.old, tt.new, 1))
			if err == nil || !strings.HasPrefix(err.Error(), "modes/sound/calico/"+tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v\nwant %s…%s", err, tt.want, tt.says)
			}
		})
	}
}

func TestANodeAsCalicoPrintsIt(t *testing.T) {
	m, err := made(printedNode)
	if err != nil {
		t.Fatal(err)
	}
	node := m.Resources.Nodes[0]
	if m.Resources.NodeAS("worker") != 65005 || node.Labels["rack"] != "rack0" || len(node.Annotations()) != 2 {
		t.Errorf("got %+v with annotations %v", node, node.Annotations())
	}
	want := "modes/sound/calico/all.yaml:13: Node worker: spec.addresses, spec.bgp.ipv4IPIPTunnelAddr, spec.orchRefs, status left out"
	if len(m.Warnings) != 1 || !strings.HasPrefix(m.Warnings[0], want) {
		t.Errorf("warnings %q, want %s", m.Warnings, want)
	}
	if m, err := load(sound()); err != nil || len(m.Warnings) > 0 {
		t.Errorf("warnings %q of a mode with nothing of this, %v", m.Warnings, err)
	}
	if _, err := made(strings.Replace(printedNode, "orchRefs", "orcRefs", 1)); err == nil || !strings.Contains(err.Error(), `all.yaml:22: unknown field "spec.orcRefs"`) {
		t.Errorf("got %v", err)
	}
}
