package oracle

import (
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
)

// nodePolicy is a node's: the peering's BGPFilters, then the function
// calico_export_to_bgp_peers of bird_ipam.cfg.template with calico_aggr of
// bird_aggr.cfg.template.
type nodePolicy struct {
	announcements
	// pools are the pools' prefixes, unexported those with disableBGPExport. A
	// disabled pool is exported like any other.
	pools, unexported []netip.Prefix
	// blocks are the node's own.
	blocks []netip.Prefix
	// subnet is the node's own, for Calico.
	subnet         netip.Prefix
	tunnels        felix
	advertisements []prefixCommunities
	// filters are the BGPFilters of its peers.
	filters map[*bgp.Peer]filters
}

func (s State) nodePolicy(n network, m member, tunnels felix) nodePolicy {
	p := nodePolicy{announcements: s.announcements(m), blocks: m.Blocks, subnet: m.subnet(n), tunnels: tunnels, advertisements: s.advertisements(m.Name), filters: map[*bgp.Peer]filters{}}
	for _, pool := range s.Resources.IPPools {
		cidr, _ := netip.ParsePrefix(pool.Spec.CIDR) // check has parsed it
		if pool.Spec.DisableBGPExport {
			p.unexported = append(p.unexported, cidr)
		} else {
			p.pools = append(p.pools, cidr)
		}
	}
	return p
}

// exports lets a filter's Accept go past everything else, the communities too.
func (n nodePolicy) Exports(p bgp.Path, to *bgp.Peer) (bgp.Attributes, bool) {
	switch n.filters[to].exports(p) {
	case accepted:
		return p.Attributes, true
	case rejected:
		return bgp.Attributes{}, false
	}
	if forNodes(to) && throughTunnel(p.Way) {
		return bgp.Attributes{}, false // reject_tunnel_routes
	}
	return tag(p.Attributes, p.Prefix, n.advertisements), n.accepts(p.Prefix)
}

// forNodes reports whether the export filter takes a neighbour for an internal one: by
// the AS numbers, and in the mesh always (bird.cfg.template).
func forNodes(to *bgp.Peer) bool { return to.Internal() || to.Session.Kind == session.NodeToNodeMesh }

// throughTunnel reports whether a way leads through a device that reject_tunnel_routes
// knows. Routes that Felix sends by the node's own interface are not kept back
// (projectcalico/calico#13533).
func throughTunnel(w bgp.Way) bool {
	return w.Reachable() && len(w.Hops) == 1 && slices.Contains(calico.RejectedTunnels(calicoVersion()), w.Hops[0].Dev)
}

// Programs follows the kernel filter, calico_kernel_programming in
// bird_ipam.cfg.template: BIRD leaves VXLAN to Felix, and puts what is in a pool with
// IPIP through the tunnel, in CrossSubnet unless the NEXT_HOP is in the node's subnet.
// Stock BIRD cannot, and leaves IPIP to Felix (package router/bird adapts the filter).
func (n nodePolicy) Programs(best bgp.Path) (tunnel string, taken bool) {
	e := n.tunnels.encapsulation
	switch {
	case !n.programs(best):
		return "", false
	case !n.tunnels.contain(best.Prefix):
		return "", true
	case e.ViaVXLAN(), n.tunnels.stockBIRD:
		return "", false
	case e.CrossSubnet() && best.From != nil && n.subnet.Contains(best.NextHop):
		return "", true
	}
	return e.Device(), true
}

// accepts goes through the function's statements in their order, as the first
// that holds decides.
func (n nodePolicy) accepts(prefix netip.Prefix) bool {
	inside := func(outer netip.Prefix) bool { return route.Contains(outer, prefix) }
	switch {
	case slices.ContainsFunc(n.unexported, inside):
		return false
	case slices.Contains(n.blocks, prefix):
		return true
	case slices.ContainsFunc(n.blocks, inside):
		return false // the block is announced, nothing beneath it
	case slices.ContainsFunc(n.originated, inside), slices.ContainsFunc(n.reflected, inside):
		return true
	}
	return slices.ContainsFunc(n.pools, inside)
}

func (n nodePolicy) Imports(prefix netip.Prefix, from *bgp.Peer) bool {
	return n.filters[from].imports(prefix) != rejected
}
