package fullmesh

import (
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

// inPool is every route into the pod network, on nodes.
func inPool(lab *suite.Lab) suite.Scope {
	return func(host topology.Host, r route.Route) bool {
		return host.Role == topology.Node && route.Contains(lab.Topology().Pods, r.Prefix)
	}
}

// remoteBlocks are routes to other nodes' blocks.
func remoteBlocks(lab *suite.Lab) suite.Scope {
	pool := inPool(lab)
	return func(host topology.Host, r route.Route) bool {
		return pool(host, r) && r.Kind == route.Unicast && !r.Prefix.IsSingleIP()
	}
}

// ownBlocks are what a node does with addresses of its blocks that no pod has.
func ownBlocks(lab *suite.Lab) suite.Scope {
	pool := inPool(lab)
	return func(host topology.Host, r route.Route) bool { return pool(host, r) && r.Kind == route.Blackhole }
}

// fromBIRD are all routes that BIRD has put into a kernel.
func fromBIRD(_ topology.Host, r route.Route) bool { return r.Origin == route.OriginBIRD }
