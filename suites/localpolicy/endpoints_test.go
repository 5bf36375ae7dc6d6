package localpolicy

import (
	"net/netip"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	corev1 "k8s.io/api/core/v1"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// endpoints is requirement G2: who announces a service, as its pods come and go.
func endpoints(lab *suite.Lab) {
	Context("endpoints", Label("routes"), func() {
		Requirement("LOC-001", "a cluster IP MUST be announced as a /32 by exactly the one node that has an endpoint", func(ctx SpecContext) {
			chosen := nodesOf(lab)[0][1]
			deployment := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(chosen))
			service := workload.NewService(ctx, lab, localService(deployment))
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), chosen)
		})

		Requirement("LOC-002", "with endpoints on two nodes of a rack the rack's leaf MUST spread over both, and the rest of the fabric go to that leaf alone", func(ctx SpecContext) {
			chosen := nodesOf(lab)[1]
			deployment := workload.NewDeployment(ctx, lab, len(chosen), workload.OnNodes(chosen...), workload.OnePerNode())
			service := workload.NewService(ctx, lab, localService(deployment))
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), chosen...)
		})

		Requirement("LOC-003", "with endpoints in both racks every spine MUST spread over both leaves, and a leaf use its own rack's endpoint alone", func(ctx SpecContext) {
			racks := nodesOf(lab)
			chosen := []string{racks[0][0], racks[1][0]}
			deployment := workload.NewDeployment(ctx, lab, len(chosen), workload.OnNodes(chosen...), workload.OnePerNode())
			service := workload.NewService(ctx, lab, localService(deployment))
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), chosen...)
		})

		Requirement("LOC-004", "several endpoints on one node MUST NOT change anything, and the last of them gone withdraw the address", Label("changes"), func(ctx SpecContext) {
			chosen := nodesOf(lab)[0][1]
			deployment := workload.NewDeployment(ctx, lab, 2, workload.OnNodes(chosen))
			service := workload.NewService(ctx, lab, localService(deployment))
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), chosen)
			deployment.Scale(ctx, 1)
			deployment.Ready(ctx)
			// The later service shows that the node has seen the change.
			later := workload.NewService(ctx, lab, localService(deployment))
			expect.Announced(ctx, lab, route.Single(later.ClusterIP), chosen)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), chosen)
			deployment.Scale(ctx, 0)
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP))
		})

		Requirement("LOC-005", "scaling up MUST add the new endpoints' nodes, and scaling down take them away, until exactly those of the endpoints are left", Label("changes"), func(ctx SpecContext) {
			all := slices.Concat(nodesOf(lab)...)
			deployment := workload.NewDeployment(ctx, lab, 1, workload.OnePerNode())
			service := workload.NewService(ctx, lab, localService(deployment))
			for _, replicas := range []int{1, len(all), 2} {
				deployment.Scale(ctx, replicas)
				expect.Announced(ctx, lab, route.Single(service.ClusterIP), nodesWith(deployment.Ready(ctx))...)
			}
		})

		Requirement("LOC-006", "a service scaled to zero MUST be announced by nobody, and again when it is scaled up", Label("changes"), func(ctx SpecContext) {
			deployment := workload.NewDeployment(ctx, lab, 1)
			service := workload.NewService(ctx, lab, localService(deployment))
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), nodesWith(deployment.Ready(ctx))...)
			deployment.Scale(ctx, 0)
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP))
			deployment.Scale(ctx, 1)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), nodesWith(deployment.Ready(ctx))...)
		})

		Requirement("LOC-007", "an external IP inside a range MUST be announced as a /32 by the endpoints' nodes too", func(ctx SpecContext) {
			chosen, address := nodesOf(lab)[1][1], workload.ExternalIP(lab, 60)
			deployment := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(chosen))
			options := localService(deployment)
			options.ExternalIPs = []netip.Addr{address}
			workload.NewService(ctx, lab, options)
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(address), chosen)
		})

		Requirement("LOC-008", "a LoadBalancer IP inside a range MUST be announced as a /32 by the endpoints' nodes too", func(ctx SpecContext) {
			chosen, address := nodesOf(lab)[1][0], workload.LoadBalancerIP(lab, 60)
			deployment := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(chosen))
			options := localService(deployment)
			options.Type, options.LoadBalancerIPs = corev1.ServiceTypeLoadBalancer, []netip.Addr{address}
			workload.NewService(ctx, lab, options)
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(address), chosen)
		})

		Requirement("LOC-009", "a service that is deleted MUST be withdrawn by every node", Label("changes"), func(ctx SpecContext) {
			service := workload.NewService(ctx, lab, localService(nil))
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), slices.Concat(nodesOf(lab)...)...)
			service.Delete(ctx)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP))
		})

		Requirement("LOC-010", "two services MUST be announced each by its own endpoints' nodes", func(ctx SpecContext) {
			racks := nodesOf(lab)
			first, second := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(racks[0][0])), workload.NewDeployment(ctx, lab, 1, workload.OnNodes(racks[1][1]))
			one, other := workload.NewService(ctx, lab, localService(first)), workload.NewService(ctx, lab, localService(second))
			first.Ready(ctx)
			second.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(one.ClusterIP), racks[0][0])
			expect.Announced(ctx, lab, route.Single(other.ClusterIP), racks[1][1])
		})

		Requirement("LOC-011", "internalTrafficPolicy MUST NOT matter for what is announced", func(ctx SpecContext) {
			chosen := nodesOf(lab)[0][0]
			deployment := workload.NewDeployment(ctx, lab, 0, workload.OnNodes(chosen))
			service := workload.NewService(ctx, lab, localService(deployment))
			service.Update(ctx, func(s *corev1.Service) {
				local := corev1.ServiceInternalTrafficPolicyLocal
				s.Spec.InternalTrafficPolicy = &local
			})
			// Afterwards, so that nothing is announced before the policy is seen.
			deployment.Scale(ctx, 1)
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), chosen)
			service.Update(ctx, func(s *corev1.Service) { s.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyCluster })
			expect.Announced(ctx, lab, route.Single(service.ClusterIP))
		})
	})
}

// nodesWith names the nodes of pods.
func nodesWith(pods []workload.Pod) []string {
	var names []string
	for _, pod := range pods {
		if !slices.Contains(names, pod.Node) {
			names = append(names, pod.Node)
		}
	}
	return names
}
