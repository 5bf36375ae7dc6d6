package expect

import (
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// Scope selects routes of hosts. Routes in scope have to be exactly as expected.
type Scope func(host topology.Host, r route.Route) bool

// Everything is every route of the main table of every host.
func Everything(topology.Host, route.Route) bool { return true }

// Both is what is in all of several scopes.
func Both(scopes ...Scope) Scope {
	return func(host topology.Host, r route.Route) bool {
		return !slices.ContainsFunc(scopes, func(s Scope) bool { return !s(host, r) })
	}
}

// On are the routes of hosts of some roles.
func On(roles ...topology.Role) Scope {
	return func(host topology.Host, _ route.Route) bool { return slices.Contains(roles, host.Role) }
}

// Within are the routes to what is inside prefixes, the prefixes included.
func Within(prefixes ...netip.Prefix) Scope {
	return func(_ topology.Host, r route.Route) bool {
		return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return route.Contains(p, r.Prefix) })
	}
}

// ToBlocks are the routes to nodes' blocks, chosen by the host that has the route
// and the node that owns the block.
func ToBlocks(state oracle.State, chosen func(host, owner topology.Host) bool) Scope {
	return func(host topology.Host, r route.Route) bool {
		for _, node := range state.Nodes {
			if slices.Contains(node.Blocks, r.Prefix) {
				owner, ok := state.Topology.Host(node.Name)
				return ok && chosen(host, *owner)
			}
		}
		return false
	}
}

// ToBlocksOfOthers are the routes to blocks of other nodes than the host itself.
func ToBlocksOfOthers(state oracle.State) Scope {
	return ToBlocks(state, func(host, owner topology.Host) bool { return host.Name != owner.Name })
}
