package calico

import (
	"maps"
	"strings"
	"testing"
)

// sound is a mode with a resource of each kind. The tests spoil it by replacing
// a piece of it.
func sound() map[string]string {
	return map[string]string{
		"mode.yaml": `name: sound
description: a resource of each kind
leafToNode: reflector
`,
		"calico/bgp.yaml": `apiVersion: projectcalico.org/v3
kind: BGPConfiguration
metadata:
  name: default
spec:
  nodeToNodeMeshEnabled: false
  asNumber: 64600
---
apiVersion: projectcalico.org/v3
kind: BGPPeer
metadata:
  name: to-leaf
spec:
  peerIP: 10.1.5.1
  asNumber: 65005
  nodeSelector: rack == 'rack0'
---
# nothing in this document
---
apiVersion: projectcalico.org/v3
kind: Node
metadata:
  name: worker
  labels:
    rack: rack0
spec:
  bgp:
    asNumber: 65005
    ipv4Address: 10.1.5.11/24
    routeReflectorClusterID: 244.0.0.1
`,
		"calico/felix.yaml": `apiVersion: projectcalico.org/v3
kind: FelixConfiguration
metadata:
  name: default
spec:
  programClusterRoutes: Disabled
`,
		"calico/pool.yaml": `apiVersion: projectcalico.org/v3
kind: IPPool
metadata:
  name: pool
spec:
  cidr: 10.244.0.0/16
  blockSize: 26
  ipipMode: Never
  nodeSelector: all()
`,
	}
}

func load(files map[string]string) (*Mode, error) {
	data := map[string][]byte{}
	for name, text := range files {
		data[name] = []byte(text)
	}
	return LoadMode("modes/sound", data)
}

func TestLoadMode(t *testing.T) {
	m, err := load(sound())
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "sound" || m.Description != "a resource of each kind" || m.LeafToNode != Reflector {
		t.Errorf("mode %q, %q, %q", m.Name, m.Description, m.LeafToNode)
	}
	r := m.Resources
	if len(r.BGPConfigurations) != 1 || len(r.BGPPeers) != 1 || len(r.IPPools) != 1 || len(r.Nodes) != 1 || len(r.FelixConfigurations) != 1 {
		t.Fatalf("resources %+v", r)
	}
	if peer := r.BGPPeers[0]; peer.Name != "to-leaf" || peer.Spec.PeerIP != "10.1.5.1" || peer.Spec.ASNumber != 65005 {
		t.Errorf("peer %+v", peer)
	}
	if got := r.ClusterRoutes(); got.Felix != "Disabled" || m.RouteOwner != BIRDOwns {
		t.Errorf("cluster routes %s, owner %s", got, m.RouteOwner)
	}
	want := map[string]string{
		"projectcalico.org/ASNumber":                "65005",
		"projectcalico.org/IPv4Address":             "10.1.5.11/24",
		"projectcalico.org/RouteReflectorClusterID": "244.0.0.1",
	}
	if got := r.Nodes[0].Annotations(); !maps.Equal(got, want) {
		t.Errorf("annotations %v, want %v", got, want)
	}
}

func TestNodeAnnotationsOnlyOfWhatIsSet(t *testing.T) {
	for _, n := range []Node{{}, {Spec: NodeSpec{BGP: &NodeBGPSpec{}}}} {
		if got := n.Annotations(); len(got) != 0 {
			t.Errorf("annotations %v of %+v", got, n)
		}
	}
}

