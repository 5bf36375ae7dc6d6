package behaviour

import (
	"net/netip"
	"testing"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/route"
)

// intoTunnel puts everything through tunl0.
type intoTunnel struct{ RouterPolicy }

func (intoTunnel) Programs(bgp.Path) (tunnel string, taken bool) { return "tunl0", true }

// BIRD puts a learned route by one gateway into the tunnel, to the NEXT_HOP. One by
// several gateways takes no tunnel (projectcalico/calico#4462), nor does what was not
// learned or is no way at all, and what is on a link stays out of the kernel.
func TestProgramThroughTunnel(t *testing.T) {
	prefix, nextHop := netip.MustParsePrefix("10.244.12.0/26"), netip.MustParseAddr("10.1.8.10")
	neighbor := &bgp.Peer{Far: &bgp.Peer{Speaker: &bgp.Speaker{}}}
	by := func(gateway string) bgp.Way {
		return bgp.Way{Hops: []route.NextHop{{Via: netip.MustParseAddr(gateway), Dev: "net0"}}}
	}
	learned := func(way bgp.Way) bgp.Path {
		return bgp.Path{Prefix: prefix, Preference: learned, From: neighbor, Attributes: bgp.Attributes{NextHop: nextHop}, Way: way}
	}
	for _, tt := range []struct {
		name  string
		paths []bgp.Path
		want  string
	}{
		{"one gateway", []bgp.Path{learned(by("10.1.5.1"))}, "10.244.12.0/26 via 10.1.8.10 dev tunl0 onlink proto bird"},
		{"one gateway twice", []bgp.Path{learned(by("10.1.5.1")), learned(by("10.1.5.1"))}, "10.244.12.0/26 via 10.1.8.10 dev tunl0 onlink proto bird"},
		{"two gateways", []bgp.Path{learned(by("10.1.5.1")), learned(by("10.1.5.2"))}, "10.244.12.0/26 proto bird nexthop via 10.1.5.1 dev net0 nexthop via 10.1.5.2 dev net0"},
		{"no way", []bgp.Path{learned(bgp.Unreachable())}, "unreachable 10.244.12.0/26 proto bird"},
		{"an own block", []bgp.Path{{Prefix: prefix, Preference: Static, Way: bgp.Way{Kind: route.Blackhole}}}, "blackhole 10.244.12.0/26 proto bird"},
		{"an address of its own", []bgp.Path{{Prefix: prefix, Preference: Direct, Way: bgp.Way{Hops: []route.NextHop{{Dev: "tunl0"}}}}}, ""},
	} {
		speaker := &bgp.Speaker{RIB: map[netip.Prefix][]bgp.Path{prefix: tt.paths}}
		if got := (BIRD{Policy: intoTunnel{}}).Program(speaker).String(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
