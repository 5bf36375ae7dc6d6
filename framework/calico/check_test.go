package calico

import (
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/topology"
)

// rack is a topology that the sound mode fits.
const rack = `name: rack
pods: 10.244.0.0/16
services: 10.96.0.0/16
management: {prefix: 172.30.0.0/24, control: 172.30.0.2}
hosts:
  - {name: leaf0, role: leaf, rack: rack0, as: 65005}
  - {name: worker, role: node, rack: rack0, as: 65005, management: 172.30.0.10}
links:
  - name: br-leaf0
    prefix: 10.1.5.0/24
    ends:
      - {host: leaf0, interface: eth3, address: 10.1.5.1}
      - {host: worker, interface: net0, address: 10.1.5.11}
`

func TestCheck(t *testing.T) {
	tests := []struct {
		name string
		// file is spoiled by replacing old by new; with no file nothing is.
		file, old, new string
		// want is how the error begins and what it says; empty for no error.
		want, says string
	}{
		{"sound", "", "", "", "", ""},
		{"peer with a port", "calico/bgp.yaml", "peerIP: 10.1.5.1", "peerIP: 10.1.5.1:179", "", ""},
		{"peer is a node with its own AS", "calico/bgp.yaml", "peerIP: 10.1.5.1", "peerIP: 10.1.5.11", "", ""},
		{"another pool", "calico/pool.yaml", "10.244.0.0/16", "10.245.0.0/16", "modes/sound/calico/pool.yaml:6: IPPool pool: ", "use 10.244.0.0/16"},
		{"part of the pod network", "calico/pool.yaml", "10.244.0.0/16", "10.244.0.0/17", "modes/sound/calico/pool.yaml:6: IPPool pool: ", "use 10.244.0.0/16"},
		{"unknown peer", "calico/bgp.yaml", "peerIP: 10.1.5.1", "peerIP: 10.1.8.1", "modes/sound/calico/bgp.yaml:14: BGPPeer to-leaf: ", "10.1.8.1 is no host's address in topology rack"},
		{"peer's AS", "calico/bgp.yaml", "asNumber: 65005\n  nodeS", "asNumber: 65006\n  nodeS", "modes/sound/calico/bgp.yaml:15: BGPPeer to-leaf: ", "asNumber 65006 is not that of leaf0 (10.1.5.1) in topology rack: use 65005"},
		{"selector of nobody", "calico/bgp.yaml", "rack == 'rack0'", "rak == 'rack0'", "modes/sound/calico/bgp.yaml:13: BGPPeer to-leaf: ", "it applies to no node of topology rack"},
		{"node of another name", "calico/bgp.yaml", "name: worker", "name: walker", "modes/sound/calico/bgp.yaml:23: Node walker: ", "topology rack has no node of that name"},
		{"a leaf as node", "calico/bgp.yaml", "name: worker", "name: leaf0", "modes/sound/calico/bgp.yaml:23: Node leaf0: ", "topology rack has no node of that name"},
		{"node's address", "calico/bgp.yaml", "10.1.5.11/24", "10.1.5.12/24", "modes/sound/calico/bgp.yaml:29: Node worker: ", "use 10.1.5.11/24"},
		{"node's prefix length", "calico/bgp.yaml", "10.1.5.11/24", "10.1.5.11/32", "modes/sound/calico/bgp.yaml:29: Node worker: ", "use 10.1.5.11/24"},
		{"no pool", "calico/pool.yaml", "kind: IPPool\nmetadata:\n  name: pool\nspec:\n  cidr: 10.244.0.0/16\n  blockSize: 26\n  ipipMode: Never\n  nodeSelector: all()", "kind: Node\nmetadata:\n  name: worker2", "mode sound has 0 IPPools", "give it one, for the pod network 10.244.0.0/16"},
	}
	top, err := topology.Load("rack.yaml", []byte(rack), []topology.Software{topology.DefaultSoftware})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := sound()
			if !strings.Contains(files[tt.file], tt.old) {
				t.Fatalf("%q is not in %s", tt.old, tt.file)
			}
			if tt.file != "" {
				files[tt.file] = strings.Replace(files[tt.file], tt.old, tt.new, 1)
			}
			m, err := load(files)
			if err != nil {
				t.Fatal(err)
			}
			err = m.Check(top)
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("got %v\nwant %s…%s", err, tt.want, tt.says)
			}
		})
	}
}

func TestCheckOfAModeWithoutFiles(t *testing.T) {
	top, err := topology.Load("rack.yaml", []byte(rack), []topology.Software{topology.DefaultSoftware})
	if err != nil {
		t.Fatal(err)
	}
	m, err := load(sound())
	if err != nil {
		t.Fatal(err)
	}
	made := Mode{Name: "made", Resources: m.Resources}
	made.Resources.BGPPeers[0].Spec.ASNumber = 1
	if err := made.Check(top); err == nil || !strings.HasPrefix(err.Error(), "mode made: BGPPeer to-leaf: asNumber 1 ") {
		t.Errorf("got %v", err)
	}
}

// A reflector outside the cluster has BIRD alone: no mode may ask more of it.
func TestCheckOfAReflector(t *testing.T) {
	const host = "  - {name: reflector, role: reflector, as: 65005, management: 172.30.0.20}\n"
	const end = "      - {host: reflector, interface: net0, address: 10.1.5.20}\n"
	file := strings.Replace(rack, "links:\n", host+"links:\n", 1) + end
	file = strings.Replace(file, "    prefix: 10.1.5.0/24\n", "    prefix: 10.1.5.0/24\n    bridge: true\n", 1)
	top, err := topology.Load("rack.yaml", []byte(file), []topology.Software{topology.DefaultSoftware})
	if err != nil {
		t.Fatal(err)
	}
	for ipip, want := range map[string]string{"Never": "", "Always": "reflector reflector runs BIRD and no Felix"} {
		files := sound()
		files["calico/pool.yaml"] = strings.Replace(files["calico/pool.yaml"], "ipipMode: Never", "ipipMode: "+ipip, 1)
		m, err := load(files)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Check(top); (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("ipipMode %s: got %v, want %q", ipip, err, want)
		}
		labels := m.Resources.NodeLabels(topology.Host{Name: "reflector", Role: topology.Reflector})
		if _, ok := labels["kubernetes.io/os"]; ok {
			t.Errorf("a host without a kubelet has the kubelet's label of the operating system: %v", labels)
		}
	}
}
