package oracle_test

import (
	"net/netip"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/topology"
)

// The blocks of rack-reflector's nodes, three in each rack.
var (
	node11Block = netip.MustParsePrefix("10.244.10.0/26")
	node13Block = netip.MustParsePrefix("10.244.12.0/26")
	node21Block = netip.MustParsePrefix("10.244.13.0/26")
	node23Block = netip.MustParsePrefix("10.244.15.0/26")
)

// Mode rackreflector (article 3): within a rack nodes go straight to each other,
// between racks by their leaf, of which they hear by the reflectors. The leaf goes to
// either reflector of its rack, even for a reflector's own block. Networks of the
// fabric are in no pool: reflectors know them, the others have their default route.
func TestRackReflectorTables(t *testing.T) {
	got := tables(t, withoutNextHopMode(cluster(t, "rack-reflector", "rackreflector")))
	for _, c := range []struct{ host, want string }{
		{"node11", `
		0.0.0.0/0 via 172.20.0.1 dev net0 proto static
		10.3.10.0/24 via 172.20.0.1 dev net0 proto bird
		10.3.11.0/24 via 172.20.0.1 dev net0 proto bird
		10.3.100.0/24 via 172.20.0.1 dev net0 proto bird
		blackhole 10.244.10.0/26 proto bird
		10.244.10.1/32 dev cali-node11 proto boot
		10.244.11.0/26 via 172.20.0.12 dev net0 proto bird
		10.244.12.0/26 via 172.20.0.13 dev net0 proto bird
		10.244.13.0/26 via 172.20.0.1 dev net0 proto bird
		10.244.14.0/26 via 172.20.0.1 dev net0 proto bird
		10.244.15.0/26 via 172.20.0.1 dev net0 proto bird
		172.20.0.0/24 dev net0 proto kernel
		172.30.0.0/24 dev eth0 proto kernel
		173.20.0.0/24 via 172.20.0.1 dev net0 proto bird`},
		{"node13", `
		0.0.0.0/0 via 172.20.0.1 dev net0 proto static
		10.244.10.0/26 via 172.20.0.11 dev net0 proto bird
		10.244.11.0/26 via 172.20.0.12 dev net0 proto bird
		blackhole 10.244.12.0/26 proto bird
		10.244.12.1/32 dev cali-node13 proto boot
		10.244.13.0/26 via 172.20.0.1 dev net0 proto bird
		10.244.14.0/26 via 172.20.0.1 dev net0 proto bird
		10.244.15.0/26 via 172.20.0.1 dev net0 proto bird
		172.20.0.0/24 dev net0 proto kernel
		172.30.0.0/24 dev eth0 proto kernel`},
		{"leaf0", `
		10.3.10.0/24 dev eth1 proto kernel
		10.3.11.0/24 via 10.3.10.2 dev eth1 proto bgp metric 20
		10.3.100.0/24 via 10.3.10.2 dev eth1 proto bgp metric 20
		10.244.10.0/26 proto bgp metric 20 nexthop via 172.20.0.11 dev eth3 nexthop via 172.20.0.12 dev eth3
		10.244.11.0/26 proto bgp metric 20 nexthop via 172.20.0.11 dev eth3 nexthop via 172.20.0.12 dev eth3
		10.244.12.0/26 proto bgp metric 20 nexthop via 172.20.0.11 dev eth3 nexthop via 172.20.0.12 dev eth3
		10.244.13.0/26 via 10.3.10.2 dev eth1 proto bgp metric 20
		10.244.14.0/26 via 10.3.10.2 dev eth1 proto bgp metric 20
		10.244.15.0/26 via 10.3.10.2 dev eth1 proto bgp metric 20
		172.20.0.0/24 dev eth3 proto kernel
		173.20.0.0/24 via 10.3.10.2 dev eth1 proto bgp metric 20`},
		{"spine0", `
		10.3.10.0/24 dev eth1 proto kernel
		10.3.11.0/24 dev eth2 proto kernel
		10.3.100.0/24 dev eth3 proto kernel
		10.244.10.0/26 via 10.3.10.1 dev eth1 proto bgp metric 20
		10.244.11.0/26 via 10.3.10.1 dev eth1 proto bgp metric 20
		10.244.12.0/26 via 10.3.10.1 dev eth1 proto bgp metric 20
		10.244.13.0/26 via 10.3.11.1 dev eth2 proto bgp metric 20
		10.244.14.0/26 via 10.3.11.1 dev eth2 proto bgp metric 20
		10.244.15.0/26 via 10.3.11.1 dev eth2 proto bgp metric 20
		172.20.0.0/24 via 10.3.10.1 dev eth1 proto bgp metric 20
		173.20.0.0/24 via 10.3.11.1 dev eth2 proto bgp metric 20`},
	} {
		agree(t, c.host, got[c.host], c.want)
	}
}

