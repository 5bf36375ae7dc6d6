package tor

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/topology"
)

// routes are requirements F4, F5 and F9.
func routes(lab *suite.Lab) {
	Context("routes", Label("routes"), func() {
		Requirement("TOR-010", "a switch MUST route every block to the node that owns it, and to no other", func(ctx SpecContext) {
			state := begin(ctx, lab)
			Eventually(expect.Routes(lab, expect.Both(expect.On(topology.Leaf), expect.Within(lab.Topology().Pods...)))).WithContext(ctx).Should(expect.Agree())
			for _, tor := range tors(lab) {
				for _, node := range state.Nodes {
					for _, block := range node.Blocks {
						Expect(observed.NextHops(ctx, lab, tor, block)).To(ConsistOf(node.Name), "%s: %s", tor, block)
					}
				}
			}
		})

		Requirement("TOR-011", "a switch MUST get nothing from a node but its blocks: no subnet of nodes, no default, no single pod", func(ctx SpecContext) {
			state := begin(ctx, lab)
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			for _, tor := range tors(lab) {
				paths, err := observed.Paths(ctx, lab, tor)
				Expect(err).NotTo(HaveOccurred())
				for _, node := range state.Nodes {
					host, _ := lab.Topology().Host(node.Name)
					var prefixes []netip.Prefix
					for _, p := range paths.From(host.Address()) {
						prefixes = append(prefixes, p.Prefix)
					}
					Expect(prefixes).To(ConsistOf(node.Blocks), "what %s gets from %s", tor, node.Name)
				}
			}
		})

		Requirement("TOR-012", "a node MUST route to the outside over both switches by equal cost, and to other nodes' blocks directly", func(ctx SpecContext) {
			state := begin(ctx, lab)
			Eventually(expect.Routes(lab, expect.On(topology.Node))).WithContext(ctx).Should(expect.Agree())
			for _, node := range nodes(lab) {
				Expect(observed.NextHops(ctx, lab, node, outside(lab))).To(ConsistOf(tors(lab)), "%s: %s", node, outside(lab))
				for _, owner := range nodes(lab) {
					for _, block := range state.Blocks(owner) {
						if owner != node {
							Expect(observed.NextHops(ctx, lab, node, block)).To(ConsistOf(owner), "%s: %s", node, block)
						}
					}
				}
			}
		})

		Requirement("TOR-013", "the core MUST route every block over both switches by equal cost", func(ctx SpecContext) {
			state := begin(ctx, lab)
			Eventually(expect.Routes(lab, expect.On(topology.Spine))).WithContext(ctx).Should(expect.Agree())
			for _, core := range lab.Topology().Spines() {
				for _, block := range state.Blocks(nodes(lab)...) {
					Expect(observed.NextHops(ctx, lab, core.Name, block)).To(ConsistOf(tors(lab)), "%s: %s", core.Name, block)
				}
			}
		})

		Requirement("TOR-014", "a switch MUST NOT pass on to a node what it has from another one, as it is no reflector", func(ctx SpecContext) {
			state := begin(ctx, lab)
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			for _, node := range nodes(lab) {
				paths, err := observed.Paths(ctx, lab, node)
				Expect(err).NotTo(HaveOccurred())
				fromToRs := paths.From(topology.Addresses(lab.Topology().Leaves())...)
				Expect(fromToRs).NotTo(BeEmpty(), "what %s has from the switches", node)
				Expect(fromToRs.To(state.Blocks(nodes(lab)...)...)).To(BeEmpty(), "blocks that %s has from the switches", node)
			}
		})

		Requirement("TOR-015", "switches and core MUST hold no route that they should not", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.On(topology.Leaf, topology.Spine))).WithContext(ctx).Should(expect.Agree())
			expect.NoOtherRoutes(ctx, lab, append(lab.Topology().Leaves(), lab.Topology().Spines()...)...)
		})
	})
}
