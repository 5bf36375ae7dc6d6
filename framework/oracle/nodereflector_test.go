package oracle_test

import (
	"errors"
	"net/netip"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/oracle"
)

// Mode nodereflector: control-plane and worker reflect for the others, and the leaf
// peers with these two. Nodes go straight to the owner of a block; the leaf goes to
// either reflector. The leaf's routes to the reflectors are in no pool, and stay with
// them.
func TestNodeReflectorTables(t *testing.T) {
	got := tables(t, withoutNextHopMode(cluster(t, "single-rack", "nodereflector")))
	for _, c := range []struct{ host, want string }{
		{"worker", `
		0.0.0.0/0 via 10.1.5.1 dev net0 proto static
		10.1.5.0/24 dev net0 proto kernel
		10.1.10.0/24 via 10.1.5.1 dev net0 proto bird
		10.244.10.0/26 via 10.1.5.10 dev net0 proto bird
		blackhole 10.244.11.0/26 proto bird
		10.244.11.1/32 dev cali-worker proto boot
		10.244.12.0/26 via 10.1.5.12 dev net0 proto bird
		10.244.13.0/26 via 10.1.5.13 dev net0 proto bird
		172.30.0.0/24 dev eth0 proto kernel`},
		{"worker3", `
		0.0.0.0/0 via 10.1.5.1 dev net0 proto static
		10.1.5.0/24 dev net0 proto kernel
		10.244.10.0/26 via 10.1.5.10 dev net0 proto bird
		10.244.11.0/26 via 10.1.5.11 dev net0 proto bird
		10.244.12.0/26 via 10.1.5.12 dev net0 proto bird
		blackhole 10.244.13.0/26 proto bird
		10.244.13.1/32 dev cali-worker3 proto boot
		172.30.0.0/24 dev eth0 proto kernel`},
		{"leaf0", `
		10.1.5.0/24 dev eth3 proto kernel
		10.1.10.0/24 dev eth1 proto kernel
		10.244.10.0/26 proto bgp metric 20 nexthop via 10.1.5.10 dev eth3 nexthop via 10.1.5.11 dev eth3
		10.244.11.0/26 proto bgp metric 20 nexthop via 10.1.5.10 dev eth3 nexthop via 10.1.5.11 dev eth3
		10.244.12.0/26 proto bgp metric 20 nexthop via 10.1.5.10 dev eth3 nexthop via 10.1.5.11 dev eth3
		10.244.13.0/26 proto bgp metric 20 nexthop via 10.1.5.10 dev eth3 nexthop via 10.1.5.11 dev eth3`},
		{"client", `
		0.0.0.0/0 via 10.1.10.1 dev eth1 proto static
		10.1.10.0/24 dev eth1 proto kernel`},
	} {
		agree(t, c.host, got[c.host], c.want)
	}
}

// A client has each other client's block from both reflectors, with ORIGINATOR_ID
// and CLUSTER_LIST (RFC 4456), and a reflector's own block from that one without and
// from the other with them. Its own block nobody gives it back, for it is its
// originator. The reflectors share their cluster, and so what one has from the other
// about a client it tells no client; it has the client's own word anyway.
func TestNodeReflectorPaths(t *testing.T) {
	state := withoutNextHopMode(cluster(t, "single-rack", "nodereflector"))
	agreePaths(t, "worker3", paths(t, state, "worker3"), `
		10.244.10.0/26 from 10.1.5.10 next hop 10.1.5.10 AS path []
		10.244.10.0/26 from 10.1.5.11 next hop 10.1.5.10 AS path [] originator 10.1.5.10 clusters [244.0.0.1]
		10.244.11.0/26 from 10.1.5.10 next hop 10.1.5.11 AS path [] originator 10.1.5.11 clusters [244.0.0.1]
		10.244.11.0/26 from 10.1.5.11 next hop 10.1.5.11 AS path []
		10.244.12.0/26 from 10.1.5.10 next hop 10.1.5.12 AS path [] originator 10.1.5.12 clusters [244.0.0.1]
		10.244.12.0/26 from 10.1.5.11 next hop 10.1.5.12 AS path [] originator 10.1.5.12 clusters [244.0.0.1]`)
	agreePaths(t, "worker", paths(t, state, "worker"), `
		10.1.5.0/24 from 10.1.5.1 next hop 10.1.5.1 AS path [65005]
		10.1.10.0/24 from 10.1.5.1 next hop 10.1.5.1 AS path [65005]
		10.244.10.0/26 from 10.1.5.10 next hop 10.1.5.10 AS path []
		10.244.12.0/26 from 10.1.5.10 next hop 10.1.5.12 AS path [] originator 10.1.5.12 clusters [244.0.0.1]
		10.244.12.0/26 from 10.1.5.12 next hop 10.1.5.12 AS path []
		10.244.13.0/26 from 10.1.5.10 next hop 10.1.5.13 AS path [] originator 10.1.5.13 clusters [244.0.0.1]
		10.244.13.0/26 from 10.1.5.13 next hop 10.1.5.13 AS path []`)
	// A reflector sends the leaf every path that it has (RFC 7911), all as its own.
	agreePaths(t, "leaf0", paths(t, state, "leaf0").To(controlPlaneBlock, worker3Block), `
		10.244.10.0/26 from 10.1.5.10 next hop 10.1.5.10 AS path [64512]
		10.244.10.0/26 from 10.1.5.11 next hop 10.1.5.11 AS path [64512]
		10.244.13.0/26 from 10.1.5.10 next hop 10.1.5.10 AS path [64512]
		10.244.13.0/26 from 10.1.5.10 next hop 10.1.5.10 AS path [64512]
		10.244.13.0/26 from 10.1.5.11 next hop 10.1.5.11 AS path [64512]
		10.244.13.0/26 from 10.1.5.11 next hop 10.1.5.11 AS path [64512]`)
}

