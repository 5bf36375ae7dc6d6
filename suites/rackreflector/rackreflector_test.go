// Package rackreflector proves article 3's fabric: two nodes of every rack reflect
// routes within the rack and peer with its leaf by eBGP.
package rackreflector

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/suite"
)

func TestMain(m *testing.M) { suite.Main(m) }

func TestRackReflector(t *testing.T) {
	suite.Run(t, "rackreflector", func(s *suite.Suite) {
		lab := s.Lab("rack-reflector", "rackreflector")
		Describe("two reflectors in every rack", func() {
			lab.Use()
			sessions(lab)
			routes(lab)
			reachability(lab)
			borrowed(lab)
			loss(lab)
			oneAS(lab)
		})
	})
}
