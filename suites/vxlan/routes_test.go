package vxlan

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	. "github.com/rackproof/rackproof/framework/suite"
)

func routes(lab *Lab) {
	Context("routes", Label("routes"), func() {
		Requirement("VXL-010", "a node MUST have exactly one route to each remote block, through vxlan.calico to the tunnel address of the node that owns it", func(ctx SpecContext) {
			Eventually(lab.Routes(remoteBlocks(lab))).WithContext(ctx).Should(Agree())

			By("looking without the oracle")
			state := stateOf(ctx, lab)
			for _, from := range state.Nodes {
				for _, to := range state.Nodes {
					for _, block := range to.Blocks {
						if from.Name != to.Name {
							Expect(routeTo(ctx, lab, from.Name, block).NextHops).To(
								ConsistOf(route.NextHop{Via: to.VXLANTunnel, Dev: tunnel(), Onlink: true}), "%s: %s", from.Name, block)
						}
					}
				}
			}
		})

		Requirement("VXL-011", "a node MUST have one blackhole route for each of its own blocks, by Felix, and no other", func(ctx SpecContext) {
			Eventually(lab.Routes(ownBlocks(lab))).WithContext(ctx).Should(Agree())
			for _, n := range stateOf(ctx, lab).Nodes {
				for _, block := range n.Blocks {
					own := routeTo(ctx, lab, n.Name, block)
					Expect(own.Kind).To(Equal(route.Blackhole), "%s: %s", n.Name, own)
					Expect(own.Origin).To(Equal(route.OriginFelix), "%s: %s", n.Name, own)
				}
			}
		})

		Requirement("VXL-012", "BIRD MUST put no route of the pool into a kernel, although it knows them all", func(ctx SpecContext) {
			Eventually(lab.Routes(inPool(lab))).WithContext(ctx).Should(Agree())
			tables, err := observe.KernelTables(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			state := stateOf(ctx, lab)
			for _, n := range state.Nodes {
				Expect(tables[n.Name]).NotTo(BeEmpty(), n.Name)
				Expect(tables[n.Name].From(route.OriginBIRD).Within(lab.Topology().Pods)).To(BeEmpty(), n.Name)
				known, err := lab.PathsOf(ctx, n.Name)
				Expect(err).NotTo(HaveOccurred())
				for _, other := range state.Nodes {
					if other.Name != n.Name {
						Expect(known.To(other.Blocks...)).NotTo(BeEmpty(), "what %s's BIRD knows of %s", n.Name, other.Name)
					}
				}
			}
		})

		Requirement("VXL-013", "leaves and spines MUST hold no route into the pod network", func(ctx SpecContext) {
			Eventually(lab.Routes(Everything)).WithContext(ctx).Should(Agree())
			for _, host := range append(lab.Topology().Leaves(), lab.Topology().Spines()...) {
				table := tableOf(ctx, lab, host.Name)
				Expect(table).NotTo(BeEmpty(), host.Name)
				Expect(table.Within(lab.Topology().Pods)).To(BeEmpty(), host.Name)
			}
		})

		Requirement("VXL-014", "routes MUST NOT change while nothing happens, though Felix looks at them", Label("slow"), func(ctx SpecContext) {
			changes, err := observe.WatchRoutes(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			Consistently(changes, idle).ShouldNot(Receive())

			By("changing something, so that the silence means something")
			lab.NewPod(ctx, lab.Topology().Nodes()[0].Name)
			Eventually(changes).WithContext(ctx).Should(Receive())
		})
	})
}
