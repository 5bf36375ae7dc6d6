// Package modeswitch proves changes from one mode to another on labs that are up and
// carry traffic (article 4): the tables become exactly those of the new mode, nothing of
// the old one stays, and how long pods were without each other is measured. Switches
// from and to IPIP are in package ipip below, because they may need another kernel.
package modeswitch

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/suite"
)

func TestMain(m *testing.M) {
	suite.Main(m, suite.Recipe{Topology: "two-racks", Mode: "vxlanreflector"}, suite.Recipe{Topology: "leaf-spine", Mode: "fullmesh"})
}

func TestModeSwitch(t *testing.T) {
	suite.Run(t, "modeswitch", func(s *suite.Suite) {
		vxlan := s.Lab("two-racks", "vxlanreflector")
		Describe("between VXLAN and none", func() {
			vxlan.Use()
			encapsulation(vxlan)
		})
		mesh := s.Lab("leaf-spine", "fullmesh")
		Describe("between mesh and leaf reflectors", func() {
			mesh.Use()
			reflectors(mesh)
		})
	})
}
