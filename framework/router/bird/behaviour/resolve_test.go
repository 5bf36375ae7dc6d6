package behaviour

import (
	"net/netip"
	"testing"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/route"
)

// BIRD resolves a recursive next hop by any route but a recursive one (rt_update_hostentry).
func TestResolve(t *testing.T) {
	hop := route.NextHop{Via: netip.MustParseAddr("10.1.10.2"), Dev: "eth1"}
	subnet, nextHop := netip.MustParsePrefix("10.1.8.0/24"), netip.MustParseAddr("10.1.8.10")
	for name, c := range map[string]struct {
		from      *bgp.Peer
		reachable bool
	}{
		"of the kernel":               {nil, true},
		"of a neighbour on a link":    {&bgp.Peer{GatewayDirect: true}, true},
		"of a neighbour further away": {&bgp.Peer{}, false},
	} {
		s := &bgp.Speaker{RIB: map[netip.Prefix][]bgp.Path{subnet: {{Prefix: subnet, From: c.from, Way: bgp.Way{Kind: route.Unicast, Hops: []route.NextHop{hop}}}}}}
		way := BIRD{}.Resolve(s, bgp.Path{From: &bgp.Peer{}, Attributes: bgp.Attributes{NextHop: nextHop}})
		if way.Reachable() != c.reachable || c.reachable && way.Hops[0] != hop {
			t.Errorf("by a route %s: %+v, want reachable %t", name, way, c.reachable)
		}
	}
}
