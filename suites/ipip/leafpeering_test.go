package ipip

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
)

// leafPeering is IPIP where the nodes also tell their leaf of their blocks, so that
// the fabric has a way to pods of its own (requirements B5, B6).
func leafPeering(lab *Lab) {
	Context("with leaf peering", Label("leafpeering"), Ordered, func() {
		BeforeAll(func(ctx SpecContext) {
			lab.Ready(ctx)
			// A leaf's routes to other racks have the nodes' AS in their path (requirement
			// F10).
			lab.SwitchMode(ctx, "ipipleaf", func(r *calico.Resources) {
				for i := range r.BGPPeers {
					r.BGPPeers[i].Spec.NumAllowedLocalASNumbers = new(int32(1))
				}
			})
			lab.Ready(ctx)
		})

		Requirement("IPIP-080", "leaves MUST have routes to the blocks of their rack, and route those of other racks over the fabric", func(ctx SpecContext) {
			Eventually(lab.Routes(Everything)).WithContext(ctx).Should(Agree())
			for _, leaf := range lab.Topology().Leaves() {
				for _, n := range lab.NodesNow(ctx) {
					for _, block := range n.Blocks {
						hops, err := lab.NextHops(ctx, leaf.Name, block)
						Expect(err).NotTo(HaveOccurred())
						Expect(hops).NotTo(BeEmpty(), "next hops of %s for %s", leaf.Name, block)
						if lab.Node(n.Name).Rack == leaf.Rack {
							Expect(hops).To(ContainElement(n.Name), "next hops of %s for %s", leaf.Name, block)
						}
					}
				}
			}
		})

		Requirement("IPIP-081", "the gateway of a remote block MUST stay the node that owns it, through tunl0, though the leaf offers another way", func(ctx SpecContext) {
			Eventually(lab.Paths(EveryPath)).WithContext(ctx).Should(Agree())
			offers := 0
			for _, p := range lab.NodePairs(ctx, AcrossRacks) {
				heard, err := lab.PathsOf(ctx, p.From.Name)
				Expect(err).NotTo(HaveOccurred())
				for _, path := range heard.To(p.To.Blocks...) {
					if path.Peer != lab.NodeIP(p.To.Name) && path.NextHop != lab.NodeIP(p.To.Name) {
						offers++
					}
				}
				for _, block := range p.To.Blocks {
					Expect(lab.RouteTo(ctx, p.From.Name, block).NextHops).To(ConsistOf(throughTunnel(lab, p.To.Name)), "%s: %s", p.From.Name, block)
				}
			}
			// The leaf tells its best path to all but the node that it has it from.
			Expect(offers).To(BeNumerically(">", 0), "paths by another next hop than the owner")
		})

		Requirement("IPIP-082", "packets between pods of different racks MUST still be inside IP packets", Label("packets"), func(ctx SpecContext) {
			seen, conversations := lab.Overhear(ctx, lab.Topology().Leaves(), AcrossRacks)
			for _, c := range conversations {
				Expect(seen).To(c.PassIn(observe.IPIP))
			}
		})

		Requirement("IPIP-083", "an outside client MUST reach the pods on every node, and be seen with its own address", Label("traffic"), func(ctx SpecContext) {
			lab.ExpectClientsReachPods(ctx)
		})
	})
}
