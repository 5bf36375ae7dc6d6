package suite

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

func TestCollided(t *testing.T) {
	fabric, err := fixtures.Topology("leaf-spine")
	if err != nil {
		t.Fatal(err)
	}
	rack := fabric.Rack(fabric.Nodes()[0].Rack)
	address := func(role topology.Role, nth int) netip.Addr {
		hosts := slices.DeleteFunc(slices.Clone(rack), func(h topology.Host) bool { return h.Role != role })
		return hosts[nth].Address()
	}
	leaf, node0, node1 := address(topology.Leaf, 0), address(topology.Node, 0), address(topology.Node, 1)
	name := func(a netip.Addr) string { host, _ := fabric.HostOf(a); return host }
	sessions := func(kind session.Kind, pair, toLeaf session.State) session.Sessions {
		return session.Sessions{
			name(leaf):  {{Peer: node0, Kind: session.FabricPeer, State: toLeaf}},
			name(node0): {{Peer: leaf, Kind: session.NodeSpecific, State: toLeaf}, {Peer: node1, Kind: kind, State: pair}},
			name(node1): {{Peer: node0, Kind: kind, State: pair}},
		}
	}
	must := sessions(session.NodeSpecific, session.Established, session.Established)
	less := sessions(session.NodeSpecific, session.Down, session.Established)
	less[name(node1)] = nil
	for _, c := range []struct {
		name       string
		must, seen session.Sessions
		want       bool
	}{
		{"a pair of nodes", must, sessions(session.NodeSpecific, session.Down, session.Established), true},
		{"all as it must be", must, must, false},
		{"a leaf's session too", must, sessions(session.NodeSpecific, session.Down, session.Down), false},
		{"a leaf's session alone", must, sessions(session.NodeSpecific, session.Established, session.Down), false},
		{"of the mesh, where one end is passive", sessions(session.NodeToNodeMesh, session.Established, session.Established), sessions(session.NodeToNodeMesh, session.Down, session.Established), false},
		{"up and must not be", sessions(session.NodeSpecific, session.Down, session.Established), must, false},
		{"one end is missing", must, less, false},
	} {
		if ends, got := collided(fabric, c.must, c.seen); got != c.want {
			t.Errorf("%s: %v %v", c.name, got, ends)
		}
	}
	if ends, _ := collided(fabric, must, sessions(session.NodeSpecific, session.Down, session.Established)); len(ends[name(node0)]) != 1 || ends[name(node0)][0].Peer != node1 || len(ends[name(node1)]) != 1 {
		t.Errorf("the ends are %v", ends)
	}
}

func TestConnected(t *testing.T) {
	peer := netip.MustParseAddr("192.0.2.1")
	e := end{"node", peer}
	down := func(since string) map[netip.Addr]string { return map[netip.Addr]string{peer: since} }
	up := map[netip.Addr]string{}
	for _, c := range []struct {
		name  string
		looks []map[netip.Addr]string
		want  bool
	}{
		{"falls again", []map[netip.Addr]string{down("10:00:01"), up, down("10:00:03")}, true},
		{"up when first seen", []map[netip.Addr]string{up, up}, false},
		{"comes up", []map[netip.Addr]string{down("10:00:01"), up}, true},
		{"stays down, told in two ways", []map[netip.Addr]string{down("10:00:01"), down("10:00:00"), down("10:00:02")}, false},
		{"falls again after midnight", []map[netip.Addr]string{down("23:59:59"), down("00:00:01")}, true},
		{"stays down", []map[netip.Addr]string{down("10:00:01"), down("10:00:01")}, false},
	} {
		first, came := map[end]string{}, false
		for _, look := range c.looks {
			came = came || connected(first, e, look)
		}
		if came != c.want {
			t.Errorf("%s: %v", c.name, came)
		}
	}
}

func TestOneEndThatConnectsIsEnough(t *testing.T) {
	fabric, err := fixtures.Topology("leaf-spine")
	if err != nil {
		t.Fatal(err)
	}
	a, b := fabric.Nodes()[0], fabric.Nodes()[1]
	down := session.Sessions{a.Name: {{Peer: b.Address()}}, b.Name: {{Peer: a.Address()}}}
	one, other := end{a.Name, b.Address()}, end{b.Name, a.Address()}
	both := map[end]string{one: "10:00:01", other: "10:00:01"}
	for _, c := range []struct {
		name  string
		first map[end]string
		tried map[end]bool
		want  bool
	}{
		{"one end", both, map[end]bool{other: true}, true},
		{"no end", both, nil, false},
		{"an end that was never down", map[end]string{one: "10:00:01"}, map[end]bool{one: true}, false},
	} {
		if got := allTried(down, c.first, c.tried, fabric); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