// A route from outside keeps its next hop on its way to the nodes. Where another
// reflector reflects it, the originator is the reflector that heard it first.
func TestRackReflectorPaths(t *testing.T) {
	state := withoutNextHopMode(cluster(t, "rack-reflector", "rackreflector"))
	agreePaths(t, "node13", paths(t, state, "node13").To(node11Block, node21Block), `
		10.244.10.0/26 from 172.20.0.11 next hop 172.20.0.11 AS path []
		10.244.10.0/26 from 172.20.0.12 next hop 172.20.0.11 AS path [] originator 172.20.0.11 clusters [172.20.0.12]
		10.244.13.0/26 from 172.20.0.11 next hop 172.20.0.1 AS path [65010 65000 65020 65021]
		10.244.13.0/26 from 172.20.0.11 next hop 172.20.0.1 AS path [65010 65000 65020 65021] originator 172.20.0.12 clusters [172.20.0.11]
		10.244.13.0/26 from 172.20.0.12 next hop 172.20.0.1 AS path [65010 65000 65020 65021]
		10.244.13.0/26 from 172.20.0.12 next hop 172.20.0.1 AS path [65010 65000 65020 65021] originator 172.20.0.11 clusters [172.20.0.12]`)
	agreePaths(t, "spine0", paths(t, state, "spine0").To(node13Block, netip.MustParsePrefix("10.3.10.0/24")), `
		10.3.10.0/24 from 10.3.10.1 next hop 10.3.10.1 AS path [65010]
		10.244.12.0/26 from 10.3.10.1 next hop 10.3.10.1 AS path [65010 65011]`)
}

func TestRackReflectorChanges(t *testing.T) {
	keep := func(s *oracle.State) {
		for i, p := range s.Resources.BGPPeers {
			if p.Spec.PeerIP != "" {
				s.Resources.BGPPeers[i].Spec.NextHopMode = new(v3.NextHopMode("Keep"))
			}
		}
	}
	for _, c := range []struct {
		name   string
		change func(*testing.T, *oracle.State)
		host   string
		prefix netip.Prefix
		hops   string
	}{
		{name: "with Keep the leaf goes to the owner", change: func(_ *testing.T, s *oracle.State) { keep(s) }, host: "leaf0", prefix: node13Block, hops: "172.20.0.13"},
		{name: "also to a reflector that owns a block", change: func(_ *testing.T, s *oracle.State) { keep(s) }, host: "leaf0", prefix: node11Block, hops: "172.20.0.11"},
		{name: "and the other rack sees no difference", change: func(_ *testing.T, s *oracle.State) { keep(s) }, host: "node23", prefix: node13Block, hops: "173.20.0.1"},
		{
			name:   "a lost reflector takes no block with it but its own",
			change: func(t *testing.T, s *oracle.State) { node(t, *s, "node11").Gone = true },
			host:   "leaf0", prefix: node13Block, hops: "172.20.0.12",
		},
		{
			name:   "its own is gone",
			change: func(t *testing.T, s *oracle.State) { node(t, *s, "node11").Gone = true },
			host:   "leaf0", prefix: node11Block, hops: "",
		},
		{
			name:   "the nodes still hear of the other rack",
			change: func(t *testing.T, s *oracle.State) { node(t, *s, "node11").Gone = true },
			host:   "node13", prefix: node23Block, hops: "172.20.0.1",
		},
		{
			name: "without both reflectors a rack is alone",
			change: func(t *testing.T, s *oracle.State) {
				node(t, *s, "node11").Gone, node(t, *s, "node12").Gone = true, true
			},
			host: "node21", prefix: node13Block, hops: "",
		},
		{
			name:   "a node without rr-id has no session with the leaf",
			change: func(t *testing.T, s *oracle.State) { delete(node(t, *s, "node11").Labels, "rr-id") },
			host:   "leaf0", prefix: node13Block, hops: "172.20.0.12",
		},
		{
			name:   "and is heard of by the other reflector",
			change: func(t *testing.T, s *oracle.State) { delete(node(t, *s, "node11").Labels, "rr-id") },
			host:   "leaf0", prefix: node11Block, hops: "172.20.0.12",
		},
		{
			// The other rack's reflectors know of the way to node13 by BGP alone (#1515).
			name:   "a node in the other rack's group is out of reach of its reflectors",
			change: func(t *testing.T, s *oracle.State) { node(t, *s, "node13").Labels["rr-group"] = "rr2" },
			host:   "node21", prefix: node13Block, hops: "unreachable",
		},
		{
			name:   "which still announce it",
			change: func(t *testing.T, s *oracle.State) { node(t, *s, "node13").Labels["rr-group"] = "rr2" },
			host:   "leaf0", prefix: node13Block, hops: "10.3.10.2",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := withoutNextHopMode(cluster(t, "rack-reflector", "rackreflector"))
			c.change(t, &state)
			if got := hopsTo(tables(t, state)[c.host], c.prefix); got != c.hops {
				t.Errorf("%s on %s: next hops %q, want %q", c.prefix, c.host, got, c.hops)
			}
		})
	}
}

