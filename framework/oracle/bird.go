package oracle

import (
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/route"
)

// BIRD's protocol preferences (BIRD 1.6, nest/route.h).
const (
	birdDirect    = 240
	birdStatic    = 200
	birdBGP       = 100
	birdInherited = 10
)

// birdMergeLimit is how many next hops `merge paths on` joins.
const birdMergeLimit = 16

// birdUnknownMetric is the IGP metric of a next hop behind a route that has none,
// such as the default route (IGP_METRIC_UNKNOWN in BIRD's nest/route.h).
const birdUnknownMetric = 1<<31 - 1

// bird is stock BIRD 1.6: on a node with Calico's templates, on a router of the
// fabric with that of package router/bird.
type bird struct {
	policy
	// addPaths says that the daemon sends all its paths to who takes them.
	addPaths bool
	// keepsReflected says that `next hop self` is not for what is reflected: what a
	// fabric's router does by its export filter (package router/bird), as FRR does.
	keepsReflected bool
}

func (bird) learnedPreference() int { return birdBGP }

// sendsAllPaths: `add paths on` is in Calico's template of all peers, `add paths rx`
// in that of routers.
func (b bird) sendsAllPaths() bool { return b.addPaths }

// resolve follows rt_update_hostentry in BIRD's nest/rt-table.c, for `gateway
// recursive`. The next hop's longest prefix decides, whichever protocol it is
// from; if that is a BGP route there is no second step, and the route is
// unreachable.
//
// A neighbour on a link (`direct`) has `gateway direct`: what has its next hop on
// one of the host's links goes there, and all else by the neighbour (bgp_rx_update
// in BIRD's proto/bgp/packets.c).
func (bird) resolve(s *speaker, p path) way {
	if p.from.gatewayDirect {
		via, dev := p.nextHop, s.link(p.nextHop)
		if dev == "" {
			via, dev = p.from.remote, s.link(p.from.remote)
		}
		return way{hops: []route.NextHop{{Via: via, Dev: dev}}}
	}
	paths, ok := s.longest(p.nextHop)
	if !ok {
		return unreachable()
	}
	through := slices.MaxFunc(paths, func(a, b path) int { return a.preference - b.preference })
	switch {
	case through.from != nil, through.way.onLink() && s.has(p.nextHop):
		return unreachable()
	case through.way.onLink():
		return way{hops: []route.NextHop{{Via: p.nextHop, Dev: through.way.hops[0].Dev}}}
	}
	return way{kind: through.way.kind, hops: through.way.hops, metric: birdUnknownMetric}
}

// advertise follows bgp_import_control, bgp_create_attrs and bgp_update_attrs in
// BIRD's proto/bgp/attrs.c.
func (b bird) advertise(s *speaker, p path, to *peer) (attributes, bool) {
	a, ok := b.exports(p, to)
	if p.from == to || !ok {
		return attributes{}, false
	}
	reflected := p.from != nil && p.from.internal() && to.internal() && p.from.session.LocalAS == to.session.LocalAS
	if reflected && !p.from.client && !to.client {
		return attributes{}, false // RFC 4456, section 6
	}
	// A loop of clusters is looked for here too, for the neighbour may be in another
	// cluster than the one that the path came from.
	if clustersLoop(s, p.attributes, to) {
		return attributes{}, false
	}
	a.nextHop = b.nextHop(s, p, to, to.nextHopSelf && (!reflected || !b.keepsReflected))
	if a.nextHop == to.remote {
		return attributes{}, false // a neighbour is not told of itself (RFC 4271, section 5.1.3)
	}
	if reflected {
		a = reflect(a, p.from, s.clusterID)
		// BIRD keeps the CLUSTER_LIST as a set and sends it in order
		// (bgp_normalize_int_set).
		slices.SortFunc(a.clusters, netip.Addr.Compare)
	}
	if !to.internal() {
		a = leaveAS(a, to.session.LocalAS)
	}
	return a, true
}

// clustersLoop tells whether a path has been in the speaker's cluster. BIRD asks
// that of clients only, in both directions (bgp_cluster_list_loopy).
func clustersLoop(s *speaker, a attributes, at *peer) bool {
	return at.client && slices.Contains(a.clusters, s.clusterID)
}

