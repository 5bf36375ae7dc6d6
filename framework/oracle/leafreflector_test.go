package oracle_test

import (
	"maps"
	"net/netip"
	"testing"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/session"
)

// Article 1 prints these: on a node the other rack's blocks by the leaf and the own
// rack's by the node; on a leaf the own rack's by the nodes, the other rack's blocks
// and subnet by both spines.
func TestLeafReflectorTables(t *testing.T) {
	got := tables(t, cluster(t, "leaf-spine", "leafreflector"))
	for _, c := range []struct{ host, want string }{
		{"worker", `
		0.0.0.0/0 via 10.1.5.1 dev net0 proto static
		10.1.5.0/24 dev net0 proto kernel
		10.1.8.0/24 via 10.1.5.1 dev net0 proto bird
		10.1.10.0/24 via 10.1.5.1 dev net0 proto bird
		10.1.11.0/24 via 10.1.5.1 dev net0 proto bird
		10.1.12.0/24 via 10.1.5.1 dev net0 proto bird
		10.1.34.0/24 via 10.1.5.1 dev net0 proto bird
		10.1.100.0/24 via 10.1.5.1 dev net0 proto bird
		10.244.10.0/26 via 10.1.5.10 dev net0 proto bird
		blackhole 10.244.11.0/26 proto bird
		10.244.11.1/32 dev cali-worker proto boot
		10.244.12.0/26 via 10.1.5.1 dev net0 proto bird
		10.244.13.0/26 via 10.1.5.1 dev net0 proto bird
		172.30.0.0/24 dev eth0 proto kernel`},
		{"leaf0", `
		10.1.5.0/24 dev eth3 proto kernel
		10.1.8.0/24 proto bgp metric 20 nexthop via 10.1.10.2 dev eth1 nexthop via 10.1.12.2 dev eth2
		10.1.10.0/24 dev eth1 proto kernel
		10.1.11.0/24 via 10.1.12.2 dev eth2 proto bgp metric 20
		10.1.12.0/24 dev eth2 proto kernel
		10.1.34.0/24 via 10.1.10.2 dev eth1 proto bgp metric 20
		10.1.100.0/24 proto bgp metric 20 nexthop via 10.1.10.2 dev eth1 nexthop via 10.1.12.2 dev eth2
		10.244.10.0/26 via 10.1.5.10 dev eth3 proto bgp metric 20
		10.244.11.0/26 via 10.1.5.11 dev eth3 proto bgp metric 20
		10.244.12.0/26 proto bgp metric 20 nexthop via 10.1.10.2 dev eth1 nexthop via 10.1.12.2 dev eth2
		10.244.13.0/26 proto bgp metric 20 nexthop via 10.1.10.2 dev eth1 nexthop via 10.1.12.2 dev eth2`},
		{"spine1", `
		10.1.5.0/24 via 10.1.12.1 dev eth1 proto bgp metric 20
		10.1.8.0/24 via 10.1.11.1 dev eth2 proto bgp metric 20
		10.1.10.0/24 via 10.1.12.1 dev eth1 proto bgp metric 20
		10.1.11.0/24 dev eth2 proto kernel
		10.1.12.0/24 dev eth1 proto kernel
		10.1.34.0/24 via 10.1.11.1 dev eth2 proto bgp metric 20
		10.1.100.0/24 dev eth3 proto kernel
		10.244.10.0/26 via 10.1.12.1 dev eth1 proto bgp metric 20
		10.244.11.0/26 via 10.1.12.1 dev eth1 proto bgp metric 20
		10.244.12.0/26 via 10.1.11.1 dev eth2 proto bgp metric 20
		10.244.13.0/26 via 10.1.11.1 dev eth2 proto bgp metric 20`},
		{"client", `
		0.0.0.0/0 proto static nexthop via 10.1.100.2 dev eth1 nexthop via 10.1.100.3 dev eth1
		10.1.100.0/24 dev eth1 proto kernel`},
	} {
		agree(t, c.host, got[c.host], c.want)
	}
}

