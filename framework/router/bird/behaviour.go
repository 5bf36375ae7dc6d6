package bird

import (
	"fmt"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird/behaviour"
)

// Check implements bgp.Software.
func (Driver) Check(r fabric.Router) error {
	if err := r.Check(); err != nil {
		return err
	}
	if r.GracefulShutdown {
		return fmt.Errorf("BIRD 1.6 has no statement for a graceful shutdown (RFC 8326): leave it out, or give the host other software")
	}
	for _, n := range r.Neighbors {
		if n.DefaultOriginate {
			return fmt.Errorf("neighbor %s (%s): BIRD 1.6 announces no default route that it does not have: leave default-originate out, or give the host other software", n.Host, n.Address)
		}
		if !r.Internal(n) && n.TTLSecurity > 1 {
			return fmt.Errorf("neighbor %s (%s): TTL security over %d hops would make the eBGP session one over several hops for BIRD, which the fabric's are not: use 1",
				n.Host, n.Address, n.TTLSecurity)
		}
	}
	return nil
}

// Configure implements bgp.Software.
func (Driver) Configure(s *bgp.Speaker, r fabric.Router) {
	s.Behaviour = behaviour.BIRD{Policy: behaviour.RouterPolicy{Networks: r.Networks}, KeepsReflected: true}
	// It learns nothing from the kernel but the prefixes of its links.
	s.Own = behaviour.Inherit(s.Base.From(route.OriginKernel))
}
