package oracle

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// speaker is a host that speaks BGP.
type speaker struct {
	host   *topology.Host
	daemon daemon
	// id is the BGP identifier, clusterID what the speaker puts into the
	// CLUSTER_LIST of what it reflects.
	id, clusterID netip.Addr
	peers         []*peer
	// base are the routes that the kernel has without BGP.
	base route.Table
	// own are the paths that are the speaker's without any neighbour.
	own []path
	// rib has the paths by prefix, the best first.
	rib map[netip.Prefix][]path
	// ways are the next hops that FRR has looked up in this decision.
	ways map[netip.Addr]way
}

// decide builds the speaker's table from its own and its received paths.
func (s *speaker) decide() {
	s.rib = map[netip.Prefix][]path{}
	for _, p := range s.own {
		s.rib[p.prefix] = append(s.rib[p.prefix], p)
	}
	for _, peer := range s.peers {
		for _, p := range peer.received {
			s.rib[p.prefix] = append(s.rib[p.prefix], p)
		}
	}
	s.ways = map[netip.Addr]way{}
	for _, prefix := range s.prefixes() {
		for i, p := range s.rib[prefix] {
			if p.from != nil {
				s.rib[prefix][i].way = s.daemon.resolve(s, p)
			}
		}
	}
	for _, paths := range s.rib {
		slices.SortStableFunc(paths, comparePaths)
	}
}

// prefixes are the prefixes of the speaker's table in order.
func (s *speaker) prefixes() []netip.Prefix {
	return slices.SortedFunc(maps.Keys(s.rib), func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
}

// longest finds the paths of the longest prefix that an address is in.
func (s *speaker) longest(address netip.Addr) ([]path, bool) {
	for bits := address.BitLen(); bits >= 0; bits-- {
		if paths, ok := s.rib[netip.PrefixFrom(address, bits).Masked()]; ok {
			return paths, true
		}
	}
	return nil, false
}

// inKernel tells whether the kernel has a route to the prefix from elsewhere. It
// refuses a second one with the same metric (EEXIST), and zebra does not try.
func (s *speaker) inKernel(prefix netip.Prefix) bool {
	return slices.ContainsFunc(s.base, func(r route.Route) bool { return r.Prefix == prefix })
}

// link is the interface by which the host reaches an address without a router,
// empty if there is none.
func (s *speaker) link(address netip.Addr) string {
	for _, r := range s.base {
		if r.Origin == route.OriginKernel && r.Prefix.Contains(address) {
			return r.NextHops[0].Dev
		}
	}
	return ""
}

// hops joins the next hops of the best of a prefix's paths and of those that are
// as good, at most limit, in the order of their addresses.
func hops(paths []path, limit int) []route.NextHop {
	var all []route.NextHop
	for _, p := range paths {
		if !asGood(paths[0], p) {
			continue
		}
		for _, hop := range p.way.hops {
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

// has tells whether an address is one of the host's own in the fabric.
func (s *speaker) has(address netip.Addr) bool {
	return slices.ContainsFunc(s.host.Interfaces, func(i topology.Interface) bool { return i.Address.Addr() == address })
}
