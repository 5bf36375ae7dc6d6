// Package fullmesh proves Calico's node-to-node mesh without encapsulation: every
// node peers with every other one and routes to its pods through it.
package fullmesh

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/suite"
)

func TestMain(m *testing.M) { suite.Main(m) }

func TestFullMesh(t *testing.T) {
	suite.Run(t, "fullmesh", func(s *suite.Suite) {
		rack := s.Lab("single-rack", "fullmesh")
		Describe("nodes in one subnet", func() {
			rack.Use()
			sessions(rack)
			routes(rack)
			reachability(rack)
			changes(rack)
			peers(rack)
			passwords(rack)
			borrowed(rack)
			tampered(rack)
			nodes(rack)
		})
		fabric := s.Lab("leaf-spine", "fullmesh")
		Describe("nodes in two racks whose leaves do not know the blocks", func() {
			fabric.Use()
			acrossRacks(fabric)
		})
	})
}
