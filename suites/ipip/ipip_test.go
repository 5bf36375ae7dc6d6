// Package ipip proves Calico's IPIP mode: packets between pods of different nodes
// travel inside packets between the nodes, so that the fabric need not know where pods
// are. Felix programs the routes, or BIRD (requirements B; -rackproof.route-owner).
package ipip

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/suite"
)

const (
	topologyName = "two-racks"
	modeName     = "ipip"
)

func TestMain(m *testing.M) { suite.Main(m, suite.Recipe{Topology: topologyName, Mode: modeName}) }

func TestIPIP(t *testing.T) {
	suite.Run(t, "ipip", func(s *suite.Suite) {
		lab := s.Lab(topologyName, modeName)
		Describe("IPIP between all nodes", func() {
			lab.Use()
			sessions(lab)
			routes(lab)
			devices(lab)
			exports(lab)
			reachability(lab)
			packets(lab)
			sizes(lab)
			borrowed(lab)
			singles(lab)
			changes(lab)
			leafPeering(lab)
			services(lab)
		})
	})
}
