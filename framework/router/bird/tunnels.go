package bird

import (
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/calico"
)

// CheckMode refuses a mode that stock BIRD cannot do: one in which BIRD is to put a pool's
// routes through a tunnel (see template.go).
func CheckMode(m *calico.Mode) error {
	for _, pool := range m.Resources.IPPools {
		if e := calico.EncapsulationOf(pool); e != calico.NoEncapsulation && m.RouteOwner == calico.BIRDOwns {
			return m.Errorf(v3.KindIPPool, pool.Name, "spec", "it has encapsulation %s and its routes are BIRD's, but stock BIRD 1.6 cannot put a route through a tunnel (%s is Calico's own addition): "+
				"get Calico's BIRD by `rackproof components bird`, or leave the routes to Felix, by programClusterRoutes: Enabled in a FelixConfiguration and routeOwner: %s in mode.yaml", e, krtTunnel, calico.FelixOwns)
		}
	}
	return nil
}