func TestLeafReflectorSessions(t *testing.T) {
	peer := func(address string, kind session.Kind, localAS, peerAS uint32) session.Session {
		return session.Session{
			Peer: netip.MustParseAddr(address), Kind: kind, LocalAS: localAS, PeerAS: peerAS, State: session.Established,
		}
	}
	leaf0 := []session.Session{peer("10.1.5.1", session.NodeSpecific, 65005, 65005)}
	leaf1 := []session.Session{peer("10.1.8.1", session.NodeSpecific, 65008, 65008)}
	want := session.Sessions{
		"control-plane": leaf0, "worker": leaf0, "worker2": leaf1, "worker3": leaf1,
		"leaf0": {
			peer("10.1.5.10", session.FabricPeer, 65005, 65005), peer("10.1.5.11", session.FabricPeer, 65005, 65005),
			peer("10.1.10.2", session.FabricPeer, 65005, 500), peer("10.1.12.2", session.FabricPeer, 65005, 800),
		},
		"leaf1": {
			peer("10.1.8.10", session.FabricPeer, 65008, 65008), peer("10.1.8.11", session.FabricPeer, 65008, 65008),
			peer("10.1.11.2", session.FabricPeer, 65008, 800), peer("10.1.34.2", session.FabricPeer, 65008, 500),
		},
		"spine0": {peer("10.1.10.1", session.FabricPeer, 500, 65005), peer("10.1.34.1", session.FabricPeer, 500, 65008)},
		"spine1": {peer("10.1.11.1", session.FabricPeer, 800, 65008), peer("10.1.12.1", session.FabricPeer, 800, 65005)},
	}
	if d := diff.Compare(want, sessions(t, cluster(t, "leaf-spine", "leafreflector"))); len(d) > 0 {
		t.Error(d)
	}
}

func TestLeafReflectorChanges(t *testing.T) {
	rack1 := netip.MustParsePrefix("10.1.8.0/24")
	for _, c := range []struct {
		name   string
		change func(*testing.T, *oracle.State)
		// host and prefix say which route is looked at, hops what it must be.
		host   string
		prefix netip.Prefix
		hops   string
	}{
		{
			name:   "a cut spine link takes its spine out of the ECMP set",
			change: func(_ *testing.T, s *oracle.State) { s.CutLinks = map[string]bool{"leaf0-spine0": true} },
			host:   "leaf0", prefix: worker2Block, hops: "10.1.12.2",
		},
		{
			name:   "the other leaf loses the way by that spine too",
			change: func(_ *testing.T, s *oracle.State) { s.CutLinks = map[string]bool{"leaf0-spine0": true} },
			host:   "leaf1", prefix: workerBlock, hops: "10.1.11.2",
		},
		{
			name:   "the spine that lost its link uses the other leaf",
			change: func(_ *testing.T, s *oracle.State) { s.CutLinks = map[string]bool{"leaf0-spine0": true} },
			host:   "spine0", prefix: workerBlock, hops: "10.1.34.1",
		},
		{
			name:   "the network of a cut link is nowhere",
			change: func(_ *testing.T, s *oracle.State) { s.CutLinks = map[string]bool{"leaf0-spine0": true} },
			host:   "leaf1", prefix: netip.MustParsePrefix("10.1.10.0/24"), hops: "",
		},
		{
			name: "a rack cut off from both spines is unknown to the other",
			change: func(_ *testing.T, s *oracle.State) {
				s.CutLinks = map[string]bool{"leaf1-spine0": true, "leaf1-spine1": true}
			},
			host: "leaf0", prefix: rack1, hops: "",
		},
		{
			name:   "a node that is gone takes its blocks with it",
			change: func(t *testing.T, s *oracle.State) { node(t, *s, "worker2").Gone = true },
			host:   "leaf0", prefix: worker2Block, hops: "",
		},
		{
			name:   "a node with the label of no rack announces nothing",
			change: func(t *testing.T, s *oracle.State) { node(t, *s, "worker2").Labels["rack"] = "rack9" },
			host:   "leaf0", prefix: worker2Block, hops: "",
		},
		{
			name: "a second block goes the way of the first",
			change: func(t *testing.T, s *oracle.State) {
				n := node(t, *s, "worker2")
				n.Blocks = append(n.Blocks, netip.MustParsePrefix("10.244.99.64/26"))
			},
			host: "worker3", prefix: netip.MustParsePrefix("10.244.99.64/26"), hops: "10.1.8.10",
		},
		{
			// As after a fault of IPAM (#6867): each keeps its own, and the leaf has both.
			name: "a block that two nodes have stays each one's own",
			change: func(t *testing.T, s *oracle.State) {
				n := node(t, *s, "control-plane")
				n.Blocks = append(n.Blocks, workerBlock)
			},
			host: "worker", prefix: workerBlock, hops: "blackhole",
		},
		{
			name: "a block of one address is announced with its pod",
			change: func(t *testing.T, s *oracle.State) {
				n := node(t, *s, "worker2")
				n.Blocks = []netip.Prefix{netip.PrefixFrom(pod(worker2Block), 32)}
			},
			host: "leaf1", prefix: netip.PrefixFrom(pod(worker2Block), 32), hops: "10.1.8.10",
		},
		{
			name: "and has no blackhole",
			change: func(t *testing.T, s *oracle.State) {
				n := node(t, *s, "worker2")
				n.Blocks, n.Workloads = []netip.Prefix{netip.PrefixFrom(pod(worker2Block), 32)}, nil
			},
			host: "worker2", prefix: netip.PrefixFrom(pod(worker2Block), 32), hops: "",
		},
		{
			name:   "an address borrowed from another node's block is announced by itself",
			change: func(t *testing.T, s *oracle.State) { place(t, *s, "worker2", pod(workerBlock).Next()) },
			host:   "worker", prefix: netip.PrefixFrom(pod(workerBlock).Next(), 32), hops: "10.1.5.1",
		},
		{
			name: "a node's route to its own pod stays, though another node announces the address",
			change: func(t *testing.T, s *oracle.State) {
				place(t, *s, "worker", pod(worker2Block).Next())
				place(t, *s, "control-plane", pod(worker2Block).Next())
			},
			host: "worker", prefix: netip.PrefixFrom(pod(worker2Block).Next(), 32), hops: "cali-placed",
		},
		{
			name:   "a pool with disableBGPExport is announced to nobody",
			change: func(_ *testing.T, s *oracle.State) { s.Resources.IPPools[0].Spec.DisableBGPExport = true },
			host:   "leaf0", prefix: workerBlock, hops: "",
		},
		{
			name:   "and keeps its blackhole",
			change: func(_ *testing.T, s *oracle.State) { s.Resources.IPPools[0].Spec.DisableBGPExport = true },
			host:   "worker", prefix: workerBlock, hops: "blackhole",
		},
		{
			name: "without next-hop-self at the leaf a node cannot resolve what is not on its link",
			change: func(_ *testing.T, s *oracle.State) {
				for _, r := range s.Routers {
					for i := range r.Neighbors {
						r.Neighbors[i].NextHopSelf = false
					}
				}
			},
			// BIRD resolves no next hop (10.1.10.2) through a BGP route (10.1.10.0/24).
			host: "worker", prefix: worker2Block, hops: "unreachable",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "leaf-spine", "leafreflector")
			c.change(t, &state)
			if got := hopsTo(tables(t, state)[c.host], c.prefix); got != c.hops {
				t.Errorf("%s on %s: next hops %q, want %q", c.prefix, c.host, got, c.hops)
			}
		})
	}
}

