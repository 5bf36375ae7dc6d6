package nodereflector

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/traffic"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// migration is requirement E5: Calico's documented way from the mesh to
// reflectors ("Configure BGP peering", section "Configure a node to act as a route
// reflector"): a node gets its cluster ID and its label, then the BGPPeer is made,
// and the mesh is switched off when the new sessions are up.
func migration(lab *suite.Lab) {
	Context("migration", Label("changes"), func() {
		// NRR-050 and NRR-051 are withdrawn: they forbade the loss of one probe, which BIRD may cost
		// when it replaces a route (see ExpectNoTwoLost).
		Requirement("NRR-052", "going from the mesh to reflectors in the documented order MUST NOT lose two datagrams in a row, 25 ms apart, between pods of nodes that do not become reflectors", Needs(EnterPods), Timing(probe.Late), func(ctx SpecContext) {
			state, roles := begin(ctx, lab)
			id := clusterID(state, roles)
			toMesh(ctx, lab, roles)

			meters := traffic.Stream(ctx, betweenClients(ctx, lab, roles))
			By("making reflectors")
			for _, reflector := range roles.reflectors {
				lab.AnnotateNode(ctx, reflector.Name, calico.ReflectorClusterIDAnnotation, &id)
				workload.LabelNode(ctx, lab, reflector.Name, reflectorLabel, "true")
			}
			for _, peer := range state.Resources.BGPPeers {
				lab.ApplyBGPPeer(ctx, peer.Name, peer.Spec)
			}
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())

			By("switching the mesh off")
			lab.SetMesh(ctx, false)
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			meters.ExpectNoTwoLost(ctx)
		})

		Requirement("NRR-053", "going back from reflectors to the mesh, with the mesh on before the reflectors go, MUST NOT lose two datagrams in a row, 25 ms apart, either", Needs(EnterPods), Timing(probe.Late), func(ctx SpecContext) {
			_, roles := begin(ctx, lab)
			meters := traffic.Stream(ctx, betweenClients(ctx, lab, roles))
			toMesh(ctx, lab, roles)
			meters.ExpectNoTwoLost(ctx)
		})
	})
}

// toMesh makes a mesh of all nodes: first the mesh, then the reflectors leave
// their role, and their BGPPeers go.
func toMesh(ctx SpecContext, lab *suite.Lab, roles roles) {
	GinkgoHelper()
	lab.SetMesh(ctx, true)
	Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
	for _, reflector := range roles.reflectors {
		dismiss(ctx, lab, reflector)
	}
	lab.DeleteBGPPeer(ctx, nodesToReflectors)
	lab.DeleteBGPPeer(ctx, reflectorsToLeaf)
	Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
	Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
}
