package ipip

import (
	. "github.com/onsi/ginkgo/v2"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
)

// sessions are requirement A1, which encapsulation changes nothing of.
func sessions(lab *suite.Lab) {
	Context("sessions", Label("sessions"), func() {
		Requirement("IPIP-001", "every pair of nodes MUST have an established mesh session beside the tunnels, across racks too", func(ctx SpecContext) {
			expect.Mesh(ctx, lab)
		})
	})
}
