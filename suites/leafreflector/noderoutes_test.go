package leafreflector

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/topology"
)

// nodeRoutes are requirements F4, F5, F7 and F22 as a node sees them.
func nodeRoutes(lab *suite.Lab) {
	Context("routes of nodes", Label("routes"), func() {
		Requirement("LEAF-010", "a node MUST route the other racks' blocks via its leaf", func(ctx SpecContext) {
			state, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			Eventually(expect.Routes(lab, expect.Both(expect.On(topology.Node), blocksOfOtherRacks(state)))).WithContext(ctx).Should(expect.Agree())
			expect.BlockRoutes(ctx, lab, lab.Topology().Nodes(), topology.AcrossRacks, func(host, _ topology.Host) []string { return []string{leafOfRack(lab, host.Rack).Name} })
		})

		Requirement("LEAF-011", "a node MUST route its own rack's blocks via the nodes that own them, not via the leaf that reflects them", func(ctx SpecContext) {
			state, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			Eventually(expect.Routes(lab, expect.Both(expect.On(topology.Node), blocksOfOwnRack(state)))).WithContext(ctx).Should(expect.Agree())
			expect.BlockRoutes(ctx, lab, lab.Topology().Nodes(), topology.WithinRacks, expect.TheOwner)
		})

		Requirement("LEAF-012", "a node MUST hold no route into the pod network but those to blocks and to its own pods", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.Both(expect.On(topology.Node), expect.Within(lab.Topology().Pods...)))).WithContext(ctx).Should(expect.Agree())
			expect.NoOtherPodRoutes(ctx, lab, lab.Topology().Nodes()...)
		})

		Requirement("LEAF-013", "a node's table MUST be exactly what its leaf and its own configuration give it", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.On(topology.Node))).WithContext(ctx).Should(expect.Agree())
			expect.NoOtherRoutes(ctx, lab, lab.Topology().Nodes()...)
			for _, node := range lab.Topology().Nodes() {
				for _, other := range lab.Topology().Nodes() {
					if other.Rack != node.Rack {
						expect.OneRoute(ctx, lab, node.Name, other.Interfaces[0].Addresses[0].Masked(), leafOfRack(lab, node.Rack).Name)
					}
				}
			}
		})

		Requirement("LEAF-014", "a node MUST export its own blocks to its leaf, and nothing else", func(ctx SpecContext) {
			state, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			for _, node := range state.Nodes {
				Expect(node.Blocks).NotTo(BeEmpty(), "%s owns a block", node.Name)
				exports, err := observe.Exports(ctx, lab.At(node.Name), lab.Topology().Pods.Families())
				Expect(err).NotTo(HaveOccurred())
				Expect(exports).To(HaveLen(1), "peers of %s", node.Name)
				for peer, prefixes := range exports {
					Expect(prefixes).To(ConsistOf(node.Blocks), "what %s exports to %s", node.Name, peer)
				}
			}
		})

		Requirement("LEAF-015", "a reflected route MUST carry its originator and the reflector's cluster (RFC 4456)", func(ctx SpecContext) {
			state, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			reflected := 0
			for _, node := range lab.Topology().Nodes() {
				paths, err := observe.BIRDRoutes(ctx, lab.At(node.Name), node.Families())
				Expect(err).NotTo(HaveOccurred())
				for _, other := range state.Nodes {
					owner, ok := lab.Topology().Host(other.Name)
					Expect(ok).To(BeTrue())
					if owner.Rack != node.Rack || owner.Name == node.Name {
						continue
					}
					for _, path := range paths {
						for _, block := range other.Blocks {
							if path.Prefix != block || path.BGP == nil {
								continue
							}
							Expect(path.BGP.OriginatorID).To(Equal(owner.Address()), "%s: %s", node.Name, block)
							// Without a cluster ID of its own a reflector's is its BGP identifier
							// (RFC 4456, section 7).
							Expect(path.BGP.ClusterList).To(Equal([]netip.Addr{leafOfRack(lab, node.Rack).RouterID}), "%s: %s", node.Name, block)
							Expect(path.BGP.NextHop).To(Equal(owner.Address()), "%s: %s", node.Name, block)
							reflected++
						}
					}
				}
			}
			Expect(reflected).To(BeNumerically(">=", len(lab.Topology().Nodes())), "reflected routes")
		})
	})
}
