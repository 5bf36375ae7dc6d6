package bgp

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// Speaker is a host that speaks BGP.
type Speaker struct {
	Host      *topology.Host
	Behaviour Behaviour
	// ID is the BGP identifier, ClusterID what the speaker puts into the
	// CLUSTER_LIST of what it reflects.
	ID, ClusterID netip.Addr
	Peers         []*Peer
	// Base are the routes that the kernel has without BGP.
	Base route.Table
	// Own are the paths that are the speaker's without any neighbour.
	Own []Path
	// RIB has the paths by prefix, the best first.
	RIB map[netip.Prefix][]Path
	// Ways are the next hops that the behaviour has looked up in this decision, for its
	// own use.
	Ways map[netip.Addr]Way
}

// decide builds the speaker's table from its own and its received paths.
func (s *Speaker) decide() {
	s.RIB = map[netip.Prefix][]Path{}
	for _, p := range s.Own {
		s.RIB[p.Prefix] = append(s.RIB[p.Prefix], p)
	}
	for _, peer := range s.Peers {
		for _, p := range peer.Received {
			s.RIB[p.Prefix] = append(s.RIB[p.Prefix], p)
		}
	}
	s.Ways = map[netip.Addr]Way{}
	for _, prefix := range s.Prefixes() {
		for i, p := range s.RIB[prefix] {
			if p.From != nil {
				s.RIB[prefix][i].Way = s.Behaviour.Resolve(s, p)
			}
		}
	}
	for _, paths := range s.RIB {
		slices.SortStableFunc(paths, Compare)
	}
}

// Prefixes are the prefixes of the speaker's table in order.
func (s *Speaker) Prefixes() []netip.Prefix {
	return slices.SortedFunc(maps.Keys(s.RIB), func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
}

// Longest finds the paths of the longest prefix that an address is in.
func (s *Speaker) Longest(address netip.Addr) ([]Path, bool) {
	for bits := address.BitLen(); bits >= 0; bits-- {
		if paths, ok := s.RIB[netip.PrefixFrom(address, bits).Masked()]; ok {
			return paths, true
		}
	}
	return nil, false
}

// InKernel reports whether the kernel has a route to the prefix from elsewhere. It
// refuses a second one with the same metric (EEXIST), and zebra does not try.
func (s *Speaker) InKernel(prefix netip.Prefix) bool {
	return slices.ContainsFunc(s.Base, func(r route.Route) bool { return r.Prefix == prefix })
}

// Link is the interface by which the host reaches an address without a router,
// empty if there is none.
func (s *Speaker) Link(address netip.Addr) string {
	for _, r := range s.Base {
		if r.Origin == route.OriginKernel && r.Prefix.Contains(address) {
			return r.NextHops[0].Dev
		}
	}
	return ""
}

// Hops joins the next hops of the best of a prefix's paths and of those that are
// as good, at most limit, in the order of their addresses.
func Hops(paths []Path, limit int) []route.NextHop {
	var all []route.NextHop
	for _, p := range paths {
		if !asGood(paths[0], p) {
			continue
		}
		for _, hop := range p.Way.Hops {
			if !slices.Contains(all, hop) {
				all = append(all, hop)
			}
		}
	}
	slices.SortFunc(all, func(a, b route.NextHop) int {
		return cmp.Or(a.Via.Compare(b.Via), cmp.Compare(a.Dev, b.Dev))
	})
	return all[:min(limit, len(all))]
}

// Has reports whether an address is one of the host's own in the fabric.
func (s *Speaker) Has(address netip.Addr) bool {
	return slices.ContainsFunc(s.Host.Interfaces, func(i topology.Interface) bool { return i.Has(address) })
}
