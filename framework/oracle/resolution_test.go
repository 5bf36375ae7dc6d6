package oracle_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/frr"
)

// gateways gives a host other gateways, or none.
func gateways(t *testing.T, state oracle.State, name string, addresses ...string) {
	t.Helper()
	host, ok := state.Topology.Host(name)
	if !ok {
		t.Fatalf("no host %s", name)
	}
	host.Gateways = nil
	for _, a := range addresses {
		host.Gateways = append(host.Gateways, netip.MustParseAddr(a))
	}
}

// How a node's BIRD finds a next hop: by the longest prefix, of whatever protocol is
// preferred there, but not by BGP (#1515).
func TestNextHopsOfNodes(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*testing.T, *oracle.State)
		hops   string
	}{
		{name: "by the default route", hops: "10.1.5.1"},
		{
			name:   "by both of two gateways",
			change: func(t *testing.T, s *oracle.State) { gateways(t, *s, "worker", "10.1.5.1", "10.1.5.10") },
			hops:   "10.1.5.1 10.1.5.10",
		},
		{
			// A route that is learned is preferred to one that the kernel has from elsewhere.
			name: "not by a default route that is learned by BGP too",
			change: func(t *testing.T, s *oracle.State) {
				gateways(t, *s, "leaf0", "10.1.10.2")
				leaf := router(t, *s, "leaf0")
				leaf.Networks = append(leaf.Networks, netip.MustParsePrefix("0.0.0.0/0"))
				leaf.Neighbors = append(leaf.Neighbors, fabric.Neighbor{Host: "worker", Address: netip.MustParseAddr("10.1.5.11"), AS: 64512})
				s.Resources.BGPPeers = []v3.BGPPeer{{Spec: v3.BGPPeerSpec{Node: "worker", PeerIP: "10.1.5.1", ASNumber: 65005,
					Filters: []string{"default"}}}}
				s.Resources.BGPFilters = []v3.BGPFilter{importFilter("default", rule(v3.Reject, v3.NotEqual, "0.0.0.0/0"))}
			},
			hops: "unreachable",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "leaf-spine", "fullmesh")
			if c.change != nil {
				c.change(t, &state)
			}
			if got := hopsTo(tables(t, state)["worker"], worker2Block); got != c.hops {
				t.Errorf("worker goes to worker2's block by %q, want %q", got, c.hops)
			}
		})
	}
}

// Without next-hop-self at the leaf a node has to find the spine, 10.1.10.2.
func TestNextHopsBeyondTheLeaf(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*testing.T, *oracle.State)
		want   string
	}{
		{name: "by its default route", want: "10.244.12.0/26 via 10.1.5.1 dev net0 proto bird"},
		{
			name:   "by no route at all",
			change: func(t *testing.T, s *oracle.State) { gateways(t, *s, "worker") },
			want:   "unreachable 10.244.12.0/26 proto bird",
		},
		{
			name: "inside a block of its own, which has no address there",
			change: func(t *testing.T, s *oracle.State) {
				n := node(t, *s, "worker")
				n.Blocks = append(n.Blocks, netip.MustParsePrefix("10.1.10.0/29"))
				s.Resources.IPPools = append(s.Resources.IPPools, v3.IPPool{Spec: v3.IPPoolSpec{CIDR: "10.1.10.0/24", DisableBGPExport: true}})
			},
			want: "blackhole 10.244.12.0/26 proto bird",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "leaf-spine", "leafreflector")
			for i := range state.Routers {
				state.Routers[i].Networks = nil
				for j := range state.Routers[i].Neighbors {
					state.Routers[i].Neighbors[j].NextHopSelf = false
				}
			}
			if c.change != nil {
				c.change(t, &state)
			}
			agree(t, "worker", tables(t, state)["worker"].Within(worker2Block), c.want)
		})
	}
}

// A node that is told of itself as next hop has no way either. FRR tells it so, BIRD
// does not.
func TestNodeAsItsOwnNextHop(t *testing.T) {
	// control-plane's default gateway is worker, and it tells the leaf of that.
	state := cluster(t, "leaf-spine", "leafreflector")
	gateways(t, state, "control-plane", "10.1.5.11")
	gateways(t, state, "worker")
	state.Resources.BGPFilters = []v3.BGPFilter{exportFilter("default", rule(v3.Accept, v3.Equal, "0.0.0.0/0"))}
	state.Resources.BGPPeers[0].Spec.Filters = []string{"default"}
	everywhere := netip.MustParsePrefix("0.0.0.0/0")
	agreePaths(t, "leaf0", paths(t, state, "leaf0").To(everywhere), `
		0.0.0.0/0 from 10.1.5.10 next hop 10.1.5.11 AS path []`)
	agreePaths(t, "worker", paths(t, state, "worker").To(everywhere), `
		0.0.0.0/0 from 10.1.5.1 next hop 10.1.5.11 AS path [] originator 10.1.5.10 clusters [10.1.5.1]`)
	agree(t, "worker", tables(t, state)["worker"].Within(everywhere).Without(netip.MustParsePrefix("0.0.0.0/1"), netip.MustParsePrefix("128.0.0.0/1")), `
		unreachable 0.0.0.0/0 proto bird`)
	if got := paths(t, birdLeaves(state), "worker").To(everywhere); len(got) != 0 {
		t.Errorf("from BIRD worker has %v, want nothing", got)
	}
}

