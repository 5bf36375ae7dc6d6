package frr

import (
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
)

// localWeight is the weight of what a router originates (BGP_ATTR_DEFAULT_WEIGHT
// in FRR's bgpd/bgp_attr.h); learned paths have 0.
const localWeight = 32768

// multipath is how many next hops a route has at most: the limit that Debian's
// FRR is built with.
const multipath = 64

// frrMetric is the metric of zebra's routes in the kernel (NL_DEFAULT_ROUTE_METRIC
// in FRR's zebra/rt_netlink.h).
const kernelMetric = 20

// frr is FRR 8.4 with `bgp bestpath as-path multipath-relax`, `bgp bestpath
// compare-routerid` and `no bgp ebgp-requires-policy`.
type behaviour struct {
	// gracefulShutdown is `bgp graceful-shutdown`.
	gracefulShutdown bool
}

func (behaviour) LearnedPreference() int { return 0 }

func (behaviour) SendsAllPaths() bool { return false }

// Resolve finds a next hop on the router's links, and that of an internal path
// also by other BGP routes, as zebra's next hop tracking does; the default route
// does not count (`ip nht resolve-via-default` is off).
func (f behaviour) Resolve(s *bgp.Speaker, p bgp.Path) bgp.Way {
	if p.From.Internal() {
		return f.follow(s, p.NextHop)
	}
	return f.connected(s, p.NextHop)
}

func (behaviour) connected(s *bgp.Speaker, address netip.Addr) bgp.Way {
	dev := s.Link(address)
	if dev == "" {
		return bgp.Unreachable()
	}
	return bgp.Way{Hops: []route.NextHop{{Via: address, Dev: dev}}}
}

// follow looks a next hop up, each once in a decision of the speaker: nothing is found
// through itself.
func (f behaviour) follow(s *bgp.Speaker, address netip.Addr) bgp.Way {
	found, ok := s.Ways[address]
	if !ok {
		s.Ways[address] = bgp.Unreachable()
		found = f.lookUp(s, address)
		s.Ways[address] = found
	}
	return found
}

func (f behaviour) lookUp(s *bgp.Speaker, address netip.Addr) bgp.Way {
	if w := f.connected(s, address); w.Reachable() {
		return w
	}
	paths, ok := s.Longest(address)
	if !ok || paths[0].Prefix.Bits() == 0 {
		return bgp.Unreachable()
	}
	// They are learned ones: the router's own are of its links, where the address is
	// not, or the default route.
	resolved := slices.Clone(paths)
	for i, p := range resolved {
		resolved[i].Way = f.Resolve(s, p)
	}
	slices.SortStableFunc(resolved, bgp.Compare)
	if !resolved[0].Way.Reachable() {
		return bgp.Unreachable()
	}
	return bgp.Way{Hops: bgp.Hops(resolved, multipath)}
}

// Advertise follows subgroup_announce_check in FRR's bgpd/bgp_route.c, for neighbours
// that have update groups of their own (`solo`): FRR sends to all of a group at once, and
// else also back to where a path came from.
func (f behaviour) Advertise(s *bgp.Speaker, p bgp.Path, to *bgp.Peer) (bgp.Attributes, bool) {
	if p.From == to || p.From != nil && !p.Way.Reachable() {
		return bgp.Attributes{}, false
	}
	if to.DefaultOriginate && p.Prefix.Bits() == 0 {
		return bgp.Attributes{}, false // its own default route goes before one that it has
	}
	reflected := p.From != nil && p.From.Internal() && to.Internal()
	if reflected && !p.From.Client && !to.Client {
		return bgp.Attributes{}, false // RFC 4456, section 6
	}
	a := p.Attributes
	a.NextHop = f.nextHop(s, p, to, reflected)
	if reflected {
		// With the first ORIGINATOR_ID a path gets a MED of 0 where it has none: FRR marks
		// the attribute by SET_FLAG(attr->flag, BGP_ATTR_ORIGINATOR_ID), and the bits of that
		// number are those of ORIGIN and MED.
		a.MED.Present = a.MED.Present || !a.Originator.IsValid()
		a = bgp.Reflect(a, p.From, s.ClusterID)
	}
	if !to.Internal() {
		a = bgp.LeaveAS(a, to.Session.LocalAS)
		if p.From != nil {
			a.MED = path.MED{} // RFC 4271, section 5.1.4
		}
	}
	return f.leaving(a, to), true
}

