// Package vxlan proves VXLAN beside BGP: Felix programs the routes of an
// encapsulated pool from what it reads in the datastore, BIRD keeps its hands off
// them, and the nodes' sessions go on as ever (requirement D4).
package vxlan

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/suite"
)

func TestMain(m *testing.M) {
	suite.Main(m, suite.Recipe{Topology: "two-racks", Mode: "vxlan"}, suite.Recipe{Topology: "two-racks", Mode: "vxlancrosssubnet"},
		suite.Recipe{Topology: "two-racks", Mode: "vxlan-nobgp"})
}

func TestVXLAN(t *testing.T) {
	suite.Run(t, "vxlan", func(s *suite.Suite) {
		always := s.Lab("two-racks", "vxlan")
		Describe("VXLAN between all nodes", func() {
			always.Use()
			sessions(always)
			routes(always)
			device(always)
			exports(always)
			reachability(always)
			packets(always)
			borrowed(always)
			changes(always)
			tampered(always)
			services(always)
		})
		cross := s.Lab("two-racks", "vxlancrosssubnet")
		Describe("VXLAN between nodes of different subnets", func() {
			cross.Use()
			crossSubnet(cross)
		})
		alone := s.Lab("two-racks", "vxlan-nobgp")
		Describe("VXLAN without BGP", func() {
			alone.Use()
			withoutBGP(alone)
		})
	})
}
