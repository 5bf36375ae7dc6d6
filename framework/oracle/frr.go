package oracle

import (
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/route"
)

// frrLocalWeight is the weight of what a router originates (BGP_ATTR_DEFAULT_WEIGHT
// in FRR's bgpd/bgp_attr.h); learned paths have 0.
const frrLocalWeight = 32768

// frrMultipath is how many next hops a route has at most: the limit that Debian's
// FRR is built with.
const frrMultipath = 64

// frrMetric is the metric of zebra's routes in the kernel (NL_DEFAULT_ROUTE_METRIC
// in FRR's zebra/rt_netlink.h).
const frrMetric = 20

// frr is FRR 8.4 with `bgp bestpath as-path multipath-relax`, `bgp bestpath
// compare-routerid` and `no bgp ebgp-requires-policy`.
type frr struct{}

func (frr) learnedPreference() int { return 0 }

func (frr) sendsAllPaths() bool { return false }

// resolve finds a next hop on the router's links, and that of an internal path
// also by other BGP routes, as zebra's next hop tracking does; the default route
// does not count (`ip nht resolve-via-default` is off).
func (f frr) resolve(s *speaker, p path) way {
	if p.from.internal() {
		return f.follow(s, p.nextHop)
	}
	return f.connected(s, p.nextHop)
}

func (frr) connected(s *speaker, address netip.Addr) way {
	dev := s.link(address)
	if dev == "" {
		return unreachable()
	}
	return way{hops: []route.NextHop{{Via: address, Dev: dev}}}
}

// follow looks a next hop up, each once in a decision of the speaker: nothing is found
// by way of itself.
func (f frr) follow(s *speaker, address netip.Addr) way {
	found, ok := s.ways[address]
	if !ok {
		s.ways[address] = unreachable()
		found = f.lookUp(s, address)
		s.ways[address] = found
	}
	return found
}

func (f frr) lookUp(s *speaker, address netip.Addr) way {
	if w := f.connected(s, address); w.reachable() {
		return w
	}
	paths, ok := s.longest(address)
	if !ok || paths[0].prefix.Bits() == 0 {
		return unreachable()
	}
	// They are learned ones: the router's own are of its links, where the address is
	// not, or the default route.
	resolved := slices.Clone(paths)
	for i, p := range resolved {
		resolved[i].way = f.resolve(s, p)
	}
	slices.SortStableFunc(resolved, comparePaths)
	if !resolved[0].way.reachable() {
		return unreachable()
	}
	return way{hops: hops(resolved, frrMultipath)}
}

// advertise follows subgroup_announce_check in FRR's bgpd/bgp_route.c, for neighbours
// that have update groups of their own (`solo`): FRR sends to all of a group at once, and
// else also back to where a path came from.
func (f frr) advertise(s *speaker, p path, to *peer) (attributes, bool) {
	if p.from == to || p.from != nil && !p.way.reachable() {
		return attributes{}, false
	}
	reflected := p.from != nil && p.from.internal() && to.internal()
	if reflected && !p.from.client && !to.client {
		return attributes{}, false // RFC 4456, section 6
	}
	a := p.attributes
	a.nextHop = f.nextHop(s, p, to, reflected)
	if reflected {
		a = reflect(a, p.from, s.clusterID)
	}
	if !to.internal() {
		a = leaveAS(a, to.session.LocalAS)
	}
	return a, true
}

// nextHop is the NEXT_HOP that a neighbour is sent. `next-hop-self` without
// `force` does not touch what is reflected. An external neighbour is sent the
// path's own next hop where that is on the link that both share (RFC 4271,
// section 5.1.3, "third party").
func (frr) nextHop(s *speaker, p path, to *peer, reflected bool) netip.Addr {
	shared := func(r route.Route) bool {
		return r.Origin == route.OriginKernel && r.Prefix.Contains(p.nextHop) && r.Prefix.Contains(to.remote)
	}
	switch {
	case p.from == nil:
		return to.local
	case reflected:
		return p.nextHop
	case to.nextHopSelf, !to.internal() && !slices.ContainsFunc(s.base, shared):
		return to.local
	}
	return p.nextHop
}

// accepts refuses loops and next hops that are the router itself: bgp_update and
// bgp_cluster_filter in FRR's bgpd/bgp_route.c.
func (frr) accepts(s *speaker, _ netip.Prefix, a attributes, from *peer) bool {
	return !loops(a, from) && a.originator != s.id && !slices.Contains(a.clusters, s.clusterID) && !s.has(a.nextHop)
}

// program returns the learned routes that are best; zebra prefers the connected
// and the kernel's own ones (administrative distance).
func (frr) program(s *speaker) route.Table {
	var table route.Table
	for _, prefix := range s.prefixes() {
		paths := s.rib[prefix]
		if best := paths[0]; !s.inKernel(prefix) && best.way.reachable() {
			table = append(table, route.Route{
				Prefix: prefix, NextHops: hops(paths, frrMultipath), Origin: route.OriginBGP, Metric: frrMetric,
			})
		}
	}
	return table
}

// configureFRR gives a router's speaker its behaviour and its own paths.
func configureFRR(s *speaker, r fabric.Router) {
	s.daemon = frr{}
	for _, prefix := range r.Networks {
		// FRR originates a network only while the prefix is in its table, and not
		// from BGP (`bgp network import-check`, on by default).
		if s.inKernel(prefix) {
			s.own = append(s.own, path{prefix: prefix, preference: frrLocalWeight, attributes: attributes{localPref: defaultLocalPref}})
		}
	}
}
