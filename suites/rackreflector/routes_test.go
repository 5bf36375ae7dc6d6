package rackreflector

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/topology"
)

// routes are requirements E3, E9, E10, F4, F5 and F22.
func routes(lab *suite.Lab) {
	Context("routes", Label("routes"), func() {
		Requirement("RRR-010", "a node MUST route its own rack's blocks via the nodes that own them", func(ctx SpecContext) {
			state, racks := begin(ctx, lab)
			ownRack := expect.ToBlocks(state, func(host, owner topology.Host) bool { return host.Rack == owner.Rack && host.Name != owner.Name })
			Eventually(expect.Routes(lab, expect.Both(expect.On(topology.Node), ownRack))).WithContext(ctx).Should(expect.Agree())
			for _, r := range racks {
				for _, node := range r.nodes() {
					for _, owner := range r.nodes() {
						for _, block := range blocksOf(state, owner) {
							if owner.Name != node.Name {
								Expect(observed.NextHops(ctx, lab, node.Name, block)).To(ConsistOf(owner.Name), "%s: %s", node.Name, block)
							}
						}
					}
				}
			}
		})

		Requirement("RRR-011", "a node MUST route the other racks' blocks via its leaf, also if it has them from a reflector", func(ctx SpecContext) {
			state, racks := begin(ctx, lab)
			otherRacks := expect.ToBlocks(state, func(host, owner topology.Host) bool { return host.Rack != owner.Rack })
			Eventually(expect.Routes(lab, expect.Both(expect.On(topology.Node), otherRacks))).WithContext(ctx).Should(expect.Agree())
			for _, r := range racks {
				for _, node := range r.nodes() {
					for _, other := range others(racks, r) {
						for _, block := range blocksOf(state, other.nodes()...) {
							Expect(observed.NextHops(ctx, lab, node.Name, block)).To(ConsistOf(r.leaf.Name), "%s: %s", node.Name, block)
						}
					}
				}
			}
		})

		Requirement("RRR-012", "a node's table MUST be exactly what its reflectors and its own configuration give it", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.On(topology.Node))).WithContext(ctx).Should(expect.Agree())
			expect.NoOtherRoutes(ctx, lab, lab.Topology().Nodes()...)
		})

		Requirement("RRR-013", "with nextHopMode Keep a leaf MUST route its rack's blocks to the nodes that own them, and to no reflector for others", func(ctx SpecContext) {
			state, racks := begin(ctx, lab)
			ownRack := expect.ToBlocks(state, func(host, owner topology.Host) bool { return host.Rack == owner.Rack })
			Eventually(expect.Routes(lab, expect.Both(expect.On(topology.Leaf), ownRack))).WithContext(ctx).Should(expect.Agree())
			for _, r := range racks {
				for _, owner := range r.nodes() {
					for _, block := range blocksOf(state, owner) {
						Expect(observed.NextHops(ctx, lab, r.leaf.Name, block)).To(ConsistOf(owner.Name), "%s: %s", r.leaf.Name, block)
					}
				}
			}
		})

		Requirement("RRR-014", "without nextHopMode a leaf MUST route its rack's blocks to both reflectors by equal cost, as they are the next hop of what they tell an external neighbour", Label("changes"), func(ctx SpecContext) {
			state, racks := begin(ctx, lab)
			changeLeafPeers(ctx, lab, state, func(spec *v3.BGPPeerSpec) { spec.NextHopMode = nil })
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			for _, r := range racks {
				for _, block := range blocksOf(state, r.clients...) {
					Expect(observed.NextHops(ctx, lab, r.leaf.Name, block)).To(ConsistOf(topology.Names(r.reflectors)), "%s: %s", r.leaf.Name, block)
				}
			}
		})

		Requirement("RRR-015", "the spine MUST route every block via the leaf of its rack, and leaves and spine hold no route that they should not", func(ctx SpecContext) {
			state, racks := begin(ctx, lab)
			Eventually(expect.Routes(lab, expect.On(topology.Leaf, topology.Spine))).WithContext(ctx).Should(expect.Agree())
			for _, spine := range lab.Topology().Spines() {
				for _, r := range racks {
					for _, block := range blocksOf(state, r.nodes()...) {
						Expect(observed.NextHops(ctx, lab, spine.Name, block)).To(ConsistOf(r.leaf.Name), "%s: %s", spine.Name, block)
					}
				}
			}
		})

		Requirement("RRR-016", "a reflected route MUST carry its originator and the address of the reflector as cluster ID, a different one from each", func(ctx SpecContext) {
			state, racks := begin(ctx, lab)
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			for _, r := range racks {
				for _, client := range r.clients {
					paths, err := observed.Paths(ctx, lab, client.Name)
					Expect(err).NotTo(HaveOccurred())
					for _, owner := range r.reflectors {
						for _, block := range blocksOf(state, owner) {
							// Each reflector passes on what it has of the other, who is no
							// client of its cluster.
							reflected := 0
							for _, p := range paths.To(block) {
								if p.Peer == owner.Address() {
									Expect(p.OriginatorID.IsValid()).To(BeFalse(), "%s: %s", client.Name, p)
									continue
								}
								Expect(p.OriginatorID).To(Equal(owner.Address()), "%s: %s", client.Name, p)
								Expect(p.ClusterList).To(Equal([]netip.Addr{p.Peer}), "%s: %s", client.Name, p)
								reflected++
							}
							Expect(reflected).To(Equal(1), "%s: reflected paths to %s", client.Name, block)
						}
					}
				}
			}
		})

		Requirement("RRR-017", "the AS path to another rack's block MUST lead through leaf, spine and leaf to the other rack's nodes", func(ctx SpecContext) {
			state, racks := begin(ctx, lab)
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			spine := lab.Topology().Spines()[0]
			for _, r := range racks {
				for _, other := range others(racks, r) {
					for _, node := range r.nodes() {
						paths, err := observed.Paths(ctx, lab, node.Name)
						Expect(err).NotTo(HaveOccurred())
						for _, owner := range other.nodes() {
							to := paths.To(blocksOf(state, owner)...)
							Expect(to).NotTo(BeEmpty(), "%s: paths to the block of %s", node.Name, owner.Name)
							for _, p := range to {
								Expect(p.ASPath).To(Equal([]uint32{r.leaf.AS, spine.AS, other.leaf.AS, owner.AS}), "%s: %s", node.Name, p)
							}
						}
					}
				}
			}
		})

		Requirement("RRR-018", "every BGP path on every host MUST be as RFC 4271 and RFC 4456 have it", func(ctx SpecContext) {
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
		})
	})
}