func TestOneSidedSessionsAreDown(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*testing.T, *oracle.State)
		host   string
		want   map[string]session.State
	}{
		{
			name: "the leaf is not told of a node",
			change: func(_ *testing.T, s *oracle.State) {
				for i, r := range s.Routers {
					if r.Host == "leaf0" {
						s.Routers[i].Neighbors = r.Neighbors[:2]
					}
				}
			},
			host: "worker", want: map[string]session.State{"10.1.5.1": session.Down},
		},
		{
			name:   "the node has another AS number than the leaf expects",
			change: func(t *testing.T, s *oracle.State) { node(t, *s, "worker").AS = 65000 },
			host:   "leaf0",
			want: map[string]session.State{
				"10.1.5.10": session.Established, "10.1.5.11": session.Down,
				"10.1.10.2": session.Established, "10.1.12.2": session.Established,
			},
		},
		{
			name:   "the node is gone",
			change: func(t *testing.T, s *oracle.State) { node(t, *s, "control-plane").Gone = true },
			host:   "leaf0",
			want: map[string]session.State{
				"10.1.5.10": session.Down, "10.1.5.11": session.Established,
				"10.1.10.2": session.Established, "10.1.12.2": session.Established,
			},
		},
		{
			name:   "the link is cut",
			change: func(_ *testing.T, s *oracle.State) { s.CutLinks = map[string]bool{"leaf1-spine1": true} },
			host:   "spine1",
			want:   map[string]session.State{"10.1.11.1": session.Down, "10.1.12.1": session.Established},
		},
		{
			name:   "a relabelled node tries the leaf that its label names, which does not know it",
			change: func(t *testing.T, s *oracle.State) { node(t, *s, "worker").Labels["rack"] = "rack1" },
			host:   "worker", want: map[string]session.State{"10.1.8.1": session.Down},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "leaf-spine", "leafreflector")
			c.change(t, &state)
			if got := states(sessions(t, state)[c.host]); !maps.Equal(got, c.want) {
				t.Errorf("sessions of %s: %v, want %v", c.host, got, c.want)
			}
		})
	}
}
