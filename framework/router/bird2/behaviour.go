package bird2

import (
	"fmt"
	"net/netip"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird/behaviour"
)

// kernelMetric is the metric of BIRD 2's routes in the kernel (KRT_DEFAULT_METRIC in
// its sysdep/linux/netlink.c). It is no kernel route's, so that neither stands in the
// other's way.
const kernelMetric = 32

// mergeLimit is how many next hops `merge paths on` joins (KRT_DEFAULT_ECMP_LIMIT).
const mergeLimit = 16

// Check implements bgp.Software.
func (Driver) Check(r fabric.Router) error {
	if err := r.Check(); err != nil {
		return err
	}
	if r.GracefulShutdown {
		return fmt.Errorf("BIRD 2 has no statement for a graceful shutdown (RFC 8326): leave it out, or give the host other software")
	}
	for _, n := range r.Neighbors {
		if n.DefaultOriginate {
			return fmt.Errorf("neighbor %s (%s): BIRD 2 announces no default route that it does not have: leave default-originate out, or give the host other software", n.Host, n.Address)
		}
		if !r.Internal(n) && n.TTLSecurity > 1 {
			return fmt.Errorf("neighbor %s (%s): TTL security over %d hops would make the eBGP session one over several hops for BIRD 2, which the fabric's are not: use 1",
				n.Host, n.Address, n.TTLSecurity)
		}
	}
	return nil
}

// Configure implements bgp.Software.
func (Driver) Configure(s *bgp.Speaker, r fabric.Router) {
	s.Behaviour = speaks{behaviour.BIRD{Policy: behaviour.RouterPolicy{Networks: r.Networks}}}
	// It learns nothing from the kernel but the prefixes of its links.
	s.Own = behaviour.Inherit(s.Base.From(route.OriginKernel))
}

// speaks is how BIRD 2 speaks BGP: as BIRD 1.6 does, but for what follows.
type speaks struct{ behaviour.BIRD }

// Advertise follows bgp_preexport and bgp_update_attrs in BIRD 2's proto/bgp/attrs.c. A
// reflector puts its cluster before those that a path has been in; 1.6 sorts them.
func (b speaks) Advertise(s *bgp.Speaker, p bgp.Path, to *bgp.Peer) (bgp.Attributes, bool) {
	a, ok := b.Exports(p, to)
	if p.From == to || !ok {
		return bgp.Attributes{}, false
	}
	reflected := p.From != nil && p.From.Internal() && to.Internal()
	if reflected && (!p.From.Client && !to.Client || behaviour.ClustersLoop(s, p.Attributes, to)) {
		return bgp.Attributes{}, false // RFC 4456, sections 6 and 8
	}
	// For internal neighbours it is `next hop self ebgp`.
	self := to.NextHopSelf && (!to.Internal() || p.From != nil && !p.From.Internal())
	a.NextHop = nextHop(s, p, to, self)
	if a.NextHop == to.Remote {
		return bgp.Attributes{}, false // a neighbour is not told of itself (RFC 4271, section 5.1.3)
	}
	if reflected {
		a = bgp.Reflect(a, p.From, s.ClusterID)
	}
	if !to.Internal() {
		a = bgp.LeaveAS(a, to.Session.LocalAS)
		a.MED = path.MED{} // RFC 4271, section 5.1.4
	}
	return a, true
}

// nextHop is the NEXT_HOP that a neighbour is sent (bgp_update_next_hop_ip in BIRD 2's
// proto/bgp/packets.c): the path's own one for internal neighbours, and from one
// neighbour on a link to another one on it; else the gateway where the neighbour is
// internal or on its link; else the session's own address.
func nextHop(s *bgp.Speaker, p bgp.Path, to *bgp.Peer, self bool) netip.Addr {
	if self {
		return to.Local
	}
	onLink := func(peer *bgp.Peer) string {
		if peer == nil || !peer.GatewayDirect {
			return ""
		}
		return s.Link(peer.Remote)
	}
	link := onLink(to)
	if p.From != nil && (to.NextHopKeep || to.Internal() || link != "" && link == onLink(p.From)) {
		return p.NextHop
	}
	if p.Way.Reachable() && len(p.Way.Hops) == 1 && p.Way.Hops[0].Via.IsValid() && (to.Internal() || link != "" && link == p.Way.Hops[0].Dev) {
		return p.Way.Hops[0].Via
	}
	return to.Local
}

// Accepts refuses from neighbours on a link also next hops that are on none of the
// host's links (bgp_apply_next_hop in BIRD 2's proto/bgp/packets.c); 1.6 goes there by
// the neighbour.
func (b speaks) Accepts(s *bgp.Speaker, prefix netip.Prefix, a bgp.Attributes, from *bgp.Peer) (bgp.Attributes, bool) {
	if from.GatewayDirect && s.Link(a.NextHop) == "" {
		return a, false
	}
	return b.BIRD.Accepts(s, prefix, a, from)
}

// Program returns the learned routes that are best. A route of the kernel with another
// metric stays beside one, and keeps none out.
func (b speaks) Program(s *bgp.Speaker) route.Table {
	var table route.Table
	for _, prefix := range s.Prefixes() {
		paths := s.RIB[prefix]
		if best := paths[0]; best.From != nil && best.Way.Reachable() {
			table = append(table, route.Route{
				Prefix: prefix, NextHops: bgp.Hops(paths, mergeLimit), Origin: route.OriginBIRD, Metric: kernelMetric,
			})
		}
	}
	return table
}
