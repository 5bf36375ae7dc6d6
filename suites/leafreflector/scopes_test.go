package leafreflector

import (
	"slices"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/topology"
)

// blocksOfOwnRack are routes to blocks of nodes in the host's own rack, the
// host's own excepted.
func blocksOfOwnRack(state oracle.State) expect.Scope {
	return expect.ToBlocks(state, func(host, owner topology.Host) bool { return owner.Rack == host.Rack && owner.Name != host.Name })
}

// blocksOfOtherRacks are routes to blocks of nodes outside the host's rack.
func blocksOfOtherRacks(state oracle.State) expect.Scope {
	return expect.ToBlocks(state, func(host, owner topology.Host) bool { return owner.Rack != host.Rack })
}

// subnetsOfOtherRacks are routes to the networks of other racks' nodes.
func subnetsOfOtherRacks(t *topology.Topology) expect.Scope {
	return func(host topology.Host, r route.Route) bool {
		return slices.ContainsFunc(t.Nodes(), func(n topology.Host) bool {
			return n.Rack != host.Rack && n.Interfaces[0].Addresses[0].Masked() == r.Prefix
		})
	}
}