// Default implements bgp.Originator: `default-originate` (subgroup_default_originate in
// FRR's bgpd/bgp_updgrp_adv.c).
func (f behaviour) Default(_ *bgp.Speaker, to *bgp.Peer) bgp.Attributes {
	a := bgp.Attributes{NextHop: to.Local, LocalPref: path.DefaultLocalPref, MED: path.MED{Present: true}}
	if f.gracefulShutdown {
		a = shutdown(a)
	}
	if !to.Internal() {
		a = bgp.LeaveAS(a, to.Session.LocalAS)
	}
	return a
}

// gshut is the community GRACEFUL_SHUTDOWN (RFC 8326, section 3).
const gshut = "65535:0"

// leaving is what a router that is about to go sends of its paths: to its own AS with the
// least LOCAL_PREF, to others with the community.
func (f behaviour) leaving(a bgp.Attributes, to *bgp.Peer) bgp.Attributes {
	switch {
	case !f.gracefulShutdown:
		return a
	case to.Internal():
		a.LocalPref = 0
		return a
	}
	return shutdown(a)
}

// shutdown gives a path the community and the least LOCAL_PREF (bgp_attr_add_gshut_community
// in FRR's bgpd/bgp_attr.c).
func shutdown(a bgp.Attributes) bgp.Attributes {
	a.LocalPref = 0
	if !slices.Contains(a.Communities, gshut) {
		a.Communities = slices.SortedFunc(slices.Values(append(slices.Clone(a.Communities), gshut)), path.CompareCommunities)
	}
	return a
}

// nextHop is the NEXT_HOP that a neighbour is sent. `next-hop-self` without
// `force` does not touch what is reflected. An external neighbour is sent the
// path's own next hop where that is on the link that both share (RFC 4271,
// section 5.1.3, "third party").
func (behaviour) nextHop(s *bgp.Speaker, p bgp.Path, to *bgp.Peer, reflected bool) netip.Addr {
	shared := func(r route.Route) bool {
		return r.Origin == route.OriginKernel && r.Prefix.Contains(p.NextHop) && r.Prefix.Contains(to.Remote)
	}
	switch {
	case p.From == nil:
		return to.Local
	case reflected:
		return p.NextHop
	case to.NextHopSelf, !to.Internal() && !slices.ContainsFunc(s.Base, shared):
		return to.Local
	}
	return p.NextHop
}

// Accepts refuses loops and next hops that are the router itself: bgp_update and
// bgp_cluster_filter in FRR's bgpd/bgp_route.c. A path of another AS that is about to go
// gets the least LOCAL_PREF, as FRR 8.4 does without being told; one that is about to go
// itself marks what it has from others in that way.
func (f behaviour) Accepts(s *bgp.Speaker, _ netip.Prefix, a bgp.Attributes, from *bgp.Peer) (bgp.Attributes, bool) {
	if !from.Internal() && (f.gracefulShutdown || slices.Contains(a.Communities, gshut)) {
		a = shutdown(a)
	}
	return a, !bgp.Loops(a, from) && a.Originator != s.ID && !slices.Contains(a.Clusters, s.ClusterID) && !s.Has(a.NextHop)
}

// Program returns the learned routes that are best; zebra prefers the connected
// and the kernel's own ones (administrative distance).
func (behaviour) Program(s *bgp.Speaker) route.Table {
	var table route.Table
	for _, prefix := range s.Prefixes() {
		paths := s.RIB[prefix]
		if best := paths[0]; !s.InKernel(prefix) && best.Way.Reachable() {
			table = append(table, route.Route{
				Prefix: prefix, NextHops: bgp.Hops(paths, multipath), Origin: route.OriginBGP, Metric: kernelMetric,
			})
		}
	}
	return table
}

// Configure implements bgp.Software.
func (Driver) Configure(s *bgp.Speaker, r fabric.Router) {
	s.Behaviour = behaviour{gracefulShutdown: r.GracefulShutdown}
	for _, prefix := range r.Networks {
		// FRR originates a network only while the prefix is in its table, and not
		// from BGP (`bgp network import-check`, on by default).
		if s.InKernel(prefix) {
			// The MED is the metric of the network's route, which is 0 for a link's.
			a := bgp.Attributes{LocalPref: path.DefaultLocalPref, MED: path.MED{Present: true}}
			if r.GracefulShutdown {
				a = shutdown(a)
			}
			s.Own = append(s.Own, bgp.Path{Prefix: prefix, Preference: localWeight, Attributes: a})
		}
	}
}

// Check implements bgp.Software.
func (Driver) Check(r fabric.Router) error { return r.Check() }
