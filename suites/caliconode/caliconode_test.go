// Package caliconode proves what a node's whole calico-node promises when it is restarted or
// away, as a roll-out of its DaemonSet does it: sessions, routes and traffic, what it says of
// its own health, and that it takes up a new address or setting. Package ipip below has the
// modes with IPIP.
package caliconode

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/suite"
)

func TestMain(m *testing.M) { suite.Main(m, suite.Recipe{Topology: "two-racks", Mode: "vxlan"}) }

// Leaves that hear of a node's restart run BIRD: FRR 8.4 gives a node's routes up where it has
// itself started within the last minutes (docs/differences.md, frr-restarting).
func TestCalicoNode(t *testing.T) {
	suite.Run(t, "caliconode", func(s *suite.Suite) {
		mesh := s.Lab("single-rack", "fullmesh")
		Describe("in a mesh", func() {
			mesh.Use()
			meshRollOut(mesh)
			away(mesh)
			health(mesh)
			addresses(mesh)
		})
		reflectors := s.LabWithLeaves(bird.Name, "single-rack", "nodereflector")
		Describe("with reflectors that are nodes", func() {
			reflectors.Use()
			reflectorsRollOut(reflectors)
		})
		leaves := s.LabWithLeaves(bird.Name, "leaf-spine", "leafreflector")
		Describe("under leaves that reflect", func() {
			leaves.Use()
			leavesRollOut(leaves)
		})
		racks := s.LabWithLeaves(bird.Name, "rack-reflector", "rackreflector")
		Describe("with reflectors in every rack", func() {
			racks.Use()
			racksRollOut(racks)
		})
		switches := s.LabWithLeaves(bird.Name, "tor", "tor")
		Describe("under two switches", func() {
			switches.Use()
			switchesRollOut(switches)
			settings(switches)
		})
		services := s.LabWithLeaves(bird.Name, "leaf-spine", "serviceips")
		Describe("that announces services", func() {
			services.Use()
			servicesRollOut(services)
		})
		tunnels := s.Lab("two-racks", "vxlan")
		Describe("with VXLAN", func() {
			tunnels.Use()
			tunnelsRollOut(tunnels)
		})
	})
}
