package drivers_test

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/frr"
)

// Addresses of the rack of topology tor.
var (
	core    = netip.MustParseAddr("10.2.10.2")
	server0 = netip.MustParseAddr("192.168.1.10")
	server1 = netip.MustParseAddr("192.168.1.11")
	server2 = netip.MustParseAddr("192.168.1.12")
	rack    = netip.MustParsePrefix("192.168.1.0/24")
	uplink  = netip.MustParsePrefix("10.2.10.0/24")
	block   = netip.MustParsePrefix("10.48.19.192/26")
)

// describePaths writes the marks of paths: peer, then valid, best and used.
func describePaths(paths []router.Path) []string {
	var lines []string
	for _, p := range paths {
		line := p.Prefix.String() + " from " + p.Peer.String() + " via " + p.NextHop.String()
		for _, mark := range []struct {
			set  bool
			name string
		}{{p.Valid, " valid"}, {p.Best, " best"}, {p.Used, " used"}} {
			if mark.set {
				line += mark.name
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// birdPath is a path from a peer that is its own next hop.
func birdPath(prefix netip.Prefix, peer netip.Addr, dev string, best bool, asPath ...uint32) bird.Path {
	return bird.Path{
		Prefix: prefix, Protocol: "to_peer", Peer: peer, Best: best, NextHops: []route.NextHop{{Via: peer, Dev: dev}},
		BGP: &bird.Attributes{ASPath: asPath, NextHop: peer, LocalPref: 100},
	}
}

func TestLearnedByBIRD(t *testing.T) {
	hop := func(address netip.Addr) route.NextHop { return route.NextHop{Via: address, Dev: "eth3"} }
	unresolved := birdPath(block, server2, "eth3", false, 64512)
	unresolved.Kind, unresolved.NextHops = route.Unreachable, nil
	// The same next hop through another peer.
	reflected := birdPath(block, server2, "eth3", false, 64512)
	reflected.NextHops, reflected.BGP.NextHop = []route.NextHop{hop(server0)}, server0
	own := bird.Path{Prefix: uplink, Protocol: "direct1", Best: true, NextHops: []route.NextHop{{Dev: "eth1"}}}
	blackhole := bird.Path{Prefix: block, Kind: route.Blackhole, Protocol: "static1", Best: true}

	tests := []struct {
		name          string
		table, joined []bird.Path
		want          []string
	}{
		{
			name:   "the router's own come first to itself",
			table:  []bird.Path{own, birdPath(uplink, core, "eth1", false, 64600)},
			joined: nil,
			want:   []string{"10.2.10.0/24 from 10.2.10.2 via 10.2.10.2 valid"},
		},
		{
			name:   "one path",
			table:  []bird.Path{birdPath(block, server0, "eth3", true)},
			joined: []bird.Path{{Prefix: block, NextHops: []route.NextHop{hop(server0)}}},
			want:   []string{"10.48.19.192/26 from 192.168.1.10 via 192.168.1.10 valid best used"},
		},
		{
			name:   "equal paths, and one with a longer AS path",
			table:  []bird.Path{birdPath(block, server1, "eth3", true, 64512), birdPath(block, server0, "eth3", false, 64512), birdPath(block, server2, "eth3", false, 64512, 64513)},
			joined: []bird.Path{{Prefix: block, NextHops: []route.NextHop{hop(server0), hop(server1)}}},
			want: []string{
				"10.48.19.192/26 from 192.168.1.11 via 192.168.1.11 valid best used",
				"10.48.19.192/26 from 192.168.1.10 via 192.168.1.10 valid used",
				"10.48.19.192/26 from 192.168.1.12 via 192.168.1.12 valid",
			},
		},
		{
			name:   "two paths with one next hop",
			table:  []bird.Path{birdPath(block, server0, "eth3", true, 64512), reflected},
			joined: []bird.Path{{Prefix: block, NextHops: []route.NextHop{hop(server0)}}},
			want: []string{
				"10.48.19.192/26 from 192.168.1.10 via 192.168.1.10 valid best used",
				"10.48.19.192/26 from 192.168.1.12 via 192.168.1.10 valid",
			},
		},
		{
			name:   "a next hop that cannot be resolved",
			table:  []bird.Path{birdPath(block, server0, "eth3", true, 64512), unresolved},
			joined: []bird.Path{{Prefix: block, NextHops: []route.NextHop{hop(server0)}}},
			want: []string{
				"10.48.19.192/26 from 192.168.1.10 via 192.168.1.10 valid best used",
				"10.48.19.192/26 from 192.168.1.12 via 192.168.1.12",
			},
		},
		{
			name:   "a node's own block, which another node claims",
			table:  []bird.Path{blackhole, birdPath(block, server1, "eth3", false)},
			joined: []bird.Path{blackhole},
			want:   []string{"10.48.19.192/26 from 192.168.1.11 via 192.168.1.11 valid"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := describePaths(bird.Learned(tt.table, tt.joined)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got\n%q\nwant\n%q", got, tt.want)
			}
		})
	}
}

func TestLearnedByFRR(t *testing.T) {
	path := func(peer netip.Addr, best, multipath bool) frr.Path {
		return frr.Path{Prefix: block, Peer: peer, NextHops: []netip.Addr{peer}, LocalPref: 100, Valid: true, Best: best, Multipath: multipath}
	}
	rib := frr.RIB{Paths: []frr.Path{
		path(server1, true, true), path(server0, false, true), path(server2, false, false),
		{Prefix: rack, LocalPref: 100, Valid: true, Best: true},
	}}
	want := []string{
		"10.48.19.192/26 from 192.168.1.11 via 192.168.1.11 valid best used",
		"10.48.19.192/26 from 192.168.1.10 via 192.168.1.10 valid used",
		"10.48.19.192/26 from 192.168.1.12 via 192.168.1.12 valid",
	}
	if got := describePaths(frr.Learned(rib)); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// TestPathsAreAlike: the same path is the same by either software.
func TestPathsAreAlike(t *testing.T) {
	attributes := bird.Attributes{
		Origin: path.Incomplete, ASPath: []uint32{64600, 64512}, NextHop: core, LocalPref: 100, MED: path.MED{Value: 5, Present: true},
		Communities: []string{"65000:100"}, LargeCommunities: []string{"64512:1:2"}, OriginatorID: server0, ClusterList: []netip.Addr{server1},
	}
	fromOne := bird.Learned([]bird.Path{{
		Prefix: block, Peer: core, Best: true, NextHops: []route.NextHop{{Via: core, Dev: "eth1"}}, BGP: &attributes,
	}}, []bird.Path{{Prefix: block, NextHops: []route.NextHop{{Via: core, Dev: "eth1"}}}})
	fromOther := frr.Learned(frr.RIB{Paths: []frr.Path{{
		Prefix: block, Peer: core, NextHops: []netip.Addr{core}, ASPath: attributes.ASPath, Origin: path.Incomplete, LocalPref: 100, MED: path.MED{Value: 5, Present: true},
		Communities: attributes.Communities, LargeCommunities: attributes.LargeCommunities,
		OriginatorID: server0, ClusterList: attributes.ClusterList, Valid: true, Best: true,
	}}})
	if !reflect.DeepEqual(fromOne, fromOther) || len(fromOne) != 1 {
		t.Errorf("got %+v by BIRD and %+v by FRR", fromOne, fromOther)
	}
}
