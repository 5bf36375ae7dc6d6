// Package leafreflector proves the fabric of article 1: each leaf is the route
// reflector of its rack's nodes and an eBGP peer of both spines.
package leafreflector

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/suite"
)

func TestMain(m *testing.M) { suite.Main(m) }

func TestLeafReflector(t *testing.T) {
	suite.Run(t, "leafreflector", func(s *suite.Suite) {
		lab := s.Lab("leaf-spine", "leafreflector")
		Describe("leaves as route reflectors", func() {
			lab.Use()
			sessions(lab)
			sourceAddresses(lab)
			nodeRoutes(lab)
			fabricRoutes(lab)
			reachability(lab)
			packets(lab)
			borrowed(lab)
			relabelling(lab)
			linkLoss(lab)
			sizes(lab)
			nodePort(lab)
			articlesRouters(lab)
		})
	})
}
