package ipip

import (
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	. "github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

// idle is longer than the interval in which Felix looks for lost routes in this mode,
// and than two of BIRD's scans of the kernel.
const idle = 11 * time.Second

// tunnel is the interface that encapsulates.
func tunnel() string { return calico.IPIP.Device() }

// throughTunnel is the next hop to what is on a node.
func throughTunnel(lab *Lab, node string) route.NextHop {
	GinkgoHelper()
	return route.NextHop{Via: lab.NodeIP(node), Dev: tunnel(), Onlink: true}
}

func routes(lab *Lab) {
	Context("routes", Label("routes"), func() {
		Requirement("IPIP-010", "a node MUST have exactly one route to each remote block, through tunl0 to the node IP of the node that owns it, on-link", func(ctx SpecContext) {
			Eventually(lab.Routes(lab.RemoteBlocks())).WithContext(ctx).Should(Agree())

			By("looking without the oracle")
			for _, p := range lab.NodePairs(ctx, AllPairs) {
				for _, block := range p.To.Blocks {
					r := lab.RouteTo(ctx, p.From.Name, block)
					Expect(r.NextHops).To(ConsistOf(throughTunnel(lab, p.To.Name)), "%s: %s", p.From.Name, r)
				}
			}
		})

		Requirement("IPIP-011", "the gateway of a route through tunl0 MUST be a node, and never a switch", func(ctx SpecContext) {
			var nodeIPs []netip.Addr
			for _, node := range lab.Topology().Nodes() {
				nodeIPs = append(nodeIPs, node.Address())
			}
			for _, node := range lab.Topology().Nodes() {
				through := 0
				for _, r := range lab.TableOf(ctx, node.Name) {
					for _, hop := range r.NextHops {
						if hop.Dev == tunnel() {
							through++
							Expect(hop.Via).To(BeElementOf(nodeIPs), "%s: %s", node.Name, r)
							Expect(hop.Via).NotTo(Equal(node.Address()), "%s: %s", node.Name, r)
						}
					}
				}
				Expect(through).To(BeNumerically(">=", len(nodeIPs)-1), "next hops of %s through %s", node.Name, tunnel())
			}
		})

		Requirement("IPIP-012", "a node MUST have one blackhole route for each of its own blocks, by Felix, and no other", func(ctx SpecContext) {
			Eventually(lab.Routes(lab.OwnBlocks())).WithContext(ctx).Should(Agree())
			lab.ExpectOwnBlackholes(ctx)
		})

		Requirement("IPIP-013", "a route of the pool MUST have one owner: Felix has all of them, and BIRD none", func(ctx SpecContext) {
			Eventually(lab.Routes(lab.PodRoutes())).WithContext(ctx).Should(Agree())
			Expect(lab.FromBIRD(ctx)).To(BeZero())
			for _, node := range lab.Topology().Nodes() {
				Expect(lab.TableOf(ctx, node.Name).From(route.OriginFelix).Within(lab.Topology().Pods)).NotTo(BeEmpty(), node.Name)
			}
		})

		Requirement("IPIP-014", "leaves and spines MUST hold no route into the pod network", func(ctx SpecContext) {
			Eventually(lab.Routes(Everything)).WithContext(ctx).Should(Agree())
			lab.ExpectNoPodRoutes(ctx, lab.Topology().Leaves()...)
			lab.ExpectNoPodRoutes(ctx, lab.Topology().Spines()...)
		})

		Requirement("IPIP-015", "routes MUST NOT change while nothing happens, though Felix looks at them", Label("slow"), func(ctx SpecContext) {
			lab.ExpectQuiet(ctx, idle, func() { lab.CutLink(ctx, lab.Topology().ByRole(topology.Client)[0].Interfaces[0].Link) })
		})
	})
}
