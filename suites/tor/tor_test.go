// Package tor proves article 2's rack: servers that peer with their top-of-rack
// switches by global BGPPeers, without an overlay. One of the two switches runs FRR
// and the other BIRD, unless -rackproof.leaves makes them alike.
package tor

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/suite"
)

func TestMain(m *testing.M) { suite.Main(m) }

func TestToR(t *testing.T) {
	suite.Run(t, "tor", func(s *suite.Suite) {
		lab := s.Lab("tor", "tor")
		Describe("a pair of top-of-rack switches", func() {
			lab.Use()
			sessions(lab)
			routes(lab)
			reachability(lab)
			restarts(lab)
			passwords(lab)
			ttlSecurity(lab)
			external(lab)
			filters(lab)
			pools(lab)
			blocks(lab)
			masquerading(lab)
			loss(lab)
			defaultRoute(lab)
			gracefulShutdown(lab)
			article(lab)
		})
	})
}