// nextHop is the NEXT_HOP that a neighbour is sent. iBGP keeps it. eBGP over
// several hops sets the session's own address, over one hop only for what lies
// behind another interface than the neighbour.
func (bird) nextHop(s *speaker, p path, to *peer, self bool) netip.Addr {
	given := p.nextHop
	var dev string
	if p.way.reachable() && len(p.way.hops) == 1 {
		dev = p.way.hops[0].Dev
		if p.from == nil {
			given = p.way.hops[0].Via
		}
	}
	sameLink := to.singleHop && dev != "" && dev == s.link(to.remote)
	if given.IsValid() && !self && (to.nextHopKeep || to.internal() || sameLink) {
		return given
	}
	return to.local
}

// accepts refuses loops (bgp_as_path_loopy, bgp_originator_id_loopy and
// bgp_cluster_list_loopy in BIRD's proto/bgp/attrs.c), and from neighbours on a link
// also next hops that are the host itself (bgp_set_next_hop in proto/bgp/packets.c).
func (b bird) accepts(s *speaker, prefix netip.Prefix, a attributes, from *peer) bool {
	if from.gatewayDirect && s.has(a.nextHop) {
		return false
	}
	return !loops(a, from) && a.originator != s.id && !clustersLoop(s, a, from) && b.imports(prefix, from)
}

// program follows the kernel protocol: its export filter (Calico's
// calico_kernel_programming) takes what is best, krt_import_control leaves out what
// came from the kernel, and rt_export_merged joins the next hops.
func (b bird) program(s *speaker) route.Table {
	var table route.Table
	for _, prefix := range s.prefixes() {
		paths := s.rib[prefix]
		if best := paths[0]; !s.inKernel(prefix) && b.programs(best) {
			table = append(table, route.Route{
				Prefix: prefix, Kind: best.way.kind, NextHops: hops(paths, birdMergeLimit), Origin: route.OriginBIRD,
			})
		}
	}
	return table
}

// policy is what a BIRD tells and believes: the export and import filters of its
// BGP protocols, and that of its kernel protocol.
type policy interface {
	// exports returns what becomes of a path's attributes on its way to a neighbour,
	// and whether it goes at all.
	exports(p path, to *peer) (attributes, bool)
	imports(prefix netip.Prefix, from *peer) bool
	// programs tells whether the best path of a prefix goes to the kernel.
	programs(best path) bool
}

// routerPolicy is that of a router of the fabric (package router/bird): it
// announces its networks and what it has learned and can reach, programs the
// latter, and filters nothing.
type routerPolicy struct{ networks []netip.Prefix }

func (r routerPolicy) exports(p path, _ *peer) (attributes, bool) {
	if p.from != nil {
		return p.attributes, p.way.reachable()
	}
	return p.attributes, slices.Contains(r.networks, p.prefix)
}

func (routerPolicy) imports(netip.Prefix, *peer) bool { return true }

func (routerPolicy) programs(best path) bool { return best.way.reachable() }

// inheritedPaths are what BIRD takes of the routes in the kernel: by `direct` what
// the kernel makes of an address, by the kernel protocol's `learn` what others
// have put there.
func inheritedPaths(base route.Table) []path {
	paths := make([]path, 0, len(base))
	for _, r := range base {
		preference := birdInherited
		if r.Origin == route.OriginKernel {
			preference = birdDirect
		}
		paths = append(paths, path{
			prefix: r.Prefix, preference: preference, attributes: attributes{localPref: defaultLocalPref},
			way: way{kind: r.Kind, hops: r.NextHops},
		})
	}
	return paths
}

// configureBIRD gives a router's speaker its behaviour and its own paths.
func configureBIRD(s *speaker, r fabric.Router) {
	s.daemon = bird{policy: routerPolicy{networks: r.Networks}, keepsReflected: true}
	// It learns nothing from the kernel but the prefixes of its links.
	s.own = inheritedPaths(s.base.From(route.OriginKernel))
}