// oneASForAllRacks puts the nodes of both racks into one AS, which all BGPPeers
// allow for in paths.
func oneASForAllRacks(t *testing.T, allowed int32) oracle.State {
	t.Helper()
	state := withoutNextHopMode(cluster(t, "rack-reflector", "rackreflector"))
	for i := range state.Nodes {
		state.Nodes[i].AS = 65011
	}
	for i := range state.Resources.BGPPeers {
		state.Resources.BGPPeers[i].Spec.NumAllowedLocalASNumbers = &allowed
	}
	for _, name := range []string{"node21", "node22"} {
		neighbor(t, state, "leaf1", name).AS = 65011
	}
	return state
}

// With one AS for all racks a rack refuses the other's blocks as loops, unless its
// reflectors let their own AS pass once. The blocks have been in it once.
func TestOneASForAllRacksWithReflectors(t *testing.T) {
	for allowed, want := range map[int32]string{0: "", 1: "172.20.0.1"} {
		all := tables(t, oneASForAllRacks(t, allowed))
		if got := hopsTo(all["node11"], node21Block); got != want {
			t.Errorf("%d allowed: node11 has next hops %q, want %q", allowed, got, want)
		}
		// Towards the other nodes nothing is allowed for: a BGPPeer with a peerSelector
		// has no numAllowedLocalASNumbers.
		if got := hopsTo(all["node13"], node21Block); got != "" {
			t.Errorf("%d allowed: node13 has next hops %q, want none", allowed, got)
		}
		if got := hopsTo(all["leaf0"], node21Block); got != "10.3.10.2" {
			t.Errorf("%d allowed: leaf0 has next hops %q, want the spine", allowed, got)
		}
	}
}

// A leaf sends no path back to the neighbour that it is from: BIRD never does, and FRR
// does it only within an update group. So a reflector that lets its own AS pass has its
// rack's blocks from the rack's nodes alone. Taken from a lab.
func TestLeafSendsNoPathBack(t *testing.T) {
	leaf := netip.MustParseAddr("172.20.0.1")
	for _, c := range []struct {
		name   string
		change func(oracle.State) oracle.State
	}{
		{"FRR", func(s oracle.State) oracle.State { return s }},
		{"BIRD", birdLeaves},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := c.change(oneASForAllRacks(t, 1))
			// The leaf prefers node11's word of node13's block to node12's.
			agreePaths(t, "node11", paths(t, state, "node11").To(node13Block).From(leaf), "")
		})
	}
}

// The modes of the suites keep the owners as next hops at the leaf, over FRR and
// over BIRD alike.
func TestReflectorsKeepNextHops(t *testing.T) {
	for _, c := range []struct{ topology, mode, leaf, owner, address string }{
		{"single-rack", "nodereflector", "leaf0", "worker3", "10.1.5.13"},
		{"single-rack", "nodereflector", "leaf0", "control-plane", "10.1.5.10"},
		{"rack-reflector", "rackreflector", "leaf0", "node13", "172.20.0.13"},
		{"rack-reflector", "rackreflector", "leaf0", "node11", "172.20.0.11"},
		{"rack-reflector", "rackreflector", "leaf1", "node23", "173.20.0.13"},
	} {
		for _, software := range []topology.Software{frr.Name, bird.Name} {
			t.Run(c.mode+" "+c.owner+" "+string(software), func(t *testing.T) {
				state := cluster(t, c.topology, c.mode)
				for i := range state.Routers {
					state.Routers[i].Software = software
				}
				for _, block := range state.Blocks(c.owner) {
					if got := hopsTo(tables(t, state)[c.leaf], block); got != c.address {
						t.Errorf("%s on %s: next hops %q, want %q", block, c.leaf, got, c.address)
					}
				}
			})
		}
	}
}
