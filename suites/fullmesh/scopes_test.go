package fullmesh

import (
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// fromBIRD are all routes that BIRD has put into a kernel.
func fromBIRD(_ topology.Host, r route.Route) bool { return r.Origin == route.OriginBIRD }
