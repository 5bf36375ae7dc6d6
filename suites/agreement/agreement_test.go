// Package agreement proves that it does not matter what a lab is made of: the embedded
// lab and one of the provider that was asked for (-rackproof.provider) have the same
// sessions and routes in the same mode. With the default provider both are embedded,
// and their agreement must not depend on chance.
package agreement

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/suite"
)

func TestMain(m *testing.M) { suite.Main(m) }

func TestAgreement(t *testing.T) {
	suite.Run(t, "agreement", func(s *suite.Suite) {
		Describe("leaves as route reflectors", func() {
			agree(s.ReferenceLab("leaf-spine", "leafreflector"), s.Lab("leaf-spine", "leafreflector"))
		})
	})
}
