package crosssubnet

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	. "github.com/rackproof/rackproof/framework/suite"
)

// tunnel is the interface that encapsulates.
func tunnel() string { return calico.IPIPCrossSubnet.Device() }

// routes are requirements C1 and C2.
func routes(lab *Lab) {
	Context("routes", Label("routes"), func() {
		Requirement("CRS-001", "a block of a node in the same subnet MUST be routed to the node IP by the node's own interface, and not by tunl0", func(ctx SpecContext) {
			Eventually(lab.Routes(lab.RemoteBlocks())).WithContext(ctx).Should(Agree())
			for _, p := range lab.NodePairs(ctx, WithinRacks) {
				hop := route.NextHop{Via: lab.NodeIP(p.To.Name), Dev: lab.NodeInterface(p.From.Name), Onlink: true}
				for _, block := range p.To.Blocks {
					r := lab.RouteTo(ctx, p.From.Name, block)
					Expect(r.NextHops).To(ConsistOf(hop), "%s: %s", p.From.Name, r)
					Expect(r.Origin).To(Equal(route.OriginFelix), "%s: %s", p.From.Name, r)
				}
			}
		})

		Requirement("CRS-002", "a block of a node in another subnet MUST be routed through tunl0 to the node IP of the node that owns it", func(ctx SpecContext) {
			Eventually(lab.Routes(lab.RemoteBlocks())).WithContext(ctx).Should(Agree())
			for _, p := range lab.NodePairs(ctx, AcrossRacks) {
				hop := route.NextHop{Via: lab.NodeIP(p.To.Name), Dev: tunnel(), Onlink: true}
				for _, block := range p.To.Blocks {
					r := lab.RouteTo(ctx, p.From.Name, block)
					Expect(r.NextHops).To(ConsistOf(hop), "%s: %s", p.From.Name, r)
					Expect(r.Origin).To(Equal(route.OriginFelix), "%s: %s", p.From.Name, r)
				}
			}
		})

		Requirement("CRS-003", "BIRD MUST put no route of the pool into a kernel, and each own block MUST have one blackhole, by Felix", func(ctx SpecContext) {
			Eventually(lab.Routes(lab.PodRoutes())).WithContext(ctx).Should(Agree())
			Expect(lab.FromBIRD(ctx)).To(BeZero())
			lab.ExpectOwnBlackholes(ctx)
		})

		Requirement("CRS-004", "leaves and spines MUST hold no route into the pod network", func(ctx SpecContext) {
			Eventually(lab.Routes(Everything)).WithContext(ctx).Should(Agree())
			lab.ExpectNoPodRoutes(ctx, lab.Topology().Leaves()...)
			lab.ExpectNoPodRoutes(ctx, lab.Topology().Spines()...)
		})
	})
}
