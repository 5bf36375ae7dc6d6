package oracle

import (
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/route"
)

// exportFilter is what a node tells its BGP neighbours: the function
// calico_export_to_bgp_peers of bird_ipam.cfg.template, with calico_aggr of
// bird_aggr.cfg.template. It is the same for internal and external neighbours as
// long as there are no tunnels.
type exportFilter struct {
	// pools are the pools' prefixes, unexported those with disableBGPExport. A
	// disabled pool is exported like any other.
	pools, unexported []netip.Prefix
	// blocks are the node's own.
	blocks []netip.Prefix
}

func (s State) exportFilter(m member) exportFilter {
	filter := exportFilter{blocks: m.Blocks}
	for _, pool := range s.Resources.IPPools {
		cidr, _ := netip.ParsePrefix(pool.Spec.CIDR) // check has parsed it
		if pool.Spec.DisableBGPExport {
			filter.unexported = append(filter.unexported, cidr)
		} else {
			filter.pools = append(filter.pools, cidr)
		}
	}
	return filter
}

// accepts goes through the function's statements in their order, as the first
// that holds decides.
func (f exportFilter) accepts(prefix netip.Prefix) bool {
	inside := func(outer netip.Prefix) bool { return route.Contains(outer, prefix) }
	switch {
	case slices.ContainsFunc(f.unexported, inside):
		return false
	case slices.Contains(f.blocks, prefix):
		return true
	case slices.ContainsFunc(f.blocks, inside):
		return false // the block is announced, nothing beneath it
	}
	return slices.ContainsFunc(f.pools, inside)
}
