package bird2

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

var block = netip.MustParsePrefix("10.244.0.0/26")

// leaf is a speaker with BIRD 2 on two links, and with two internal and two external
// neighbours, of which the internal ones and the first external one share a link.
func leaf() (*bgp.Speaker, map[string]*bgp.Peer) {
	addr := netip.MustParseAddr
	s := &bgp.Speaker{
		Host: &topology.Host{Name: "leaf0", Interfaces: []topology.Interface{
			{Name: "eth3", Addresses: []netip.Prefix{netip.MustParsePrefix("10.1.5.1/24")}}, {Name: "eth1", Addresses: []netip.Prefix{netip.MustParsePrefix("10.1.10.1/24")}},
		}},
		ID: addr("10.1.5.1"), ClusterID: addr("10.1.5.1"),
		Base: route.Table{
			{Prefix: netip.MustParsePrefix("10.1.5.0/24"), NextHops: []route.NextHop{{Dev: "eth3"}}, Origin: route.OriginKernel},
			{Prefix: netip.MustParsePrefix("10.1.10.0/24"), NextHops: []route.NextHop{{Dev: "eth1"}}, Origin: route.OriginKernel},
			{Prefix: netip.MustParsePrefix("0.0.0.0/0"), NextHops: []route.NextHop{{Via: addr("10.1.10.2"), Dev: "eth1"}}, Origin: route.OriginStatic},
		},
	}
	Driver{}.Configure(s, fabric.Router{Host: "leaf0", Software: Name, AS: 65005})
	peers := map[string]*bgp.Peer{}
	for name, p := range map[string]struct {
		local, remote string
		as            uint32
	}{
		"client": {"10.1.5.1", "10.1.5.10", 65005}, "other": {"10.1.5.1", "10.1.5.11", 65005},
		"external": {"10.1.5.1", "10.1.5.12", 64600}, "neighbour": {"10.1.5.1", "10.1.5.13", 64700}, "spine": {"10.1.10.1", "10.1.10.2", 500},
	} {
		far := &bgp.Speaker{ID: addr(p.remote)}
		peers[name] = &bgp.Peer{
			Speaker: s, Local: addr(p.local), Remote: addr(p.remote), Session: session.Session{LocalAS: 65005, PeerAS: p.as},
			GatewayDirect: p.as != 65005, SingleHop: p.as != 65005, Client: p.as == 65005, Far: &bgp.Peer{Speaker: far}, Up: true,
		}
	}
	return s, peers
}

// learn is a path that the leaf has learned, with its way.
func learn(s *bgp.Speaker, from *bgp.Peer, nextHop string) bgp.Path {
	p := bgp.Path{Prefix: block, From: from, Attributes: bgp.Attributes{NextHop: netip.MustParseAddr(nextHop), LocalPref: path.DefaultLocalPref}}
	p.Way = bgp.Way{Hops: []route.NextHop{{Via: p.NextHop, Dev: s.Link(p.NextHop)}}}
	return p
}

func TestClustersAreInTheOrderOfReflection(t *testing.T) {
	s, peers := leaf()
	p := learn(s, peers["client"], "10.1.5.10")
	p.Clusters, p.Originator = []netip.Addr{netip.MustParseAddr("1.0.0.1"), netip.MustParseAddr("244.0.0.1")}, netip.MustParseAddr("10.1.5.99")
	a, ok := s.Behaviour.Advertise(s, p, peers["other"])
	if want := []netip.Addr{s.ClusterID, p.Clusters[0], p.Clusters[1]}; !ok || !slices.Equal(a.Clusters, want) {
		t.Errorf("got %v (%t), want %v: the nearest first, and not in order", a.Clusters, ok, want)
	}
	p.Clusters = append(p.Clusters, s.ClusterID)
	if a, ok := s.Behaviour.Advertise(s, p, peers["other"]); ok {
		t.Errorf("got %+v, and the path has been in the leaf's cluster", a)
	}
}

func TestNextHops(t *testing.T) {
	for _, c := range []struct {
		name, from, nextHop, to string
		self                    bool
		want                    string
	}{
		{"reflected", "client", "10.1.5.10", "other", true, "10.1.5.10"},
		{"from outside, with next-hop-self", "spine", "10.1.10.2", "client", true, "10.1.5.1"},
		{"from outside, without", "spine", "10.1.10.2", "client", false, "10.1.10.2"},
		{"between two external neighbours on a link", "external", "10.1.5.12", "neighbour", false, "10.1.5.12"},
		{"the same with next-hop-self", "external", "10.1.5.12", "neighbour", true, "10.1.5.1"},
		{"from a client to an external neighbour on its link", "client", "10.1.5.10", "external", false, "10.1.5.10"},
		{"to a neighbour on another link", "client", "10.1.5.10", "spine", false, "10.1.10.1"},
	} {
		s, peers := leaf()
		to := peers[c.to]
		to.NextHopSelf = c.self
		if a, ok := s.Behaviour.Advertise(s, learn(s, peers[c.from], c.nextHop), to); !ok || a.NextHop.String() != c.want {
			t.Errorf("%s: got %s (%t), want %s", c.name, a.NextHop, ok, c.want)
		}
	}
}

// A next hop from a neighbour on a link has to be on a link too, and not the router.
func TestAccepts(t *testing.T) {
	s, peers := leaf()
	for nextHop, want := range map[string]bool{"10.1.10.2": true, "10.1.5.10": true, "10.1.10.1": false, "10.9.9.9": false} {
		if _, got := s.Behaviour.Accepts(s, block, bgp.Attributes{NextHop: netip.MustParseAddr(nextHop)}, peers["spine"]); got != want {
			t.Errorf("next hop %s: got %t, want %t", nextHop, got, want)
		}
	}
	if _, ok := s.Behaviour.Accepts(s, block, bgp.Attributes{NextHop: netip.MustParseAddr("10.9.9.9")}, peers["client"]); !ok {
		t.Error("a next hop further away is refused from an internal neighbour")
	}
}

// A route of another's with another metric keeps none out; the own links are no routes
// of BGP's.
func TestProgram(t *testing.T) {
	s, peers := leaf()
	everywhere := netip.MustParsePrefix("0.0.0.0/0")
	default2 := learn(s, peers["spine"], "10.1.10.2")
	default2.Prefix = everywhere
	s.RIB = map[netip.Prefix][]bgp.Path{
		everywhere: {default2}, block: {learn(s, peers["client"], "10.1.5.10"), learn(s, peers["other"], "10.1.5.11")}, s.Own[0].Prefix: {s.Own[0]},
	}
	got := s.Behaviour.Program(s).String()
	want := `0.0.0.0/0 via 10.1.10.2 dev eth1 proto bird metric 32
10.244.0.0/26 proto bird metric 32 nexthop via 10.1.5.10 dev eth3 nexthop via 10.1.5.11 dev eth3`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
