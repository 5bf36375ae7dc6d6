// Package localpolicy proves externalTrafficPolicy Local: a service's address is
// announced by exactly the nodes that have a ready endpoint of it, and traffic
// goes there without a detour and keeps its source address.
package localpolicy

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/suite"
)

func TestMain(m *testing.M) { suite.Main(m) }

func TestLocalPolicy(t *testing.T) {
	suite.Run(t, "localpolicy", func(s *suite.Suite) {
		lab := s.Lab("leaf-spine", "serviceips")
		Describe("externalTrafficPolicy Local on a leaf-spine fabric", func() {
			lab.Use()
			endpoints(lab)
			readiness(lab)
			moves(lab)
			sources(lab)
			paths(lab)
			changes(lab)
		})
	})
}
