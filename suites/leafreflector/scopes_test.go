package leafreflector

import (
	"slices"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

// both is the scope of what is in two scopes.
func both(a, b suite.Scope) suite.Scope {
	return func(host topology.Host, r route.Route) bool { return a(host, r) && b(host, r) }
}

// on are the routes of hosts of a role.
func on(role topology.Role) suite.Scope {
	return func(host topology.Host, _ route.Route) bool { return host.Role == role }
}

// blocksOfOwnRack are routes to blocks of nodes in the host's own rack, the
// host's own excepted.
func blocksOfOwnRack(state oracle.State) suite.Scope {
	return func(host topology.Host, r route.Route) bool {
		owner, ok := owner(state, r)
		return ok && owner.Rack == host.Rack && owner.Name != host.Name
	}
}

// blocksOfOtherRacks are routes to blocks of nodes outside the host's rack.
func blocksOfOtherRacks(state oracle.State) suite.Scope {
	return func(host topology.Host, r route.Route) bool {
		owner, ok := owner(state, r)
		return ok && owner.Rack != host.Rack
	}
}

// owner finds the node whose block a route leads to.
func owner(state oracle.State, r route.Route) (topology.Host, bool) {
	for _, node := range state.Nodes {
		if slices.Contains(node.Blocks, r.Prefix) {
			host, ok := state.Topology.Host(node.Name)
			return *host, ok
		}
	}
	return topology.Host{}, false
}

// subnetsOfOtherRacks are routes to the networks of other racks' nodes.
func subnetsOfOtherRacks(t *topology.Topology) suite.Scope {
	return func(host topology.Host, r route.Route) bool {
		return slices.ContainsFunc(t.Nodes(), func(n topology.Host) bool {
			return n.Rack != host.Rack && n.Interfaces[0].Address.Masked() == r.Prefix
		})
	}
}

// inPool are routes into the pod network.
func inPool(t *topology.Topology) suite.Scope {
	return func(_ topology.Host, r route.Route) bool { return route.Contains(t.Pods, r.Prefix) }
}