// A node that announces its default route names its gateway as next hop within the
// AS, and itself where it has several.
func TestNextHopOfADefaultRoute(t *testing.T) {
	for name, c := range map[string]struct {
		gateways []string
		want     string
	}{
		"one gateway":  {[]string{"192.168.1.2"}, "0.0.0.0/0 from 192.168.1.10 next hop 192.168.1.2 AS path []"},
		"two gateways": {[]string{"192.168.1.1", "192.168.1.2"}, "0.0.0.0/0 from 192.168.1.10 next hop 192.168.1.10 AS path []"},
	} {
		state := cluster(t, "tor", "tor")
		gateways(t, state, "server0", c.gateways...)
		state.Resources.BGPFilters = []v3.BGPFilter{exportFilter("default", rule(v3.Accept, v3.Equal, "0.0.0.0/0"))}
		state.Resources.BGPPeers[0].Spec.Filters = []string{"default"}
		t.Run(name, func(t *testing.T) {
			agreePaths(t, "tor0", paths(t, state, "tor0").To(netip.MustParsePrefix("0.0.0.0/0")).From(netip.MustParseAddr("192.168.1.10")), c.want)
		})
	}
}

// A reflector passes a next hop on as it was told, not as it goes there itself.
func TestReflectorsPassNextHopsOn(t *testing.T) {
	state := cluster(t, "leaf-spine", "fullmesh")
	reflectors(t, state, map[string]string{"control-plane": "244.0.0.1"})
	withPeers(&state, allToReflectors)
	agreePaths(t, "worker", paths(t, state, "worker").To(worker2Block), `
		10.244.12.0/26 from 10.1.5.10 next hop 10.1.8.10 AS path [] originator 10.1.8.10 clusters [244.0.0.1]`)
}

// remoteClient is a leaf that has a node of the other rack, worker2, as internal
// neighbour, whose next hop it has to find by its routes. worker2 has a pod with a
// borrowed address.
func remoteClient(t *testing.T) (state oracle.State, borrowed netip.Prefix) {
	t.Helper()
	state = cluster(t, "leaf-spine", "leafreflector")
	address := netip.MustParseAddr("10.244.99.1")
	place(t, state, "worker2", address)
	for _, name := range []string{"worker2", "worker3"} {
		node(t, state, name).AS = 65005
	}
	leaf := router(t, state, "leaf0")
	leaf.Neighbors = append(leaf.Neighbors,
		fabric.Neighbor{Host: "worker2", Address: netip.MustParseAddr("10.1.8.10"), AS: 65005, ReflectorClient: true},
		fabric.Neighbor{Host: "worker3", Address: netip.MustParseAddr("10.1.8.11"), AS: 65005, ReflectorClient: true})
	withPeers(&state, v3.BGPPeerSpec{Node: "worker2", PeerIP: "10.1.10.1", ASNumber: 65005},
		v3.BGPPeerSpec{Node: "worker3", PeerIP: "10.1.10.1", ASNumber: 65005},
		v3.BGPPeerSpec{Node: "worker", PeerIP: "10.1.5.1", ASNumber: 65005})
	deaf(&state)
	state.Resources.IPPools = append(state.Resources.IPPools, v3.IPPool{Spec: v3.IPPoolSpec{CIDR: "10.1.8.8/29", Disabled: true}})
	return state, single(address)
}

