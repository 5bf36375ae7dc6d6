package fullmesh

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
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

		Requirement("MESH-005", "of two nodes in the mesh exactly one MUST open the connection: that whose address is the greater as text", func(SpecContext) {
			openers, err := observed.Openers(lab)
			Expect(err).NotTo(HaveOccurred())
			nodes := len(lab.Topology().Nodes())
			Expect(openers).To(HaveLen(nodes*(nodes-1)/2), "pairs of nodes")
			for pair, who := range openers {
				Expect(who).To(ConsistOf(pair[1]), "who of %v opens the connection", pair)
			}
		})

		Requirement("MESH-003", "BIRD MUST have ended its graceful restart once all sessions are up, and not hold routes back", Needs(RestartComponents), Label("changes"), func(ctx SpecContext) {
			node := lab.Topology().Nodes()[0]
			lab.KillComponent(ctx, node.Name, suite.BIRD)
			lab.StartComponent(ctx, node.Name, suite.BIRD)
			for _, other := range lab.Topology().Nodes() {
				if other.Name != node.Name {
					Eventually(observed.SessionState).WithContext(ctx).WithArguments(lab, node.Name, other.Name).Should(Equal(session.Established), "%s with %s", node.Name, other.Name)
				}
			}
			// BIRD waits for neighbours that do not come for 240 s (graceful restart wait). All are
			// there, so it ends when it has what they have (RFC 4724, section 4.1).
			Eventually(recovery).WithContext(ctx).WithArguments(lab, node).Should(BeEmpty(), node.Name)
			blocks := observed.Node(ctx, lab, node.Name).Blocks
			Eventually(func(g Gomega) {
				exports, err := observe.Exports(ctx, lab.At(node.Name), node.Families())
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(exports).To(HaveLen(len(lab.Topology().Nodes())-1), "peers of %s", node.Name)
				for peer, prefixes := range exports {
					g.Expect(prefixes).To(ContainElements(blocks), "what %s exports to %s", node.Name, peer)
				}
			}).WithContext(ctx).Should(Succeed())
		})

		Requirement("MESH-004", "a BIRD that starts while another node's is away MUST be seen to hold back the routes that its kernel has lost, and have all of them as soon as the other one is back", Needs(ChangeInterfaces, RestartComponents), Label("changes", "negative"), func(ctx SpecContext) {
			nodes := lab.Topology().Nodes()
			node, away, third := nodes[0], nodes[1], nodes[2]
			block := observed.Node(ctx, lab, third.Name).Blocks[0]
			lab.KillComponent(ctx, away.Name, suite.BIRD)
			lab.KillComponent(ctx, node.Name, suite.BIRD)
			// A node that boots has no route.
			wire.DeleteRoute(lab, node.Name, block)
			lab.StartComponent(ctx, node.Name, suite.BIRD)
			Eventually(observed.SessionState).WithContext(ctx).WithArguments(lab, node.Name, third.Name).Should(Equal(session.Established), "%s with %s", node.Name, third.Name)
			Consistently(func(g Gomega) {
				g.Expect(recovery(ctx, lab, node)).NotTo(BeEmpty(), node.Name)
				g.Expect(observed.NextHops(ctx, lab, node.Name, block)).To(BeEmpty(), "%s: %s", node.Name, block)
			}).WithContext(ctx).WithTimeout(scanned).Should(Succeed())

			By("starting the other one")
			lab.StartComponent(ctx, away.Name, suite.BIRD)
			Eventually(recovery).WithContext(ctx).WithArguments(lab, node).Should(BeEmpty(), node.Name)
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			expect.OneRoute(ctx, lab, node.Name, block, third.Name)
		})

		Requirement("MESH-006", "a BIRD that waits for a node which is away MUST have all of its routes as soon as that node is deleted from the cluster", Needs(ChangeInterfaces, RestartComponents), Label("changes"), func(ctx SpecContext) {
			nodes := lab.Topology().Nodes()
			node, away, third := nodes[len(nodes)-1], nodes[1], nodes[0]
			block := observed.Node(ctx, lab, third.Name).Blocks[0]
			lab.KillComponent(ctx, away.Name, suite.BIRD)
			lab.KillComponent(ctx, node.Name, suite.BIRD)
			wire.DeleteRoute(lab, node.Name, block)
			lab.StartComponent(ctx, node.Name, suite.BIRD)
			Eventually(observed.SessionState).WithContext(ctx).WithArguments(lab, node.Name, third.Name).Should(Equal(session.Established), "%s with %s", node.Name, third.Name)
			Expect(recovery(ctx, lab, node)).NotTo(BeEmpty(), node.Name)
			Expect(observed.NextHops(ctx, lab, node.Name, block)).To(BeEmpty(), "%s: %s", node.Name, block)

			register := workload.DeleteNode(ctx, lab, away.Name)
			Eventually(recovery).WithContext(ctx).WithArguments(lab, node).Should(BeEmpty(), node.Name)
			Eventually(observed.NextHops).WithContext(ctx).WithArguments(lab, node.Name, block).Should(ConsistOf(third.Name), "%s: %s", node.Name, block)

			register(ctx)
			lab.StartComponent(ctx, away.Name, suite.BIRD)
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
		})
	})
}

// recovery is what a node's BIRD says of its graceful restart; empty once it has ended.
func recovery(ctx context.Context, lab *suite.Lab, node topology.Host) (string, error) {
	bird, err := observe.BIRD(ctx, lab.At(node.Name), route.IPv4)
	if err != nil {
		return "", err
	}
	defer bird.Close()
	status, err := bird.Status(ctx)
	return status.Recovery, err
}
