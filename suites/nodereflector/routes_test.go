package nodereflector

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/topology"
)

// routes are requirements E2, E3 and E4 as nodes see them.
func routes(lab *suite.Lab) {
	Context("routes of nodes", Label("routes"), func() {
		Requirement("NRR-010", "a client MUST route every other node's block via the node that owns it, not via the reflector that told it", func(ctx SpecContext) {
			state, roles := begin(ctx, lab)
			Eventually(expect.Routes(lab, expect.Both(expect.On(topology.Node), expect.ToBlocksOfOthers(state)))).WithContext(ctx).Should(expect.Agree())

			By("comparing with the owners' addresses, so that this does not rest on the oracle alone")
			for _, client := range roles.clients {
				for _, owner := range lab.Topology().Nodes() {
					if owner.Name == client.Name {
						continue
					}
					for _, block := range blocksOf(state, owner) {
						Expect(observed.NextHops(ctx, lab, client.Name, block)).To(ConsistOf(owner.Name), "%s: %s", client.Name, block)
					}
				}
			}
		})

		Requirement("NRR-011", "a node MUST hold no route but those that reflectors, its own configuration and its own pods give it", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.On(topology.Node))).WithContext(ctx).Should(expect.Agree())
			expect.NoOtherRoutes(ctx, lab, lab.Topology().Nodes()...)
		})

		Requirement("NRR-012", "a route that was reflected MUST carry its originator and the reflector's cluster ID (RFC 4456)", func(ctx SpecContext) {
			state, roles := begin(ctx, lab)
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			expectBlocksReflected(ctx, lab, state, roles)
		})

		Requirement("NRR-013", "a reflector's own block MUST come without these marks, as nobody has reflected it", func(ctx SpecContext) {
			state, roles := begin(ctx, lab)
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			own := 0
			for _, client := range roles.clients {
				paths, err := observed.Paths(ctx, lab, client.Name)
				Expect(err).NotTo(HaveOccurred())
				for _, reflector := range roles.reflectors {
					for _, p := range paths.To(blocksOf(state, reflector)...) {
						if p.Peer != reflector.Address() {
							continue
						}
						Expect(p.OriginatorID.IsValid()).To(BeFalse(), "%s: %s", client.Name, p)
						Expect(p.ClusterList).To(BeEmpty(), "%s: %s", client.Name, p)
						own++
					}
				}
			}
			Expect(own).To(BeNumerically(">=", len(roles.clients)*len(roles.reflectors)), "routes to reflectors' own blocks")
		})

		Requirement("NRR-014", "a client MUST have each other client's block from both reflectors, and one next hop for it in its kernel", func(ctx SpecContext) {
			state, roles := begin(ctx, lab)
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			for _, client := range roles.clients {
				paths, err := observed.Paths(ctx, lab, client.Name)
				Expect(err).NotTo(HaveOccurred())
				for _, owner := range roles.clients {
					if owner.Name == client.Name {
						continue
					}
					for _, block := range blocksOf(state, owner) {
						var peers []netip.Addr
						for _, p := range paths.To(block) {
							peers = append(peers, p.Peer)
						}
						Expect(peers).To(ConsistOf(topology.Addresses(roles.reflectors)), "%s: from whom %s is", client.Name, block)
						Expect(observed.NextHops(ctx, lab, client.Name, block)).To(HaveLen(1), "%s: %s", client.Name, block)
					}
				}
			}
		})

		Requirement("NRR-015", "a client MUST export its own blocks to the reflectors, and nothing else", func(ctx SpecContext) {
			state, roles := begin(ctx, lab)
			for _, client := range roles.clients {
				exports, err := observe.Exports(ctx, lab.At(client.Name), client.Families())
				Expect(err).NotTo(HaveOccurred())
				Expect(exports).To(HaveLen(len(roles.reflectors)), "peers of %s", client.Name)
				for peer, prefixes := range exports {
					Expect(prefixes).To(ConsistOf(blocksOf(state, client)), "what %s exports to %s", client.Name, peer)
				}
			}
		})

		Requirement("NRR-016", "every BGP path on every host MUST be as RFC 4456 has it, with next hop, AS path, originator and cluster list", func(ctx SpecContext) {
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
		})

		// Packets then go in circles between the reflectors, so that nothing is sent.
		Requirement("NRR-018", "with nextHopMode Self towards its clients a reflector MUST name itself as next hop of what it reflects", Label("changes"), func(ctx SpecContext) {
			state, roles := begin(ctx, lab)
			lab.ChangeBGPPeer(ctx, nodesToReflectors, func(spec *v3.BGPPeerSpec) { spec.NextHopMode = nextHopMode(v3.NextHopModeSelf) })
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			for _, client := range roles.clients {
				paths, err := observed.Paths(ctx, lab, client.Name)
				Expect(err).NotTo(HaveOccurred())
				for _, owner := range roles.clients {
					for _, reflector := range roles.reflectors {
						if owner.Name == client.Name {
							continue
						}
						reflected := paths.To(blocksOf(state, owner)...).From(reflector.Address())
						Expect(reflected).NotTo(BeEmpty(), "what %s has of %s's blocks from %s", client.Name, owner.Name, reflector.Name)
						for _, p := range reflected {
							Expect(p.NextHop).To(Equal(reflector.Address()), "%s: %s", client.Name, p)
						}
					}
				}
			}
		})
	})
}

// expectBlocksReflected expects that clients have each other's blocks by paths that a reflector
// has passed on: with the owner as originator and next hop, and the reflectors' cluster ID.
func expectBlocksReflected(ctx SpecContext, lab *suite.Lab, state oracle.State, roles roles) {
	GinkgoHelper()
	cluster, err := netip.ParseAddr(clusterID(state, roles))
	Expect(err).NotTo(HaveOccurred())
	reflected := 0
	for _, client := range roles.clients {
		paths, err := observed.Paths(ctx, lab, client.Name)
		Expect(err).NotTo(HaveOccurred())
		for _, owner := range roles.clients {
			if owner.Name == client.Name {
				continue
			}
			for _, p := range paths.To(blocksOf(state, owner)...) {
				Expect(p.OriginatorID).To(Equal(owner.Address()), "%s: %s", client.Name, p)
				Expect(p.ClusterList).To(Equal([]netip.Addr{cluster}), "%s: %s", client.Name, p)
				Expect(p.NextHop).To(Equal(owner.Address()), "%s: %s", client.Name, p)
				reflected++
			}
		}
	}
	// Each client has each other client's block from each reflector.
	Expect(reflected).To(BeNumerically(">=", len(roles.clients)*(len(roles.clients)-1)*len(roles.reflectors)), "reflected routes")
}
