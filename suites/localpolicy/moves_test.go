package localpolicy

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// moves are requirements G3 and G12.
func moves(lab *suite.Lab) {
	Context("moves", Label("routes", "changes"), func() {
		Requirement("LOC-030", "an endpoint that moves to another node MUST take the announcement with it", func(ctx SpecContext) {
			racks := nodesOf(lab)
			from, to := racks[0][0], racks[1][1]
			deployment := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(from))
			service := workload.NewService(ctx, lab, localService(deployment))
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), from)
			deployment.Move(ctx, to)
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), to)
		})

		Requirement("LOC-031", "a node that is drained MUST withdraw the service, and go on announcing its blocks", func(ctx SpecContext) {
			racks := nodesOf(lab)
			drained, stays := racks[0][1], racks[1][1]
			deployment := workload.NewDeployment(ctx, lab, 2, workload.OnNodes(drained, stays), workload.OnePerNode())
			service := workload.NewService(ctx, lab, localService(deployment))
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), drained, stays)
			workload.Drain(ctx, lab, drained)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), stays)
			state, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			blocks := state.Blocks(drained)
			Expect(blocks).NotTo(BeEmpty(), "blocks of %s", drained)
			for _, block := range blocks {
				expect.Announced(ctx, lab, block, drained)
			}
		})

		Requirement("LOC-032", "a node that is cordoned MUST go on announcing the service, as its endpoint is still there", func(ctx SpecContext) {
			chosen := nodesOf(lab)[1][0]
			deployment := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(chosen))
			service := workload.NewService(ctx, lab, localService(deployment))
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), chosen)
			workload.Cordon(ctx, lab, chosen)
			other := workload.NewService(ctx, lab, localService(deployment))
			// The later service shows that the node has seen the change.
			expect.Announced(ctx, lab, route.Single(other.ClusterIP), chosen)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), chosen)
		})

		Requirement("LOC-033", "a service that goes from Local to Cluster MUST lose its /32, and get it back on the way back", func(ctx SpecContext) {
			chosen := nodesOf(lab)[0][0]
			deployment := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(chosen))
			service := workload.NewService(ctx, lab, localService(deployment))
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), chosen)
			service.Update(ctx, func(s *corev1.Service) { s.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyCluster })
			expect.Announced(ctx, lab, route.Single(service.ClusterIP))
			service.Update(ctx, func(s *corev1.Service) { s.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal })
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), chosen)
		})
	})
}
