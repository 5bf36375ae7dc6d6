package vxlan

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/oracle"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// tunnel is the interface that encapsulates.
func tunnel() string { return calico.VXLAN.Device() }

// throughTunnel is the next hop to what is on a node.
func throughTunnel(to oracle.Node) route.NextHop {
	return route.NextHop{Via: to.VXLANTunnel, Dev: tunnel(), Onlink: true}
}

func routes(lab *suite.Lab) {
	Context("routes", Label("routes"), func() {
		Requirement("VXL-010", "a node MUST have exactly one route to each remote block, through vxlan.calico to the tunnel address of the node that owns it", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.RemoteBlocks(lab))).WithContext(ctx).Should(expect.Agree())

			By("looking without the oracle")
			for _, p := range observed.NodePairs(ctx, lab, topology.AllPairs) {
				for _, block := range p.To.Blocks {
					Expect(observed.RouteTo(ctx, lab, p.From.Name, block).NextHops).To(ConsistOf(throughTunnel(p.To)), "%s: %s", p.From.Name, block)
				}
			}
		})

		Requirement("VXL-011", "a node MUST have one blackhole route for each of its own blocks, by Felix, and no other", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.OwnBlocks(lab))).WithContext(ctx).Should(expect.Agree())
			expect.OwnBlackholes(ctx, lab)
		})

		Requirement("VXL-012", "BIRD MUST put no route of the pool into a kernel, although it knows them all", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			Expect(observed.BIRDPodRoutes(ctx, lab)).To(BeZero())
			for _, p := range observed.NodePairs(ctx, lab, topology.AllPairs) {
				known, err := observed.Paths(ctx, lab, p.From.Name)
				Expect(err).NotTo(HaveOccurred())
				Expect(known.To(p.To.Blocks...)).NotTo(BeEmpty(), "what %s's BIRD knows of %s", p.From.Name, p.To.Name)
			}
		})

		Requirement("VXL-013", "leaves and spines MUST hold no route into the pod network", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			expect.NoPodRoutes(ctx, lab, lab.Topology().Leaves()...)
			expect.NoPodRoutes(ctx, lab, lab.Topology().Spines()...)
		})

		Requirement("VXL-014", "routes MUST NOT change while nothing happens, though Felix looks at them", Label("slow"), func(ctx SpecContext) {
			expect.Quiet(ctx, lab, idle, func() { workload.NewPod(ctx, lab, lab.Topology().Nodes()[0].Name) })
		})
	})
}
