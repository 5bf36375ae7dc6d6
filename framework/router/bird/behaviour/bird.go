package behaviour

import (
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
)

// BIRD's protocol preferences (BIRD 1.6, nest/route.h).
const (
	// Direct is that of connected networks, Static of static routes, Inherited of what
	// others have put into the kernel.
	Direct    = 240
	Static    = 200
	Inherited = 10
	// learned is that of BGP.
	learned = 100
)

// mergeLimit is how many next hops `merge paths on` joins.
const mergeLimit = 16

// unknownMetric is the IGP metric of a next hop behind a route that has none,
// such as the default route (IGP_METRIC_UNKNOWN in BIRD's nest/route.h).
const unknownMetric = 1<<31 - 1

// BIRD is BIRD 1.6: on a node with Calico's templates, stock or Calico's own; on a router
// of the fabric stock, with the template of package router/bird.
type BIRD struct {
	Policy
	// AddPaths says that the daemon sends all its paths to who takes them.
	AddPaths bool
	// KeepsReflected says that `next hop self` is not for what is reflected: what a
	// fabric's router does by its export filter (package router/bird), as FRR does.
	KeepsReflected bool
}

// LearnedPreference implements bgp.Behaviour.
func (BIRD) LearnedPreference() int { return learned }

// SendsAllPaths follows Calico: `add paths on` is in Calico's template of all peers, `add paths rx`
// in that of routers.
func (b BIRD) SendsAllPaths() bool { return b.AddPaths }

// Resolve follows rt_update_hostentry in BIRD's nest/rt-table.c, for `gateway
// recursive`. The next hop's longest prefix decides, whichever protocol it is
// from; if that is a recursive route too, which routes from neighbours on a link are
// not, there is no second step, and the route is unreachable.
//
// A neighbour on a link (`direct`) has `gateway direct`: what has its next hop on
// one of the host's links goes there, and all else by the neighbour (bgp_rx_update
// in BIRD's proto/bgp/packets.c).
func (BIRD) Resolve(s *bgp.Speaker, p bgp.Path) bgp.Way {
	if p.From.GatewayDirect {
		via, dev := p.NextHop, s.Link(p.NextHop)
		if dev == "" {
			via, dev = p.From.Remote, s.Link(p.From.Remote)
		}
		return bgp.Way{Hops: []route.NextHop{{Via: via, Dev: dev}}}
	}
	paths, ok := s.Longest(p.NextHop)
	if !ok {
		return bgp.Unreachable()
	}
	through := slices.MaxFunc(paths, func(a, b bgp.Path) int { return a.Preference - b.Preference })
	switch {
	case through.From != nil && !through.From.GatewayDirect, through.Way.OnLink() && s.Has(p.NextHop):
		return bgp.Unreachable()
	case through.Way.OnLink():
		return bgp.Way{Hops: []route.NextHop{{Via: p.NextHop, Dev: through.Way.Hops[0].Dev}}}
	}
	return bgp.Way{Kind: through.Way.Kind, Hops: through.Way.Hops, Metric: unknownMetric}
}

// Advertise follows bgp_import_control, bgp_create_attrs and bgp_update_attrs in
// BIRD's proto/bgp/attrs.c.
func (b BIRD) Advertise(s *bgp.Speaker, p bgp.Path, to *bgp.Peer) (bgp.Attributes, bool) {
	a, reflected, ok := b.offered(s, p, to)
	if !ok || a.NextHop == to.Remote {
		return bgp.Attributes{}, false // a neighbour is not told of itself (RFC 4271, section 5.1.3)
	}
	if reflected {
		a = bgp.Reflect(a, p.From, s.ClusterID)
		// BIRD keeps the CLUSTER_LIST as a set and sends it in order
		// (bgp_normalize_int_set).
		slices.SortFunc(a.Clusters, netip.Addr.Compare)
	}
	if !to.Internal() {
		a = bgp.LeaveAS(a, to.Session.LocalAS)
		// RFC 4271, section 5.1.4: a MED goes no further than to the next AS. BIRD 1.6 sends
		// 0 instead of none.
		a.MED.Value = 0
	}
	return a, true
}

// Leaves implements bgp.Leaver: a path whose next hop is the neighbour itself ends in
// "Invalid NEXT_HOP attribute" in BIRD's log, and what the neighbour was sent before it
// stays (seen on leaf0 of two-racks in mode ipipreflector).
func (b BIRD) Leaves(s *bgp.Speaker, best bgp.Path, to *bgp.Peer) bool {
	a, _, ok := b.offered(s, best, to)
	return ok && a.NextHop == to.Remote && !b.AddPaths
}

// offered is what goes to a neighbour with its next hop, before BIRD looks whether it can
// be sent, and whether it is reflected.
func (b BIRD) offered(s *bgp.Speaker, p bgp.Path, to *bgp.Peer) (a bgp.Attributes, reflected, ok bool) {
	a, ok = b.Exports(p, to)
	if p.From == to || !ok {
		return a, false, false
	}
	reflected = p.From != nil && p.From.Internal() && to.Internal() && p.From.Session.LocalAS == to.Session.LocalAS
	if reflected && !p.From.Client && !to.Client {
		return a, reflected, false // RFC 4456, section 6
	}
	// A loop of clusters is looked for here too, for the neighbour may be in another
	// cluster than the one that the path came from.
	if ClustersLoop(s, p.Attributes, to) {
		return a, reflected, false
	}
	a.NextHop = b.nextHop(s, p, to, to.NextHopSelf && (!reflected || !b.KeepsReflected))
	return a, reflected, true
}

