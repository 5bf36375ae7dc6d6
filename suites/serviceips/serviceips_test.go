// Package serviceips proves that nodes announce the addresses of services: cluster
// IPs, external IPs and LoadBalancer IPs, in ranges and one by one.
package serviceips

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/suite"
)

func TestMain(m *testing.M) { suite.Main(m) }

func TestServiceIPs(t *testing.T) {
	suite.Run(t, "serviceips", func(s *suite.Suite) {
		lab := s.Lab("leaf-spine", "serviceips")
		Describe("service addresses on a leaf-spine fabric", func() {
			lab.Use()
			ranges(lab)
			singles(lab)
			allowed(lab)
			exclusion(lab)
			communities(lab)
			aggregation(lab)
			many(lab)
			reachability(lab)
			article(lab)
		})
	})
}
