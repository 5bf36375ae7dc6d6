// Package nodereflector proves route reflectors that are nodes of the cluster, or
// calico-nodes outside of it: the others peer with them and route to each other's pods
// directly.
package nodereflector

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/suite"
)

func TestMain(m *testing.M) { suite.Main(m) }

func TestNodeReflector(t *testing.T) {
	suite.Run(t, "nodereflector", func(s *suite.Suite) {
		lab := s.Lab("single-rack", "nodereflector")
		external := s.Lab("external-reflector", "externalreflector")
		Describe("two reflectors of one cluster ID", func() {
			lab.Use()
			sessions(lab)
			routes(lab)
			leafRoutes(lab)
			reachability(lab)
			oneLeft(lab)
			killed(lab)
			loss(lab)
			migration(lab)
			services(lab)
			borrowed(lab)
		})
		Describe("a calico-node outside the cluster as the reflector", func() {
			external.Use()
			outsideReflector(external)
		})
	})
}
