// Package canal proves Canal (article 4): flannel makes the pod network, by its VXLAN or by
// plain routes (host-gw), and Felix enforces policies. Nodes have no BGP.
package canal

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/suite"
)

func TestMain(m *testing.M) {
	suite.Main(m, suite.Recipe{Topology: "two-racks", Mode: "canal-vxlan"})
}

func TestCanal(t *testing.T) {
	suite.Run(t, "canal", func(s *suite.Suite) {
		vxlan := s.Lab("two-racks", "canal-vxlan")
		Describe("flannel's VXLAN", func() {
			vxlan.Use()
			leases(vxlan)
			routes(vxlan)
			device(vxlan)
			reachability(vxlan)
			sizes(vxlan)
			policies(vxlan)
			restarts(vxlan)
		})
		hostGateway := s.Lab("two-racks", "canal-hostgw")
		Describe("flannel's plain routes", func() {
			hostGateway.Use()
			plainRoutes(hostGateway)
			plainTraffic(hostGateway)
		})
		oneRack := s.Lab("single-rack", "canal-vxlan")
		Describe("between VXLAN and plain routes", func() {
			oneRack.Use()
			backends(oneRack)
		})
	})
}