// ClustersLoop reports whether a path has been in the speaker's cluster. BIRD asks
// that of clients only, in both directions (bgp_cluster_list_loopy).
func ClustersLoop(s *bgp.Speaker, a bgp.Attributes, at *bgp.Peer) bool {
	return at.Client && slices.Contains(a.Clusters, s.ClusterID)
}

// nextHop is the NEXT_HOP that a neighbour is sent. iBGP keeps it. eBGP over
// several hops sets the session's own address, over one hop only for what lies
// behind another interface than the neighbour.
func (BIRD) nextHop(s *bgp.Speaker, p bgp.Path, to *bgp.Peer, self bool) netip.Addr {
	given := p.NextHop
	var dev string
	if p.Way.Reachable() && len(p.Way.Hops) == 1 {
		dev = p.Way.Hops[0].Dev
		if p.From == nil {
			given = p.Way.Hops[0].Via
		}
	}
	sameLink := to.SingleHop && dev != "" && dev == s.Link(to.Remote)
	if given.IsValid() && !self && (to.NextHopKeep || to.Internal() || sameLink) {
		return given
	}
	return to.Local
}

// Accepts refuses loops (bgp_as_path_loopy, bgp_originator_id_loopy and
// bgp_cluster_list_loopy in BIRD's proto/bgp/attrs.c), and from neighbours on a link
// also next hops that are the host itself (bgp_set_next_hop in proto/bgp/packets.c).
func (b BIRD) Accepts(s *bgp.Speaker, prefix netip.Prefix, a bgp.Attributes, from *bgp.Peer) (bgp.Attributes, bool) {
	if from.GatewayDirect && s.Has(a.NextHop) {
		return a, false
	}
	return a, !bgp.Loops(a, from) && a.Originator != s.ID && !ClustersLoop(s, a, from) && b.Imports(prefix, from)
}

// Program follows the kernel protocol: its export filter (Calico's
// calico_kernel_programming) takes what is best, krt_import_control leaves out what
// came from the kernel and what `direct` makes of an address, and rt_export_merged joins
// the next hops.
//
// A route that the filter puts through a tunnel goes to the NEXT_HOP itself, on-link.
// Calico's own BIRD does that with a route by one gateway alone (nl_send_route in its
// sysdep/linux/netlink.c); one by several is not encapsulated (projectcalico/calico#4462).
func (b BIRD) Program(s *bgp.Speaker) route.Table {
	var table route.Table
	for _, prefix := range s.Prefixes() {
		paths := s.RIB[prefix]
		best := paths[0]
		tunnel, taken := b.Programs(best)
		if !taken || s.InKernel(prefix) || best.Way.OnLink() {
			continue
		}
		hops := bgp.Hops(paths, mergeLimit)
		if tunnel != "" && best.From != nil && len(hops) == 1 {
			hops = []route.NextHop{{Via: best.NextHop, Dev: tunnel, Onlink: true}}
		}
		table = append(table, route.Route{Prefix: prefix, Kind: best.Way.Kind, NextHops: hops, Origin: route.OriginBIRD})
	}
	return table
}

// Policy is what a BIRD tells and believes: the export and import filters of its
// BGP protocols, and that of its kernel protocol.
type Policy interface {
	// Exports returns what becomes of a path's attributes on its way to a neighbour,
	// and whether it goes at all.
	Exports(p bgp.Path, to *bgp.Peer) (bgp.Attributes, bool)
	Imports(prefix netip.Prefix, from *bgp.Peer) bool
	// Programs reports whether the best path of a prefix goes to the kernel, and names
	// the tunnel that it goes through; empty for none.
	Programs(best bgp.Path) (tunnel string, taken bool)
}

// RouterPolicy is that of a router of the fabric (packages router/bird and bird2): it
// announces its networks and what it has learned and can reach, programs the
// latter, and filters nothing.
type RouterPolicy struct {
	// Networks are what it originates.
	Networks []netip.Prefix
}

// Exports implements Policy.
func (r RouterPolicy) Exports(p bgp.Path, _ *bgp.Peer) (bgp.Attributes, bool) {
	if p.From != nil {
		return p.Attributes, p.Way.Reachable()
	}
	return p.Attributes, slices.Contains(r.Networks, p.Prefix)
}

// Imports implements Policy.
func (RouterPolicy) Imports(netip.Prefix, *bgp.Peer) bool { return true }

// Programs implements Policy.
func (RouterPolicy) Programs(best bgp.Path) (tunnel string, taken bool) {
	return "", best.Way.Reachable()
}

// Inherit makes what BIRD takes of the routes in the kernel: by `direct` what
// the kernel makes of an address, by the kernel protocol's `learn` what others
// have put there.
func Inherit(base route.Table) []bgp.Path {
	paths := make([]bgp.Path, 0, len(base))
	for _, r := range base {
		preference := Inherited
		if r.Origin == route.OriginKernel {
			preference = Direct
		}
		paths = append(paths, bgp.Path{
			Prefix: r.Prefix, Preference: preference, Attributes: bgp.Attributes{LocalPref: path.DefaultLocalPref},
			Way: bgp.Way{Kind: r.Kind, Hops: r.NextHops},
		})
	}
	return paths
}
