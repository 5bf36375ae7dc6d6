package vxlan

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/oracle"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	. "github.com/rackproof/rackproof/framework/suite"
)

// tunnel is the interface that encapsulates.
func tunnel() string { return calico.VXLAN.Device() }

// throughTunnel is the next hop to what is on a node.
func throughTunnel(to oracle.Node) route.NextHop {
	return route.NextHop{Via: to.VXLANTunnel, Dev: tunnel(), Onlink: true}
}

func routes(lab *Lab) {
	Context("routes", Label("routes"), func() {
		Requirement("VXL-010", "a node MUST have exactly one route to each remote block, through vxlan.calico to the tunnel address of the node that owns it", func(ctx SpecContext) {
			Eventually(lab.Routes(lab.RemoteBlocks())).WithContext(ctx).Should(Agree())

			By("looking without the oracle")
			for _, p := range lab.NodePairs(ctx, AllPairs) {
				for _, block := range p.To.Blocks {
					Expect(lab.RouteTo(ctx, p.From.Name, block).NextHops).To(ConsistOf(throughTunnel(p.To)), "%s: %s", p.From.Name, block)
				}
			}
		})

		Requirement("VXL-011", "a node MUST have one blackhole route for each of its own blocks, by Felix, and no other", func(ctx SpecContext) {
			Eventually(lab.Routes(lab.OwnBlocks())).WithContext(ctx).Should(Agree())
			lab.ExpectOwnBlackholes(ctx)
		})

		Requirement("VXL-012", "BIRD MUST put no route of the pool into a kernel, although it knows them all", func(ctx SpecContext) {
			Eventually(lab.Routes(lab.PodRoutes())).WithContext(ctx).Should(Agree())
			Expect(lab.FromBIRD(ctx)).To(BeZero())
			for _, p := range lab.NodePairs(ctx, AllPairs) {
				known, err := lab.PathsOf(ctx, p.From.Name)
				Expect(err).NotTo(HaveOccurred())
				Expect(known.To(p.To.Blocks...)).NotTo(BeEmpty(), "what %s's BIRD knows of %s", p.From.Name, p.To.Name)
			}
		})

		Requirement("VXL-013", "leaves and spines MUST hold no route into the pod network", func(ctx SpecContext) {
			Eventually(lab.Routes(Everything)).WithContext(ctx).Should(Agree())
			lab.ExpectNoPodRoutes(ctx, lab.Topology().Leaves()...)
			lab.ExpectNoPodRoutes(ctx, lab.Topology().Spines()...)
		})

		Requirement("VXL-014", "routes MUST NOT change while nothing happens, though Felix looks at them", Label("slow"), func(ctx SpecContext) {
			lab.ExpectQuiet(ctx, idle, func() { lab.NewPod(ctx, lab.Topology().Nodes()[0].Name) })
		})
	})
}
