package crosssubnet

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/topology"
)

// tunnel is the interface that encapsulates.
func tunnel() string { return calico.IPIPCrossSubnet.Device() }

// direct is the next hop to what is on a node of the same subnet. BIRD does without
// onlink, as it finds the node on the interface's network.
func direct(lab *suite.Lab, from, to string) route.NextHop {
	return route.NextHop{Via: lab.Node(to).Address(), Dev: lab.Node(from).Interfaces[0].Name, Onlink: lab.RouteOwner() == calico.FelixOwns}
}

// routes are requirements C1 and C2.
func routes(lab *suite.Lab) {
	Context("routes", Label("routes"), func() {
		Requirement("CRS-001", "a block of a node in the same subnet MUST be routed to the node IP by the node's own interface, and not by tunl0", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.RemoteBlocks(lab))).WithContext(ctx).Should(expect.Agree())
			for _, p := range observed.NodePairs(ctx, lab, topology.WithinRacks) {
				hop := direct(lab, p.From.Name, p.To.Name)
				for _, block := range p.To.Blocks {
					r := observed.RouteTo(ctx, lab, p.From.Name, block)
					Expect(r.NextHops).To(ConsistOf(hop), "%s: %s", p.From.Name, r)
					Expect(r.Origin).To(Equal(expect.OwnerOrigin(lab)), "%s: %s", p.From.Name, r)
				}
			}
		})

		Requirement("CRS-002", "a block of a node in another subnet MUST be routed through tunl0 to the node IP of the node that owns it", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.RemoteBlocks(lab))).WithContext(ctx).Should(expect.Agree())
			for _, p := range observed.NodePairs(ctx, lab, topology.AcrossRacks) {
				hop := route.NextHop{Via: lab.Node(p.To.Name).Address(), Dev: tunnel(), Onlink: true}
				for _, block := range p.To.Blocks {
					r := observed.RouteTo(ctx, lab, p.From.Name, block)
					Expect(r.NextHops).To(ConsistOf(hop), "%s: %s", p.From.Name, r)
					Expect(r.Origin).To(Equal(expect.OwnerOrigin(lab)), "%s: %s", p.From.Name, r)
				}
			}
		})

		Requirement("CRS-003", "of Felix and BIRD, the one that does not own the pool's routes MUST put none of them into a kernel, and each own block MUST have one blackhole, by the owner", Needs(CalicoBIRD), Label("optional"), func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			expect.OneOwner(ctx, lab)
			expect.OwnBlackholes(ctx, lab)
		})

		Requirement("CRS-004", "leaves and spines MUST hold no route into the pod network", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			expect.NoPodRoutes(ctx, lab, lab.Topology().Leaves()...)
			expect.NoPodRoutes(ctx, lab, lab.Topology().Spines()...)
		})
	})
}
