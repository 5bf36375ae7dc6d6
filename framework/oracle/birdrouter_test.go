package oracle_test

import (
	"net/netip"
	"strings"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/topology"
)

// BIRD as a leaf that reflects does what FRR does: it keeps the next hop of what it
// reflects, and is the next hop of what comes from outside.
func TestBIRDReflectsAsFRRDoes(t *testing.T) {
	state := birdLeaves(cluster(t, "leaf-spine", "leafreflector"))
	agreePaths(t, "worker", paths(t, state, "worker").To(controlPlaneBlock, workerBlock, worker2Block), `
		10.244.10.0/26 from 10.1.5.1 next hop 10.1.5.10 AS path [] originator 10.1.5.10 clusters [10.1.5.1]
		10.244.12.0/26 from 10.1.5.1 next hop 10.1.5.1 AS path [500 65008]`)
}

// A router that does not reflect, or is not told to be the next hop, keeps next
// hops within its AS; a node that cannot resolve one has no way.
func TestBIRDWithoutNextHopSelf(t *testing.T) {
	state := birdLeaves(cluster(t, "leaf-spine", "leafreflector"))
	neighbor(t, state, "leaf0", "worker").NextHopSelf = false
	agreePaths(t, "worker", paths(t, state, "worker").To(worker2Block), `
		10.244.12.0/26 from 10.1.5.1 next hop 10.1.10.2 AS path [500 65008]`)
	if got := hopsTo(tables(t, state)["worker"], worker2Block); got != "unreachable" {
		t.Errorf("next hops %q, want unreachable", got)
	}
}

// BIRD announces of its links' prefixes those that it is told to, while the link is
// up, and passes on what it has learned, the best path of each prefix.
func TestBIRDAnnouncements(t *testing.T) {
	const learned = "10.1.8.0/24 10.1.11.0/24 10.1.34.0/24 10.1.100.0/24 10.244.10.0/26 10.244.12.0/26 10.244.13.0/26"
	for _, c := range []struct {
		name   string
		change func(*testing.T, *oracle.State)
		want   string
	}{
		{name: "all links", want: "10.1.5.0/24 10.1.8.0/24 10.1.10.0/24 10.1.11.0/24 10.1.12.0/24 10.1.34.0/24 10.1.100.0/24 10.244.10.0/26 10.244.12.0/26 10.244.13.0/26"},
		{
			name: "one link",
			change: func(t *testing.T, s *oracle.State) {
				router(t, *s, "leaf0").Networks = []netip.Prefix{netip.MustParsePrefix("10.1.12.0/24")}
			},
			want: "10.1.8.0/24 10.1.11.0/24 10.1.12.0/24 10.1.34.0/24 10.1.100.0/24 10.244.10.0/26 10.244.12.0/26 10.244.13.0/26",
		},
		{
			name: "a network that is on no link",
			change: func(t *testing.T, s *oracle.State) {
				router(t, *s, "leaf0").Networks = []netip.Prefix{netip.MustParsePrefix("10.9.0.0/16")}
			},
			want: learned,
		},
		{
			name:   "a link that is cut",
			change: func(_ *testing.T, s *oracle.State) { s.CutLinks = map[string]bool{"leaf0-spine0": true} },
			want:   "10.1.5.0/24 10.1.8.0/24 10.1.11.0/24 10.1.12.0/24 10.1.34.0/24 10.1.100.0/24 10.244.10.0/26 10.244.12.0/26 10.244.13.0/26",
		},
		{
			// It is not learned from the kernel either.
			name: "its default route",
			change: func(t *testing.T, s *oracle.State) {
				host, _ := s.Topology.Host("leaf0")
				host.Gateways = []netip.Addr{netip.MustParseAddr("10.1.10.2")}
				router(t, *s, "leaf0").Networks = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
			},
			want: learned,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := birdLeaves(cluster(t, "leaf-spine", "leafreflector"))
			if c.change != nil {
				c.change(t, &state)
			}
			got := paths(t, state, "worker")
			if prefixesOf(got) != c.want || len(got) != len(strings.Fields(c.want)) {
				t.Errorf("worker has %v, want one path each to %q", got, c.want)
			}
		})
	}
}

// BIRD resolves a next hop by the route of a neighbour on a link, which has `gateway
// direct`, and passes such a path on. Seen on leaf0 of two-racks in mode ipipreflector.
func TestBIRDResolvesByDirectRoutes(t *testing.T) {
	state := birdLeaves(cluster(t, "leaf-spine", "leafreflector"))
	// worker2 is a neighbour of leaf0 too, and its next hops are on no link of leaf0.
	leaf := router(t, state, "leaf0")
	leaf.Neighbors = append(leaf.Neighbors, fabric.Neighbor{Host: "worker2", Address: netip.MustParseAddr("10.1.8.10"), AS: 65005, ReflectorClient: true})
	node(t, state, "worker2").AS = 65005
	withPeers(&state, v3.BGPPeerSpec{Node: "worker", PeerIP: "10.1.5.1", ASNumber: 65005},
		v3.BGPPeerSpec{Node: "worker2", PeerIP: "10.1.10.1", ASNumber: 65005})
	deaf(&state)
	state.Resources.BGPPeers[0].Spec.Filters = nil
	agreePaths(t, "leaf0", paths(t, state, "leaf0").To(worker2Block), `
		10.244.12.0/26 from 10.1.8.10 next hop 10.1.8.10 AS path []`)
	if got := hopsTo(tables(t, state)["leaf0"], worker2Block); got != "10.1.10.2" {
		t.Errorf("leaf0 has a route by %q, want the spine", got)
	}
	agreePaths(t, "worker", paths(t, state, "worker").To(worker2Block), `
		10.244.12.0/26 from 10.1.5.1 next hop 10.1.8.10 AS path [] originator 10.1.8.10 clusters [10.1.5.1]`)
}

