package rackreflector

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/projectcalico/api/pkg/lib/numorstring"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/topology"
)

// oneAS is requirement F10: the nodes of all racks in one AS. A route from another rack
// has that AS in its path already, so BGP treats it as a loop unless it may repeat the
// AS.
func oneAS(lab *suite.Lab) {
	Context("one AS for the nodes of all racks", Needs(ConfigureRouters), Label("changes"), Ordered, ContinueOnFailure, func() {
		var (
			state oracle.State
			racks []rack
		)
		BeforeAll(func(ctx SpecContext) {
			lab.Ready(ctx)
			state, racks = begin(ctx, lab)
			// The specs wait for what becomes of it: a set-up that fails would say nothing of them.
			joinOneAS(ctx, lab, state)
		})

		Requirement("RRR-050", "without numAllowedLocalASNumbers no node MUST take another rack's blocks, though the leaves have them", func(ctx SpecContext) {
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			eachOther(racks, func(r, other rack) {
				for _, block := range blocksOf(state, other.nodes()...) {
					for _, node := range r.nodes() {
						Expect(observed.NextHops(ctx, lab, node.Name, block)).To(BeEmpty(), "%s: %s", node.Name, block)
					}
					Expect(observed.NextHops(ctx, lab, r.leaf.Name, block)).NotTo(BeEmpty(), "%s: %s", r.leaf.Name, block)
				}
			})
		})

		Requirement("RRR-051", "with numAllowedLocalASNumbers 1 towards the leaf the reflectors MUST take the other racks' blocks, with the nodes' AS once more in the path", func(ctx SpecContext) {
			allowOnce(ctx, lab, state)
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			spine := lab.Topology().Spines()[0]
			eachOther(racks, func(r, other rack) {
				for _, reflector := range r.reflectors {
					paths, err := observed.Paths(ctx, lab, reflector.Name)
					Expect(err).NotTo(HaveOccurred())
					for _, block := range blocksOf(state, other.nodes()...) {
						Expect(observed.NextHops(ctx, lab, reflector.Name, block)).To(ConsistOf(r.leaf.Name), "%s: %s", reflector.Name, block)
						Expect(paths.To(block)).NotTo(BeEmpty(), "%s: paths to %s", reflector.Name, block)
						for _, p := range paths.To(block) {
							Expect(p.ASPath).To(Equal([]uint32{r.leaf.AS, spine.AS, other.leaf.AS, state.Resources.DefaultAS()}), "%s: %s", reflector.Name, p)
						}
					}
				}
			})
		})

		Requirement("RRR-052", "numAllowedLocalASNumbers MUST hold between nodes too if the peer is given by its address: then every node takes the other racks' blocks", Needs(EnterPods), func(ctx SpecContext) {
			allowOnce(ctx, lab, state)
			as := numorstring.ASNumber(state.Resources.DefaultAS())
			for _, peer := range state.Resources.BGPPeers {
				if peer.Spec.PeerSelector != "" {
					lab.DeleteBGPPeer(ctx, peer.Name)
				}
			}
			once := int32(1)
			for _, r := range racks {
				for _, reflector := range r.reflectors {
					lab.ApplyBGPPeer(ctx, "to-"+reflector.Name, v3.BGPPeerSpec{
						NodeSelector: fmt.Sprintf("%s == '%s'", groupLabel, groupOf(ctx, lab, r)),
						PeerIP:       reflector.Address().String(), ASNumber: as, NumAllowedLocalASNumbers: &once,
					})
				}
			}
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			eachOther(racks, func(r, other rack) {
				for _, block := range blocksOf(state, other.nodes()...) {
					for _, node := range r.nodes() {
						Expect(observed.NextHops(ctx, lab, node.Name, block)).To(ConsistOf(r.leaf.Name), "%s: %s", node.Name, block)
					}
				}
			})
			expect.PodsReach(ctx, lab, func(from, to *topology.Host) bool { return from.Rack != to.Rack })
		})
	})
}

// joinOneAS puts all nodes into the cluster's default AS, and tells the leaves.
func joinOneAS(ctx SpecContext, lab *suite.Lab, state oracle.State) {
	GinkgoHelper()
	lab.ConfigureRouters(ctx, func(plan map[string]*fabric.Router) {
		for _, router := range plan {
			for i, neighbor := range router.Neighbors {
				if host, ok := lab.Topology().Host(neighbor.Host); ok && host.Role == topology.Node {
					router.Neighbors[i].AS = state.Resources.DefaultAS()
				}
			}
		}
	})
	for _, node := range state.Nodes {
		lab.AnnotateNode(ctx, node.Name, calico.ASNumberAnnotation, nil)
	}
}

// allowOnce lets the reflectors take from their leaf what has their AS in its path
// once.
func allowOnce(ctx SpecContext, lab *suite.Lab, state oracle.State) {
	GinkgoHelper()
	once := int32(1)
	changeLeafPeers(ctx, lab, state, func(spec *v3.BGPPeerSpec) { spec.NumAllowedLocalASNumbers = &once })
}

// eachOther calls visit for every rack with every other one.
func eachOther(racks []rack, visit func(r, other rack)) {
	for _, r := range racks {
		for _, other := range others(racks, r) {
			visit(r, other)
		}
	}
}