// Three reflectors of different clusters are each other's clients. A path ends where
// it would come into a cluster again: BIRD asks that of its clients when it sends
// and when it receives. It sends CLUSTER_LIST in numerical order. Taken from a lab.
func TestReflectorsOfThreeClusters(t *testing.T) {
	state := cluster(t, "single-rack", "fullmesh")
	reflectors(t, state, map[string]string{"control-plane": "244.0.0.1", "worker": "244.0.0.2", "worker2": "244.0.0.3"})
	withPeers(&state, allToReflectors)
	agreePaths(t, "control-plane", paths(t, state, "control-plane").To(worker3Block), `
		10.244.13.0/26 from 10.1.5.11 next hop 10.1.5.13 AS path [] originator 10.1.5.13 clusters [244.0.0.2]
		10.244.13.0/26 from 10.1.5.11 next hop 10.1.5.13 AS path [] originator 10.1.5.13 clusters [244.0.0.2 244.0.0.3]
		10.244.13.0/26 from 10.1.5.12 next hop 10.1.5.13 AS path [] originator 10.1.5.13 clusters [244.0.0.2 244.0.0.3]
		10.244.13.0/26 from 10.1.5.12 next hop 10.1.5.13 AS path [] originator 10.1.5.13 clusters [244.0.0.3]
		10.244.13.0/26 from 10.1.5.13 next hop 10.1.5.13 AS path []`)
	agreePaths(t, "worker3", paths(t, state, "worker3").To(workerBlock), `
		10.244.11.0/26 from 10.1.5.10 next hop 10.1.5.11 AS path [] originator 10.1.5.11 clusters [244.0.0.1]
		10.244.11.0/26 from 10.1.5.10 next hop 10.1.5.11 AS path [] originator 10.1.5.11 clusters [244.0.0.1 244.0.0.3]
		10.244.11.0/26 from 10.1.5.11 next hop 10.1.5.11 AS path []
		10.244.11.0/26 from 10.1.5.12 next hop 10.1.5.11 AS path [] originator 10.1.5.11 clusters [244.0.0.1 244.0.0.3]
		10.244.11.0/26 from 10.1.5.12 next hop 10.1.5.11 AS path [] originator 10.1.5.11 clusters [244.0.0.3]`)
}

