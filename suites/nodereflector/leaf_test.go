package nodereflector

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/path"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/topology"
)

// leafRoutes are requirements E9 and E10: what an external neighbour of the
// reflectors gets.
func leafRoutes(lab *suite.Lab) {
	Context("routes of the leaf", Label("routes"), func() {
		Requirement("NRR-020", "with nextHopMode Keep the leaf MUST route to the nodes that own the blocks, so that traffic does not pass a reflector", func(ctx SpecContext) {
			state, roles := begin(ctx, lab)
			Eventually(expect.Routes(lab, expect.Both(expect.On(topology.Leaf), expect.Within(lab.Topology().Pods...)))).WithContext(ctx).Should(expect.Agree())

			By("comparing with the owners, so that this does not rest on the oracle alone")
			for _, client := range roles.clients {
				expectLeafRoute(ctx, lab, state, client, []topology.Host{client})
			}
		})

		Requirement("NRR-021", "without nextHopMode the leaf MUST have every block from both reflectors, which are the next hops, by equal cost", Label("changes"), func(ctx SpecContext) {
			state, roles := begin(ctx, lab)
			lab.ChangeBGPPeer(ctx, reflectorsToLeaf, func(spec *v3.BGPPeerSpec) { spec.NextHopMode = nil })
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			for _, client := range roles.clients {
				expectLeafRoute(ctx, lab, state, client, roles.reflectors)
			}
		})

		Requirement("NRR-022", "keepOriginalNextHop, which nextHopMode has replaced, MUST do the same as Keep for an external neighbour", Label("changes"), func(ctx SpecContext) {
			state, roles := begin(ctx, lab)
			// From the mode's Keep to this there would be nothing to see.
			lab.ChangeBGPPeer(ctx, reflectorsToLeaf, func(spec *v3.BGPPeerSpec) { spec.NextHopMode = nil })
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			for _, client := range roles.clients {
				expectLeafRoute(ctx, lab, state, client, roles.reflectors)
			}

			lab.ChangeBGPPeer(ctx, reflectorsToLeaf, func(spec *v3.BGPPeerSpec) { spec.KeepOriginalNextHop = true })
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			for _, client := range roles.clients {
				expectLeafRoute(ctx, lab, state, client, []topology.Host{client})
			}
		})

		Requirement("NRR-025", "with nextHopMode Auto the leaf MUST have the reflectors as next hops, as it has without nextHopMode", Label("changes"), func(ctx SpecContext) {
			state, roles := begin(ctx, lab)
			lab.ChangeBGPPeer(ctx, reflectorsToLeaf, func(spec *v3.BGPPeerSpec) { spec.NextHopMode = nextHopMode(v3.NextHopModeAuto) })
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			for _, client := range roles.clients {
				expectLeafRoute(ctx, lab, state, client, roles.reflectors)
			}
		})

		Requirement("NRR-023", "what leaves the AS MUST carry neither originator nor cluster list (RFC 4456)", func(ctx SpecContext) {
			onLeaf := func(host topology.Host, _ path.Path) bool { return host.Role == topology.Leaf }
			Eventually(expect.Paths(lab, onLeaf)).WithContext(ctx).Should(expect.Agree())
			for _, leaf := range lab.Topology().Leaves() {
				paths, err := observed.Paths(ctx, lab, leaf.Name)
				Expect(err).NotTo(HaveOccurred())
				Expect(paths).NotTo(BeEmpty(), "paths of %s", leaf.Name)
				for _, p := range paths {
					Expect(p.OriginatorID.IsValid()).To(BeFalse(), "%s: %s", leaf.Name, p)
					Expect(p.ClusterList).To(BeEmpty(), "%s: %s", leaf.Name, p)
				}
			}
		})

		Requirement("NRR-024", "the leaf MUST hold no route that it should not: no address of a single pod, no default, nothing of the nodes but their blocks", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.On(topology.Leaf))).WithContext(ctx).Should(expect.Agree())
			expect.NoOtherRoutes(ctx, lab, lab.Topology().Leaves()...)
		})
	})
}

// nextHopMode is a mode as a BGPPeer has it. The API's constants are of another type.
func nextHopMode(mode v3.BindMode) *v3.NextHopMode { return new(v3.NextHopMode(mode)) }

// expectLeafRoute expects that every leaf routes a node's blocks to exactly these
// next hops.
func expectLeafRoute(ctx SpecContext, lab *suite.Lab, state oracle.State, owner topology.Host, nextHops []topology.Host) {
	GinkgoHelper()
	for _, leaf := range lab.Topology().Leaves() {
		for _, block := range blocksOf(state, owner) {
			Expect(observed.NextHops(ctx, lab, leaf.Name, block)).To(ConsistOf(topology.Names(nextHops)), "%s: %s", leaf.Name, block)
		}
	}
}
