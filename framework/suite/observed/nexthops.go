package observed

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
)

// NextHops names the hosts that a host's kernel sends packets for a prefix to, by
// its routes to exactly this prefix; there is none without a route. Next hops that
// are no host's are given as their interface, routes without next hops as their
// kind. A weight that is not 1 stands beside the name, so that a list of names means equal
// cost. It is for looks at a table that do not rest on the oracle.
func NextHops(ctx context.Context, l *suite.Lab, host string, prefix netip.Prefix) ([]string, error) {
	table, err := KernelTable(ctx, l, host)
	if err != nil {
		return nil, err
	}
	hops := []string{}
	for _, r := range table {
		if r.Prefix != prefix {
			continue
		}
		if r.Kind != route.Unicast {
			hops = append(hops, r.Kind.String())
		}
		for _, hop := range r.NextHops {
			name, ok := l.Topology().HostOf(hop.Via)
			if !ok {
				name = hop.Dev
			}
			if hop.Weight != 0 {
				name += fmt.Sprintf(" by weight %d", hop.Weight)
			}
			hops = append(hops, name)
		}
	}
	return hops, nil
}