// How FRR finds the next hop of an internal path: by its links, and then by its BGP
// routes, but not by a default route.
func TestNextHopsOfFRR(t *testing.T) {
	// alone takes leaf0's sessions with the spines, so that it has only what nodes tell
	// it; its default route keeps the sessions with the other rack.
	alone := func(t *testing.T, s *oracle.State) {
		leaf := router(t, *s, "leaf0")
		leaf.Neighbors = leaf.Neighbors[2:]
		gateways(t, *s, "leaf0", "10.1.10.2")
	}
	for _, c := range []struct {
		name   string
		change func(*testing.T, *oracle.State)
		hops   string
	}{
		{name: "by a BGP route", hops: "10.1.10.2 10.1.12.2"},
		{name: "not by a static default route", change: alone, hops: ""},
		{
			name: "nor by one that is learned",
			change: func(t *testing.T, s *oracle.State) {
				leaf := router(t, *s, "leaf0")
				leaf.Neighbors = append([]fabric.Neighbor{leaf.Neighbors[0]}, leaf.Neighbors[2:]...)
				gateways(t, *s, "leaf0", "10.1.10.2")
				gateways(t, *s, "spine0", "10.1.34.1")
				gateways(t, *s, "leaf1", "10.1.34.2")
				spine := router(t, *s, "spine0")
				spine.Networks = append(spine.Networks, netip.MustParsePrefix("0.0.0.0/0"))
				// Nothing of rack1 but the default route comes to leaf0.
				for i := range spine.Neighbors {
					if spine.Neighbors[i].Host == "leaf1" {
						spine.Neighbors[i].AS = 1
					}
				}
			},
			hops: "",
		},
		{
			name: "not by a BGP route that has no way itself",
			change: func(t *testing.T, s *oracle.State) {
				alone(t, s)
				n := node(t, *s, "worker3")
				n.Blocks = append(n.Blocks, netip.MustParsePrefix("10.1.8.8/29"))
			},
			hops: "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state, borrowed := remoteClient(t)
			if c.change != nil {
				c.change(t, &state)
			}
			if got := paths(t, state, "leaf0").To(borrowed); len(got) != 1 {
				t.Fatalf("leaf0 has paths %v, want worker2's own", got)
			}
			table := tables(t, state)["leaf0"]
			if got := hopsTo(table, borrowed); got != c.hops {
				t.Errorf("leaf0 goes to worker2's pod by %q, want %q", got, c.hops)
			}
			if got := len(table.Within(borrowed)); (got == 1) != (c.hops != "") {
				t.Errorf("leaf0 has %d routes to worker2's pod", got)
			}
		})
	}
}

// A path to its own next hop does not send the oracle in circles.
func TestNextHopBehindItself(t *testing.T) {
	state, borrowed := remoteClient(t)
	n := node(t, state, "worker2")
	n.Blocks = append(n.Blocks, netip.MustParsePrefix("10.1.8.10/32"))
	n.Workloads = append(n.Workloads, oracle.Workload{Address: netip.MustParseAddr("10.1.8.10"), Interface: "cali-more"})
	if got := paths(t, state, "leaf0").To(borrowed); len(got) != 1 {
		t.Errorf("leaf0 has paths %v, want worker2's own", got)
	}
}

// Where a node announces the network that its own next hop is found by, and its word
// is preferred, the leaf has a way while it does not use it: there is no rest to come
// to, and the oracle says so.
func TestRoutesThatDoNotSettle(t *testing.T) {
	state, _ := remoteClient(t)
	n := node(t, state, "worker2")
	n.Blocks = append(n.Blocks, netip.MustParsePrefix("10.1.8.0/24"))
	if _, err := state.Tables(); err == nil || !strings.Contains(err.Error(), "routes do not settle") {
		t.Errorf("error %v, want one that says that the routes do not settle", err)
	}
}

// The same of a session: worker2's with leaf0 brings it a route to leaf0 that BIRD
// cannot use.
func TestSessionsThatDoNotSettle(t *testing.T) {
	state, _ := remoteClient(t)
	state.Resources.BGPPeers[0].Spec.Filters = nil
	for name, solve := range map[string]func() error{
		"tables":   func() error { _, err := state.Tables(); return err },
		"sessions": func() error { _, err := state.Sessions(); return err },
		"paths":    func() error { _, err := state.Paths(); return err },
	} {
		if err := solve(); err == nil || !strings.Contains(err.Error(), "sessions do not settle") {
			t.Errorf("%s: error %v, want one that says that the sessions do not settle", name, err)
		}
	}
}