func TestLoadModeRejects(t *testing.T) {
	tests := []struct {
		name string
		// old is the piece of file that becomes new.
		file, old, new string
		// want is how the error begins, with file and line, and what it says.
		want, says string
	}{
		{"unknown owner", "mode.yaml", "leafToNode", "routeOwner: kernel\nleafToNode", "mode.yaml:3: ", "use bird or felix"},
		{"Felix's settings of another name", "calico/felix.yaml", "default", "worker", "calico/felix.yaml:4: ", "name it default"},
		{"programClusterRoutes", "calico/felix.yaml", "Disabled", "disabled", "calico/felix.yaml:6: ", "use Enabled or Disabled"},
		{"unknown field of Felix's settings", "calico/felix.yaml", "programCluster", "programmeCluster", "calico/felix.yaml:6: ", "unknown field"},
		{"unknown field of the mode", "mode.yaml", "description", "dezcription", "mode.yaml:2: ", `unknown field "dezcription"`},
		{"mode without name", "mode.yaml", "name: sound\n", "", "mode.yaml:1: ", "the mode has no name"},
		{"unknown peering", "mode.yaml", "reflector", "maybe", "mode.yaml:3: ", `leafToNode is "maybe": use none, reflector or peer`},
		{"second document in mode.yaml", "mode.yaml", "leafToNode: reflector\n", "leafToNode: reflector\n---\nname: other\n", "mode.yaml:5: ", "second document"},
		{"mode.yaml is a list", "mode.yaml", sound()["mode.yaml"], "- name: sound\n", "mode.yaml:1: ", "a mode is a list: write a mapping with the fields name, description, leafToNode"},
		{"mode.yaml is a word", "mode.yaml", sound()["mode.yaml"], "sound\n", "mode.yaml:1: ", `a mode is a single value ("sound")`},
		{"resource without kind", "calico/pool.yaml", "kind: IPPool\n", "", "calico/pool.yaml:1: ", "the resource has no kind"},
		{"empty mode.yaml", "mode.yaml", sound()["mode.yaml"], "", "mode.yaml: ", "nothing in it"},
		{"not YAML", "calico/pool.yaml", "spec:", "spec: a: b", "calico/pool.yaml:5: ", "not YAML: mapping values"},
		{"not an object", "calico/pool.yaml", sound()["calico/pool.yaml"], "- a\n", "calico/pool.yaml:1: ", "write a mapping with the fields apiVersion, kind, metadata, spec"},
		{"file that is not read", "calico/pool.yml", "", "x", "calico/pool.yml: ", "rename the file or remove it"},
		{"file below calico", "calico/more/pool.yaml", "", "x", "calico/more/pool.yaml: ", "rename the file or remove it"},
		{"unknown kind", "calico/bgp.yaml", "kind: BGPPeer", "kind: BGPFrog", "calico/bgp.yaml:10: ", `unknown kind "BGPFrog": use one of BGPConfiguration, BGPFilter, BGPPeer, FelixConfiguration, IPPool, Node`},
		{"unknown API version", "calico/pool.yaml", "projectcalico.org/v3", "crd.projectcalico.org/v1", "calico/pool.yaml:1: ", "use projectcalico.org/v3"},
		{"resource without name", "calico/pool.yaml", "  name: pool", "  labels: {}", "calico/pool.yaml:3: ", "the IPPool has no name"},
		{"unknown field", "calico/bgp.yaml", "nodeToNodeMeshEnabled", "nodeToNodeMeshEnable", "calico/bgp.yaml:6: ", `unknown field "spec.nodeToNodeMeshEnable"`},
		{"field in the wrong case", "calico/bgp.yaml", "peerIP", "peerIp", "calico/bgp.yaml:14: ", `unknown field "spec.peerIp"`},
		{"field twice", "calico/pool.yaml", "  blockSize: 26", "  blockSize: 26\n  blockSize: 27", "calico/pool.yaml:8: ", `field "blockSize" is there twice (line 7)`},
		{"value of the wrong type", "calico/pool.yaml", "26", "small", "calico/pool.yaml:7: ", "spec.blockSize is a string, and has to be a number"},
		{"resource twice", "calico/bgp.yaml", "kind: Node\nmetadata:\n  name: worker", "kind: BGPPeer\nmetadata:\n  name: to-leaf", "calico/bgp.yaml:23: ", "BGPPeer to-leaf is there already (modes/sound/calico/bgp.yaml:9)"},

		{"BGPConfiguration of another name", "calico/bgp.yaml", "name: default", "name: mine", "calico/bgp.yaml:4: ", "Calico ignores a BGPConfiguration named mine"},
		{"AS 0 of the cluster", "calico/bgp.yaml", "64600", "0", "calico/bgp.yaml:7: ", "AS 0 is reserved"},
		{"AS 0 of a node", "calico/bgp.yaml", "asNumber: 65005\n    ipv4", "asNumber: 0\n    ipv4", "calico/bgp.yaml:28: ", "AS 0 is reserved"},
		{"peer without AS", "calico/bgp.yaml", "  asNumber: 65005\n  nodeS", "  nodeS", "calico/bgp.yaml:13: ", "spec.asNumber is 0 or missing"},
		{"peer without address", "calico/bgp.yaml", "  peerIP: 10.1.5.1\n", "", "calico/bgp.yaml:13: ", "0 of peerIP, peerSelector and localWorkloadSelector"},
		{"peer twice", "calico/bgp.yaml", "peerIP: 10.1.5.1", "peerIP: 10.1.5.1\n  peerSelector: all()", "calico/bgp.yaml:13: ", "2 of peerIP, peerSelector"},
		{"peer's address", "calico/bgp.yaml", "10.1.5.1\n", "leaf0\n", "calico/bgp.yaml:14: ", `peerIP "leaf0" is not an address`},
		{"node and nodeSelector", "calico/bgp.yaml", "peerIP: 10.1.5.1", "peerIP: 10.1.5.1\n  node: worker", "calico/bgp.yaml:15: ", "node and nodeSelector exclude each other"},
		{"nodeSelector", "calico/bgp.yaml", "rack == 'rack0'", "rack = 'rack0'", "calico/bgp.yaml:16: ", "expected an operator"},
		{"peerSelector", "calico/bgp.yaml", "peerIP: 10.1.5.1", "peerSelector: has(", "calico/bgp.yaml:14: ", "a label's name"},
		{"node's address", "calico/bgp.yaml", "10.1.5.11/24", "10.1.5.11", "calico/bgp.yaml:29: ", "not an IPv4 address with its subnet's length"},
		{"cluster ID", "calico/bgp.yaml", "244.0.0.1", "one", "calico/bgp.yaml:30: ", `"one" is not a cluster ID`},
		{"pool without CIDR", "calico/pool.yaml", "  cidr: 10.244.0.0/16\n", "", "calico/pool.yaml:5: ", `"" is not a prefix`},
		{"pool with host bits", "calico/pool.yaml", "10.244.0.0/16", "10.244.0.1/16", "calico/pool.yaml:6: ", "write 10.244.0.0/16"},
		{"IPv6 pool", "calico/pool.yaml", "10.244.0.0/16", "fd00::/48", "calico/pool.yaml:6: ", "do not support yet"},
		{"block larger than the pool", "calico/pool.yaml", "10.244.0.0/16", "10.244.0.0/27", "calico/pool.yaml:7: ", "use a prefix length from 27 to 32"},
		{"block too large", "calico/pool.yaml", "26", "19", "calico/pool.yaml:7: ", "use a prefix length from 20 to 32"},
		{"ipipMode", "calico/pool.yaml", "Never", "Sometimes", "calico/pool.yaml:8: ", "use Never, Always or CrossSubnet"},
		{"vxlanMode", "calico/pool.yaml", "ipipMode: Never", "vxlanMode: never", "calico/pool.yaml:8: ", "use Never, Always or CrossSubnet"},
		{"both encapsulations", "calico/pool.yaml", "ipipMode: Never", "ipipMode: Always\n  vxlanMode: Always", "calico/pool.yaml:9: ", "exclude each other"},
		{"pool's nodeSelector", "calico/pool.yaml", "all()", "all(", "calico/pool.yaml:9: ", "it ends where )"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := sound()
			if !strings.Contains(files[tt.file], tt.old) {
				t.Fatalf("%q is not in %s", tt.old, tt.file)
			}
			files[tt.file] = strings.Replace(files[tt.file], tt.old, tt.new, 1)
			_, err := load(files)
			if err == nil {
				t.Fatal("loaded")
			}
			if !strings.HasPrefix(err.Error(), "modes/sound/"+tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v\nwant modes/sound/%s…%s", err, tt.want, tt.says)
			}
		})
	}
}

func TestLoadModeReportsEveryFile(t *testing.T) {
	files := sound()
	delete(files, "mode.yaml")
	files["calico/bgp.yaml"] = strings.Replace(files["calico/bgp.yaml"], "peerIP", "peer", 1)
	files["calico/pool.yaml"] = strings.Replace(files["calico/pool.yaml"], "cidr", "net", 1)
	_, err := load(files)
	for _, want := range []string{"modes/sound: it has no mode.yaml", "calico/bgp.yaml:14: ", "calico/pool.yaml:6: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v\nwant also %s", err, want)
		}
	}
}