// An external neighbour's next hop counts if it is on any of the router's links;
// else the neighbour is the next hop itself.
func TestBIRDNextHopsOfExternalNeighbors(t *testing.T) {
	self, keep := new(v3.NextHopMode("Self")), new(v3.NextHopMode("Keep"))
	for _, c := range []struct {
		name string
		mode *v3.NextHopMode
		hops string
	}{
		{name: "the neighbour", mode: self, hops: "10.1.5.10"},
		{name: "another host on the link", mode: keep, hops: "10.1.5.13"},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := birdLeaves(withoutNextHopMode(cluster(t, "single-rack", "nodereflector")))
			state.Resources.BGPPeers[1].Spec.NextHopMode = c.mode
			node(t, state, "worker").Gone = true
			if got := hopsTo(tables(t, state)["leaf0"], worker3Block); got != c.hops {
				t.Errorf("next hops %q, want %q", got, c.hops)
			}
		})
	}
	t.Run("the neighbour instead of one off the link", func(t *testing.T) {
		// worker2 is in the other rack, control-plane tells leaf0 of it as it is.
		state := birdLeaves(cluster(t, "leaf-spine", "fullmesh"))
		state.Resources.BGPPeers = []v3.BGPPeer{{Spec: v3.BGPPeerSpec{Node: "control-plane", PeerIP: "10.1.5.1", ASNumber: 65005, NextHopMode: keep}}}
		leaf := router(t, state, "leaf0")
		leaf.Neighbors = append(leaf.Neighbors, fabric.Neighbor{Host: "control-plane", Address: netip.MustParseAddr("10.1.5.10"), AS: 64512})
		agreePaths(t, "leaf0", paths(t, state, "leaf0").To(worker2Block), `
		10.244.12.0/26 from 10.1.5.10 next hop 10.1.8.10 AS path [64512]`)
		if got := hopsTo(tables(t, state)["leaf0"], worker2Block); got != "10.1.5.10" {
			t.Errorf("next hops %q, want control-plane", got)
		}
	})
}

// twoToRs are two ToRs that are each other's external neighbours on the servers'
// link; server0 peers with tor1 alone and tells it of its default route, which is
// over tor0. So a ToR is told of itself as next hop.
func twoToRs(t *testing.T, software topology.Software) oracle.State {
	t.Helper()
	state := cluster(t, "tor", "tor")
	peer := func(host, address string, as uint32) fabric.Neighbor {
		return fabric.Neighbor{Host: host, Address: netip.MustParseAddr(address), AS: as}
	}
	state.Routers = []fabric.Router{
		{
			Host: "tor0", Software: software, AS: 65001, RouterID: netip.MustParseAddr("192.168.1.1"),
			Neighbors: []fabric.Neighbor{peer("tor1", "192.168.1.2", 65002)},
		},
		{
			Host: "tor1", Software: software, AS: 65002, RouterID: netip.MustParseAddr("192.168.1.2"),
			Neighbors: []fabric.Neighbor{peer("tor0", "192.168.1.1", 65001), peer("server0", "192.168.1.10", 64512)},
		},
	}
	state.Resources.BGPFilters = []v3.BGPFilter{exportFilter("all", v3.BGPFilterRuleV4{Action: v3.Accept})}
	withPeers(&state, v3.BGPPeerSpec{Node: "server0", PeerIP: "192.168.1.2", ASNumber: 65002, Filters: []string{"all"}, NextHopMode: new(v3.NextHopMode("Keep"))})
	return state
}

// A router does not take a path whose next hop is its own address. FRR sends it, BIRD
// does not.
func TestOwnNextHop(t *testing.T) {
	everywhere := netip.MustParsePrefix("0.0.0.0/0")
	for _, c := range []struct {
		name       string
		tor0, tor1 topology.Software
		hops       int
	}{
		{name: "FRR to FRR", tor0: frr.Name, tor1: frr.Name},
		{name: "FRR to BIRD", tor0: bird.Name, tor1: frr.Name},
		{name: "BIRD to FRR", tor0: frr.Name, tor1: bird.Name},
		{name: "BIRD to FRR with TTL security", tor0: frr.Name, tor1: bird.Name, hops: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := twoToRs(t, c.tor0)
			router(t, state, "tor1").Software = c.tor1
			// With TTL security the ToRs are on a common link as without.
			neighbor(t, state, "tor0", "tor1").TTLSecurity, neighbor(t, state, "tor1", "tor0").TTLSecurity = c.hops, c.hops
			agreePaths(t, "tor1", paths(t, state, "tor1").To(everywhere), `
		0.0.0.0/0 from 192.168.1.10 next hop 192.168.1.1 AS path [64512]`)
			if got := paths(t, state, "tor0").To(everywhere); len(got) != 0 {
				t.Errorf("tor0 has paths %v, want none", got)
			}
			// Of other things it hears, by a third party's next hop on the common link.
			agreePaths(t, "tor0", paths(t, state, "tor0").To(server0Block), `
		10.48.10.0/26 from 192.168.1.2 next hop 192.168.1.10 AS path [65002 64512]`)
		})
	}
}
