package localpolicy

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
)

// moves are requirements G3 and G12.
func moves(lab *Lab) {
	Context("moves", Label("routes", "changes"), func() {
		Requirement("LOC-030", "an endpoint that moves to another node MUST take the announcement with it", func(ctx SpecContext) {
			racks := nodesOf(lab)
			from, to := racks[0][0], racks[1][1]
			deployment := lab.NewDeployment(ctx, 1, OnNodes(from))
			service := lab.NewService(ctx, localService(deployment))
			deployment.Ready(ctx)
			lab.ExpectAnnounced(ctx, Single(service.ClusterIP), from)
			deployment.Move(ctx, to)
			deployment.Ready(ctx)
			lab.ExpectAnnounced(ctx, Single(service.ClusterIP), to)
		})

		Requirement("LOC-031", "a node that is drained MUST withdraw the service, and go on announcing its blocks", func(ctx SpecContext) {
			racks := nodesOf(lab)
			drained, stays := racks[0][1], racks[1][1]
			deployment := lab.NewDeployment(ctx, 2, OnNodes(drained, stays), OnePerNode())
			service := lab.NewService(ctx, localService(deployment))
			deployment.Ready(ctx)
			lab.ExpectAnnounced(ctx, Single(service.ClusterIP), drained, stays)
			lab.Drain(ctx, drained)
			lab.ExpectAnnounced(ctx, Single(service.ClusterIP), stays)
			state, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			blocks := state.Blocks(drained)
			Expect(blocks).NotTo(BeEmpty(), "blocks of %s", drained)
			for _, block := range blocks {
				lab.ExpectAnnounced(ctx, block, drained)
			}
		})

		Requirement("LOC-032", "a node that is cordoned MUST go on announcing the service, as its endpoint is still there", func(ctx SpecContext) {
			chosen := nodesOf(lab)[1][0]
			deployment := lab.NewDeployment(ctx, 1, OnNodes(chosen))
			service := lab.NewService(ctx, localService(deployment))
			deployment.Ready(ctx)
			lab.ExpectAnnounced(ctx, Single(service.ClusterIP), chosen)
			lab.Cordon(ctx, chosen)
			other := lab.NewService(ctx, localService(deployment))
			// The later service shows that the node has seen the change.
			lab.ExpectAnnounced(ctx, Single(other.ClusterIP), chosen)
			lab.ExpectAnnounced(ctx, Single(service.ClusterIP), chosen)
		})

		Requirement("LOC-033", "a service that goes from Local to Cluster MUST lose its /32, and get it back on the way back", func(ctx SpecContext) {
			chosen := nodesOf(lab)[0][0]
			deployment := lab.NewDeployment(ctx, 1, OnNodes(chosen))
			service := lab.NewService(ctx, localService(deployment))
			deployment.Ready(ctx)
			lab.ExpectAnnounced(ctx, Single(service.ClusterIP), chosen)
			service.Update(ctx, func(s *corev1.Service) { s.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyCluster })
			lab.ExpectAnnounced(ctx, Single(service.ClusterIP))
			service.Update(ctx, func(s *corev1.Service) { s.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal })
			lab.ExpectAnnounced(ctx, Single(service.ClusterIP), chosen)
		})
	})
}
