// Package crosssubnet proves Calico's IPIP CrossSubnet mode: packets between pods go
// as they are within a subnet, and inside packets between the nodes from one subnet to
// another (requirements C). Felix programs the routes.
package crosssubnet

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/suite"
)

const (
	topologyName = "two-racks"
	modeName     = "crosssubnet"
)

func TestMain(m *testing.M) { suite.Main(m, suite.Recipe{Topology: topologyName, Mode: modeName}) }

func TestCrossSubnet(t *testing.T) {
	suite.Run(t, "crosssubnet", func(s *suite.Suite) {
		lab := s.Lab(topologyName, modeName)
		Describe("IPIP between nodes of different subnets", func() {
			lab.Use()
			routes(lab)
			devices(lab)
			exports(lab)
			reachability(lab)
			packets(lab)
			borrowed(lab)
			subnets(lab)
			changes(lab)
			services(lab)
		})
	})
}