func TestNodeReflectorChanges(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*testing.T, *oracle.State)
		host   string
		prefix netip.Prefix
		hops   string
	}{
		{
			name:   "one reflector lost, nothing lost",
			change: func(t *testing.T, s *oracle.State) { node(t, *s, "control-plane").Gone = true },
			host:   "worker3", prefix: worker2Block, hops: "10.1.5.12",
		},
		{
			name:   "the leaf uses the other one",
			change: func(t *testing.T, s *oracle.State) { node(t, *s, "control-plane").Gone = true },
			host:   "leaf0", prefix: worker2Block, hops: "10.1.5.11",
		},
		{
			name: "the last one lost, all lost",
			change: func(t *testing.T, s *oracle.State) {
				node(t, *s, "control-plane").Gone, node(t, *s, "worker").Gone = true, true
			},
			host: "worker3", prefix: worker2Block, hops: "",
		},
		{
			name: "a client of reflectors that keep the next hop is the leaf's own next hop",
			change: func(_ *testing.T, s *oracle.State) {
				s.Resources.BGPPeers[1].Spec.NextHopMode = new(v3.NextHopMode("Keep"))
			},
			host: "leaf0", prefix: worker3Block, hops: "10.1.5.13",
		},
		{
			name: "with Auto it is not",
			change: func(_ *testing.T, s *oracle.State) {
				s.Resources.BGPPeers[1].Spec.NextHopMode = new(v3.NextHopMode("Auto"))
			},
			host: "leaf0", prefix: worker3Block, hops: "10.1.5.10 10.1.5.11",
		},
		{
			name: "and nextHopMode goes before keepOriginalNextHop",
			change: func(_ *testing.T, s *oracle.State) {
				s.Resources.BGPPeers[1].Spec.NextHopMode, s.Resources.BGPPeers[1].Spec.KeepOriginalNextHop = new(v3.NextHopMode("Auto")), true
			},
			host: "leaf0", prefix: worker3Block, hops: "10.1.5.10 10.1.5.11",
		},
		{
			name: "reflectors that set themselves as next hop do so for what they reflect",
			change: func(_ *testing.T, s *oracle.State) {
				s.Resources.BGPPeers[0].Spec.NextHopMode = new(v3.NextHopMode("Self"))
			},
			host: "worker3", prefix: worker2Block, hops: "10.1.5.10 10.1.5.11",
		},
		{
			name:   "keepOriginalNextHop is for external neighbours alone",
			change: func(_ *testing.T, s *oracle.State) { s.Resources.BGPPeers[0].Spec.KeepOriginalNextHop = true },
			host:   "worker3", prefix: worker2Block, hops: "10.1.5.12",
		},
		{
			name: "a reflector that is told to forget its cluster passes nothing on",
			change: func(t *testing.T, s *oracle.State) {
				node(t, *s, "control-plane").ReflectorClusterID = ""
				node(t, *s, "worker").Gone = true
			},
			host: "worker3", prefix: worker2Block, hops: "",
		},
		{
			name: "a node given by its address is a client whatever cluster it is in",
			change: func(_ *testing.T, s *oracle.State) {
				withPeers(s, v3.BGPPeerSpec{NodeSelector: "route-reflector == 'true'", PeerIP: "10.1.5.11", ASNumber: 64512},
					v3.BGPPeerSpec{Node: "worker3", PeerIP: "10.1.5.10", ASNumber: 64512})
			},
			// worker is control-plane's client: it may tell worker3 of worker.
			host: "worker3", prefix: workerBlock, hops: "10.1.5.11",
		},
		{
			// So that it may tell worker2, which is none, of it.
			name: "and no reflector of its own cluster",
			change: func(t *testing.T, s *oracle.State) {
				withPeers(s, v3.BGPPeerSpec{Node: "control-plane", PeerIP: "10.1.5.11", ASNumber: 64512},
					v3.BGPPeerSpec{Node: "control-plane", PeerSelector: "kubernetes.io/hostname == 'worker2'"})
				node(t, *s, "worker2").ReflectorClusterID = "244.0.0.1"
			},
			host: "worker2", prefix: workerBlock, hops: "10.1.5.11",
		},
		{
			name: "which its own end is not",
			change: func(t *testing.T, s *oracle.State) {
				withPeers(s, v3.BGPPeerSpec{NodeSelector: "route-reflector == 'true'", PeerIP: "10.1.5.11", ASNumber: 64512},
					v3.BGPPeerSpec{Node: "worker3", PeerIP: "10.1.5.10", ASNumber: 64512})
				// worker3 and control-plane have each other as clients; worker, whose end is the
				// reverse one, has control-plane as a reflector of its own cluster.
				node(t, *s, "worker3").ReflectorClusterID = "244.0.0.9"
			},
			host: "worker", prefix: worker3Block, hops: "10.1.5.13",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := withoutNextHopMode(cluster(t, "single-rack", "nodereflector"))
			c.change(t, &state)
			if got := hopsTo(tables(t, state)[c.host], c.prefix); got != c.hops {
				t.Errorf("%s on %s: next hops %q, want %q", c.prefix, c.host, got, c.hops)
			}
		})
	}
}

// Reflectors of one cluster that set themselves as next hop (nextHopMode Self) send
// packets in circles: BIRD joins a client's own word and what the other reflector
// says, for `merge paths on` does not ask how many clusters a path has been in. So it
// was in a lab.
func TestReflectorsAsNextHops(t *testing.T) {
	state := cluster(t, "single-rack", "nodereflector")
	state.Resources.BGPPeers[0].Spec.NextHopMode = new(v3.NextHopMode("Self"))
	all := tables(t, state)
	for host, want := range map[string]string{"control-plane": "10.1.5.11 10.1.5.12", "worker": "10.1.5.10 10.1.5.12"} {
		if got := hopsTo(all[host], worker2Block); got != want {
			t.Errorf("%s goes to worker2's block by %q, want %q", host, got, want)
		}
	}
	_, err := oracle.Walk(state.Topology, all, "worker", pod(worker2Block))
	var end *oracle.DeadEnd
	if !errors.As(err, &end) || end.Reason != oracle.Loop {
		t.Errorf("error %v, want a loop", err)
	}
}
