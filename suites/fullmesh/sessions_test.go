package fullmesh

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
)

// sessions are requirements A1 and A2.
func sessions(lab *suite.Lab) {
	Context("sessions", Label("sessions"), func() {
		Requirement("MESH-001", "every pair of nodes MUST have an established BGP session of type node-to-node mesh, and no other", func(ctx SpecContext) {
			expect.Mesh(ctx, lab)
		})

		Requirement("MESH-002", "a node's BGP identifier MUST be its IPv4 address", func(ctx SpecContext) {
			for _, node := range lab.Topology().Nodes() {
				bird, err := observe.BIRD(ctx, lab.At(node.Name), route.IPv4)
				Expect(err).NotTo(HaveOccurred())
				DeferCleanup(bird.Close)
				status, err := bird.Status(ctx)
				Expect(err).NotTo(HaveOccurred())
				Expect(status.RouterID).To(Equal(node.Address()), node.Name)
			}
		})

		Requirement("MESH-003", "BIRD MUST have ended its graceful restart once all sessions are up, and not hold routes back", Needs(RestartComponents), Label("changes"), func(ctx SpecContext) {
			node := lab.Topology().Nodes()[0]
			lab.KillComponent(ctx, node.Name, suite.BIRD)
			lab.StartComponent(ctx, node.Name, suite.BIRD)
			expect.Mesh(ctx, lab)
			// BIRD waits graceful restart wait, 240 s, for neighbours that do not come.
			// All are there, so it ends when it has what they have (RFC 4724, section 4.1),
			// within the time of any other spec.
			for _, node := range lab.Topology().Nodes() {
				bird, err := observe.BIRD(ctx, lab.At(node.Name), route.IPv4)
				Expect(err).NotTo(HaveOccurred())
				DeferCleanup(bird.Close)
				Eventually(func() (string, error) {
					status, err := bird.Status(ctx)
					return status.Recovery, err
				}).WithContext(ctx).Should(BeEmpty(), node.Name)
			}
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			expect.OwnBlocksExported(ctx, lab)
		})
	})
}
