package fullmesh

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/projectcalico/api/pkg/lib/numorstring"
	"golang.org/x/sync/errgroup"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// changes are requirements A7, A8, A9, A11 and A12.
func changes(lab *suite.Lab) {
	Context("changes", Label("changes"), func() {
		Requirement("MESH-030", "turning the mesh off MUST remove every session and every route to a remote block", Needs(EnterPods), func(ctx SpecContext) {
			lab.LoseMesh(ctx)
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			for _, node := range lab.Topology().Nodes() {
				Expect(observed.Peers(ctx, lab, node.Name)).To(BeEmpty(), "sessions of %s", node.Name)
			}
			expect.BlockRoutes(ctx, lab, lab.Topology().Nodes(), topology.AllPairs, func(_, _ topology.Host) []string { return nil })
			pairs := workload.PodPairs(ctx, lab, topology.AllPairs)
			outcomes := make([]probe.Outcome, len(pairs))
			var attempts errgroup.Group
			for i, pair := range pairs {
				// All of them wait together.
				attempts.Go(func() (err error) {
					outcomes[i], err = probe.Attempt(ctx, pair.From, pair.To.Address, probe.Timeout)
					return err
				})
			}
			Expect(attempts.Wait()).To(Succeed())
			for i, pair := range pairs {
				Expect(outcomes[i]).To(BeElementOf(probe.TimedOut, probe.Unreachable), "%s: without routes no pod reaches another node's", pair)
			}
		})

		Requirement("MESH-031", "turning the mesh on again MUST bring every session and every route back", func(ctx SpecContext) {
			lab.LoseMesh(ctx)
			lab.SetMesh(ctx, true)
			expect.Mesh(ctx, lab)
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			expect.BlockRoutes(ctx, lab, lab.Topology().Nodes(), topology.AllPairs, expect.TheOwner)
		})

		Requirement("MESH-032", "a node with an AS number of its own MUST peer with it, and the others by eBGP with the node", func(ctx SpecContext) {
			own := lab.Topology().Nodes()[0].Name
			others := defaultAS(ctx, lab)
			number := fmt.Sprint(others + 1)
			lab.AnnotateNode(ctx, own, calico.ASNumberAnnotation, &number)
			expect.Mesh(ctx, lab)
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			got, err := observe.Sessions(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			as := func(name string) uint32 {
				if name == own {
					return others + 1
				}
				return others
			}
			for _, node := range lab.Topology().Nodes() {
				for _, s := range got[node.Name] {
					peer, _ := lab.Topology().HostOf(s.Peer)
					Expect([]uint32{s.LocalAS, s.PeerAS}).To(Equal([]uint32{as(node.Name), as(peer)}), "AS numbers of %s with %s", node.Name, peer)
				}
			}
			expect.BlockRoutes(ctx, lab, lab.Topology().Nodes(), topology.AllPairs, expect.TheOwner)
		})

		Requirement("MESH-033", "a change of the global AS number MUST re-establish every session with it, also with four octets", func(ctx SpecContext) {
			const fourOctets = 4<<16 + 566
			as := numorstring.ASNumber(fourOctets)
			lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) { spec.ASNumber = &as })
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			got, err := observe.Sessions(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			for _, node := range lab.Topology().Nodes() {
				for _, s := range got[node.Name] {
					Expect(s.PeerAS).To(BeEquivalentTo(fourOctets), "%s: %s", node.Name, s)
				}
			}
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
		})

		Requirement("MESH-034", "a BGPPeer from all nodes to all nodes MUST give the same sessions without the mesh, node specific", func(ctx SpecContext) {
			// One after the other: BIRD has one session with an address, and of two that
			// are configured for it one fails and waits.
			lab.LoseMesh(ctx)
			lab.ApplyBGPPeer(ctx, "all-to-all", v3.BGPPeerSpec{NodeSelector: "all()", PeerSelector: "all()"})
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			got, err := observe.Sessions(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			nodes := lab.Topology().Nodes()
			for _, node := range nodes {
				Expect(got[node.Name]).To(HaveLen(len(nodes)-1), node.Name)
				for _, s := range got[node.Name] {
					Expect(s.Kind).To(Equal(session.NodeSpecific), "%s: %s", node.Name, s)
				}
			}
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
		})
	})
}

func defaultAS(ctx SpecContext, lab *suite.Lab) uint32 {
	GinkgoHelper()
	resources, err := lab.Calico.Read(ctx)
	Expect(err).NotTo(HaveOccurred())
	return resources.DefaultAS()
}
