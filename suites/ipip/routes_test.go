package ipip

import (
	"time"

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

// idle is longer than the interval in which Felix looks for lost routes in this mode,
// and than two of BIRD's scans of the kernel.
const idle = 11 * time.Second

// tunnel is the interface that encapsulates.
func tunnel() string { return calico.IPIP.Device() }

// throughTunnel is the next hop to what is on a node.
func throughTunnel(lab *suite.Lab, node string) route.NextHop {
	GinkgoHelper()
	return route.NextHop{Via: lab.Node(node).Address(), Dev: tunnel(), Onlink: true}
}

func routes(lab *suite.Lab) {
	Context("routes", Label("routes"), func() {
		Requirement("IPIP-010", "a node MUST have exactly one route to each remote block, through tunl0 to the node IP of the node that owns it, on-link", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.RemoteBlocks(lab))).WithContext(ctx).Should(expect.Agree())

			By("looking without the oracle")
			for _, p := range observed.NodePairs(ctx, lab, topology.AllPairs) {
				for _, block := range p.To.Blocks {
					r := observed.RouteTo(ctx, lab, p.From.Name, block)
					Expect(r.NextHops).To(ConsistOf(throughTunnel(lab, p.To.Name)), "%s: %s", p.From.Name, r)
				}
			}
		})

		// IPIP-011 is withdrawn: the gateway of a route through tunl0 MUST be a node, and never
		// a switch. Without leaf peering no switch is a next hop, and IPIP-010 has the gateways.
		// IPIP-081 asks it where the leaf offers itself.

		Requirement("IPIP-012", "a node MUST have one blackhole route for each of its own blocks, by the program that owns the pool's routes, and no other", Needs(CalicoBIRD), Label("optional"), func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.OwnBlocks(lab))).WithContext(ctx).Should(expect.Agree())
			expect.OwnBlackholes(ctx, lab)
		})

		Requirement("IPIP-013", "a route of the pool MUST have one owner: of Felix and BIRD, the one that is to make the routes has all of them, and the other none", Needs(CalicoBIRD), Label("optional"), func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			expect.OneOwner(ctx, lab)
		})

		Requirement("IPIP-014", "leaves and spines MUST hold no route into the pod network", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			expect.NoPodRoutes(ctx, lab, lab.Topology().Leaves()...)
			expect.NoPodRoutes(ctx, lab, lab.Topology().Spines()...)
		})

		Requirement("IPIP-015", "routes MUST NOT change while nothing happens, though Felix looks at them", Needs(CutLinks), Label("slow"), func(ctx SpecContext) {
			expect.Quiet(ctx, lab, idle, func() { lab.CutLink(ctx, lab.Topology().ByRole(topology.Client)[0].Interfaces[0].Link) })
		})
	})
}
