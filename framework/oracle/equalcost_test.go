package oracle_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/topology"
)

// manyNodes is a rack with that many nodes in the full mesh, the leaf a neighbour of
// each, and one address that all nodes but the first announce.
func manyNodes(t *testing.T, count int) (oracle.State, netip.Prefix) {
	t.Helper()
	var hosts, ends strings.Builder
	for i := range count {
		fmt.Fprintf(&hosts, "  - {name: node%d, role: node, rack: rack0, as: 64512, management: 172.30.0.%d}\n", i, 10+i)
		fmt.Fprintf(&ends, "      - {host: node%d, interface: net0, address: 10.1.5.%d}\n", i, 10+i)
	}
	top, err := topology.Load("many.yaml", []byte(`name: many
pods: 10.244.0.0/16
services: 10.96.0.0/16
management: {prefix: 172.30.0.0/24, control: 172.30.0.2}
hosts:
  - {name: leaf0, role: leaf, rack: rack0, as: 64512, routerID: 10.1.5.1}
`+hosts.String()+`links:
  - name: br-leaf0
    bridge: true
    prefix: 10.1.5.0/24
    ends:
      - {host: leaf0, interface: eth3, address: 10.1.5.1}
`+ends.String()), drivers.Names())
	if err != nil {
		t.Fatal(err)
	}
	mode, err := fixtures.Mode("fullmesh")
	if err != nil {
		t.Fatal(err)
	}
	state := oracle.State{Topology: top, Resources: mode.Resources, Software: drivers.Software(), Nodes: nodesOf(top, mode.Resources)}
	address := netip.MustParseAddr("10.244.99.1")
	for i := range state.Nodes[1:] {
		state.Nodes[1+i].Workloads = []oracle.Workload{{Address: address, Interface: "cali-one"}}
	}
	leaf := fabric.Router{Host: "leaf0", Software: frr.Name, AS: 64512, RouterID: netip.MustParseAddr("10.1.5.1")}
	for _, host := range top.Nodes() {
		leaf.Neighbors = append(leaf.Neighbors, fabric.Neighbor{Host: host.Name, Address: host.Address(), AS: 64512})
	}
	state.Routers = []fabric.Router{leaf}
	state.Resources.BGPPeers = []v3.BGPPeer{{Spec: v3.BGPPeerSpec{PeerIP: "10.1.5.1", ASNumber: 64512}}}
	return state, single(address)
}

// BIRD joins sixteen next hops and no more (`merge paths on`), those with the lowest
// addresses; Debian's FRR takes sixty-four.
func TestLimitsOfEqualCost(t *testing.T) {
	state, prefix := manyNodes(t, 20)
	var all []string
	for i := 11; i < 30; i++ {
		all = append(all, fmt.Sprintf("10.1.5.%d", i))
	}
	for _, c := range []struct {
		name, host string
		state      oracle.State
		count      int
	}{
		{"a node", "node0", state, 16},
		{"a leaf with FRR", "leaf0", state, 19},
	} {
		if got, want := hopsTo(tables(t, c.state)[c.host], prefix), strings.Join(all[:c.count], " "); got != want {
			t.Errorf("%s: next hops %q, want %q", c.name, got, want)
		}
	}
	if got, want := hopsTo(tables(t, birdLeaves(state))["leaf0"], prefix), strings.Join(all[:16], " "); got != want {
		t.Errorf("a leaf with BIRD: next hops %q, want %q", got, want)
	}
}
