package leafreflector

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

// fabricRoutes are what article 1 shows on its leaf, exactly.
func fabricRoutes(lab *Lab) {
	Context("routes of the fabric", Label("routes"), func() {
		Requirement("LEAF-020", "a leaf MUST route its rack's blocks to the nodes that own them", func(ctx SpecContext) {
			state, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			Eventually(lab.Routes(both(on(topology.Leaf), blocksOfOwnRack(state)))).WithContext(ctx).Should(Agree())
		})

		Requirement("LEAF-021", "a leaf MUST route the other racks' blocks by equal cost over both spines", func(ctx SpecContext) {
			state, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			scope := both(on(topology.Leaf), blocksOfOtherRacks(state))
			Eventually(lab.Routes(scope)).WithContext(ctx).Should(Agree())
			expectECMP(ctx, lab, scope)
		})

		Requirement("LEAF-022", "a leaf MUST route the other racks' node subnets by equal cost over both spines", func(ctx SpecContext) {
			scope := both(on(topology.Leaf), subnetsOfOtherRacks(lab.Topology()))
			Eventually(lab.Routes(scope)).WithContext(ctx).Should(Agree())
			expectECMP(ctx, lab, scope)
		})

		Requirement("LEAF-023", "a spine MUST know every block, via the leaf of its rack", func(ctx SpecContext) {
			Eventually(lab.Routes(both(on(topology.Spine), inPool(lab.Topology())))).WithContext(ctx).Should(Agree())
		})

		Requirement("LEAF-024", "a leaf MUST hold no route that it should not: no address of a single pod, no default, nothing of the nodes but their blocks", func(ctx SpecContext) {
			Eventually(lab.Routes(on(topology.Leaf))).WithContext(ctx).Should(Agree())
		})

		Requirement("LEAF-025", "a spine MUST hold no route that it should not", func(ctx SpecContext) {
			Eventually(lab.Routes(on(topology.Spine))).WithContext(ctx).Should(Agree())
		})
	})
}

// expectECMP counts next hops, so that this does not rest on the oracle alone.
func expectECMP(ctx SpecContext, lab *Lab, scope Scope) {
	GinkgoHelper()
	tables, err := observe.KernelTables(ctx, lab.Lab)
	Expect(err).NotTo(HaveOccurred())
	counted := 0
	for _, host := range lab.Topology().Leaves() {
		for _, r := range tables[host.Name] {
			if scope(host, r) {
				Expect(r.NextHops).To(HaveLen(len(lab.Topology().Spines())), "%s: %s", host.Name, r)
				counted++
			}
		}
	}
	Expect(counted).To(BeNumerically(">=", len(lab.Topology().Leaves())), "routes in scope")
}