// A path that can be reached goes before one that cannot, though it be longer, and
// whichever came first.
func TestReachablePathsFirst(t *testing.T) {
	for name, arrange := range map[string]func([]fabric.Neighbor){
		"in the plan's order": func([]fabric.Neighbor) {},
		"the other way round": slices.Reverse[[]fabric.Neighbor],
	} {
		t.Run(name, func(t *testing.T) {
			state := cluster(t, "leaf-spine", "fullmesh")
			// control-plane tells leaf0 of worker2 as it is, leaf1 hears of it from worker2.
			state.Resources.BGPPeers = []v3.BGPPeer{
				{Spec: v3.BGPPeerSpec{Node: "control-plane", PeerIP: "10.1.5.1", ASNumber: 65005, NextHopMode: new(v3.NextHopMode("Keep"))}},
				{Spec: v3.BGPPeerSpec{Node: "worker2", PeerIP: "10.1.8.1", ASNumber: 65008}},
			}
			for host, n := range map[string]fabric.Neighbor{
				"leaf0": {Host: "control-plane", Address: netip.MustParseAddr("10.1.5.10"), AS: 64512},
				"leaf1": {Host: "worker2", Address: netip.MustParseAddr("10.1.8.10"), AS: 64512},
			} {
				r := router(t, state, host)
				r.Neighbors = append(r.Neighbors, n)
				arrange(r.Neighbors)
			}
			agreePaths(t, "leaf0", paths(t, state, "leaf0").To(worker2Block), `
		10.244.12.0/26 from 10.1.5.10 next hop 10.1.8.10 AS path [64512]
		10.244.12.0/26 from 10.1.10.2 next hop 10.1.10.2 AS path [500 65008 64512]
		10.244.12.0/26 from 10.1.12.2 next hop 10.1.12.2 AS path [800 65008 64512]`)
			if got := hopsTo(tables(t, state)["leaf0"], worker2Block); got != "10.1.10.2 10.1.12.2" {
				t.Errorf("leaf0 goes to worker2's block by %q, want both spines", got)
			}
		})
	}
}

// Of equal paths with the same originator that is announced which comes from the
// neighbour with the lower address (RFC 4271, section 9.1.2.2 g).
func TestLowestNeighborAddress(t *testing.T) {
	state := cluster(t, "single-rack", "fullmesh")
	reflectors(t, state, map[string]string{"control-plane": "244.0.0.2", "worker": "244.0.0.1"})
	withPeers(&state, v3.BGPPeerSpec{Node: "worker2", PeerSelector: "has(rr)"},
		v3.BGPPeerSpec{NodeSelector: "has(rr)", PeerIP: "10.1.5.1", ASNumber: 64512}, v3.BGPPeerSpec{Node: "worker3", PeerIP: "10.1.5.1", ASNumber: 64512})
	peer := func(host, address string) fabric.Neighbor {
		return fabric.Neighbor{Host: host, Address: netip.MustParseAddr(address), AS: 64512, ReflectorClient: true}
	}
	for _, leaves := range []func(oracle.State) oracle.State{func(s oracle.State) oracle.State { return s }, birdLeaves} {
		state.Routers = []fabric.Router{{
			Host: "leaf0", Software: frr.Name, AS: 64512, RouterID: netip.MustParseAddr("10.1.5.1"),
			Neighbors: []fabric.Neighbor{peer("worker3", "10.1.5.13"), peer("worker", "10.1.5.11"), peer("control-plane", "10.1.5.10")},
		}}
		state = leaves(state)
		agreePaths(t, "worker3", paths(t, state, "worker3").To(worker2Block), `
		10.244.12.0/26 from 10.1.5.1 next hop 10.1.5.12 AS path [] originator 10.1.5.12 clusters [10.1.5.1 244.0.0.2]`)
	}
}

// A router whose default gateway is on one of its links does not take that for a
// link to everywhere.
func TestDefaultRouteIsNoLink(t *testing.T) {
	for name, leaves := range map[string]func(oracle.State) oracle.State{"FRR": func(s oracle.State) oracle.State { return s }, "BIRD": birdLeaves} {
		t.Run(name, func(t *testing.T) {
			state := leaves(cluster(t, "leaf-spine", "fullmesh"))
			gateways(t, state, "leaf0", "10.1.12.2")
			withPeers(&state, v3.BGPPeerSpec{Node: "worker2", PeerIP: "10.1.10.1", ASNumber: 65005})
			deaf(&state)
			leaf := router(t, state, "leaf0")
			leaf.Neighbors = append(leaf.Neighbors, fabric.Neighbor{Host: "worker2", Address: netip.MustParseAddr("10.1.8.10"), AS: 64512})
			if established(t, state, "worker2", "10.1.10.1") {
				t.Error("a session with an external neighbour off the link is up")
			}
			if got := hopsTo(tables(t, state)["leaf0"], netip.MustParsePrefix("0.0.0.0/0")); got != "10.1.12.2" {
				t.Errorf("leaf0's default route is by %q", got)
			}
			// Who is on no common link is told of the router.
			agreePaths(t, "spine0", paths(t, state, "spine0").To(netip.MustParsePrefix("10.1.11.0/24")).From(netip.MustParseAddr("10.1.10.1")), `
		10.1.11.0/24 from 10.1.10.1 next hop 10.1.10.1 AS path [65005 800]`)
		})
	}
}
