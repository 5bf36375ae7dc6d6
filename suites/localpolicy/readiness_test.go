package localpolicy

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// readiness is requirement G11: only ready endpoints count.
func readiness(lab *suite.Lab) {
	Context("readiness", Label("routes", "changes"), func() {
		Requirement("LOC-020", "a node whose only endpoint is not ready MUST NOT announce the service", Known("projectcalico/calico#13246"), func(ctx SpecContext) {
			racks := nodesOf(lab)
			ready, notReady := racks[0][0], racks[1][0]
			deployment := workload.NewDeployment(ctx, lab, 2, workload.OnNodes(ready, notReady), workload.OnePerNode(), workload.Gated())
			service := workload.NewService(ctx, lab, localService(deployment))
			running := deployment.Running(ctx)
			for _, pod := range running {
				if pod.Node == ready {
					pod.SetReady(ctx, true)
				}
			}
			Eventually(service.EndpointNodes).WithContext(ctx).Should(ConsistOf(ready, notReady))
			expectSeen(ctx, lab, running...)
			Eventually(observed.NextHops).WithContext(ctx).WithArguments(lab, leafOf(lab, ready), route.Single(service.ClusterIP)).Should(ContainElement(ready))
			KnownIssue(ctx, lab, "projectcalico/calico#13246",
				func(g Gomega) { expect.FabricRoutes(ctx, lab, g, route.Single(service.ClusterIP), ready) },
				func(g Gomega) { expect.FabricRoutes(ctx, lab, g, route.Single(service.ClusterIP), ready, notReady) })
		})

		// LOC-021 is withdrawn: a node MUST announce the service as soon as its endpoint is
		// ready. With calico#13246 it does so before, and the spec could not fail. LOC-020 has
		// the broken part, LOC-006 the kept one.

		Requirement("LOC-022", "an update of one EndpointSlice MUST NOT withdraw what a node announces because of another one", Known("projectcalico/calico#11502"), func(ctx SpecContext) {
			racks := nodesOf(lab)
			chosen, other := racks[0][0], racks[1][0]
			first, second := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(chosen)), workload.NewDeployment(ctx, lab, 1, workload.OnNodes(other))
			service := workload.NewService(ctx, lab, withoutSelector())
			pods := first.Ready(ctx)
			service.NewEndpointSlice(ctx, pods...)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), chosen)
			service.NewEndpointSlice(ctx, second.Ready(ctx)...)
			expectSeen(ctx, lab, pods...)
			Eventually(observed.NextHops).WithContext(ctx).WithArguments(lab, leafOf(lab, other), route.Single(service.ClusterIP)).Should(ContainElement(other))
			KnownIssue(ctx, lab, "projectcalico/calico#11502",
				func(g Gomega) { expect.FabricRoutes(ctx, lab, g, route.Single(service.ClusterIP), chosen, other) },
				func(g Gomega) { expect.FabricRoutes(ctx, lab, g, route.Single(service.ClusterIP), other) })
		})

		Requirement("LOC-023", "a service without a selector MUST be announced by the nodes of the endpoints that somebody gives it", func(ctx SpecContext) {
			chosen := nodesOf(lab)[1][1]
			deployment := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(chosen))
			service := workload.NewService(ctx, lab, withoutSelector())
			service.NewEndpointSlice(ctx, deployment.Ready(ctx)...)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), chosen)
		})

		Requirement("LOC-024", "when these endpoints are taken away with their EndpointSlice, the service MUST be withdrawn", Known("projectcalico/calico#10715"), func(ctx SpecContext) {
			chosen := nodesOf(lab)[1][1]
			deployment := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(chosen))
			service := workload.NewService(ctx, lab, withoutSelector())
			pods := deployment.Ready(ctx)
			slice := service.NewEndpointSlice(ctx, pods...)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), chosen)
			Expect(lab.Client.Resources().Delete(ctx, slice)).To(Succeed())
			// EndpointSlices come to a node in one order: who announces the later service
			// has seen the deletion.
			expectSeen(ctx, lab, pods...)
			KnownIssue(ctx, lab, "projectcalico/calico#10715",
				func(g Gomega) { expect.FabricRoutes(ctx, lab, g, route.Single(service.ClusterIP)) },
				func(g Gomega) { expect.FabricRoutes(ctx, lab, g, route.Single(service.ClusterIP), chosen) })
		})

		Requirement("LOC-025", "when these endpoints are taken out of their EndpointSlice, the service MUST be withdrawn", func(ctx SpecContext) {
			chosen := nodesOf(lab)[1][1]
			deployment := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(chosen))
			service := workload.NewService(ctx, lab, withoutSelector())
			slice := service.NewEndpointSlice(ctx, deployment.Ready(ctx)...)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), chosen)
			slice.Endpoints = nil
			Expect(lab.Client.Resources().Update(ctx, slice)).To(Succeed())
			expect.Announced(ctx, lab, route.Single(service.ClusterIP))
		})
	})
}

// expectSeen waits until the nodes of some pods have seen all EndpointSlices that there
// are: until they announce a later service that each of them has an endpoint of.
func expectSeen(ctx SpecContext, lab *suite.Lab, pods ...workload.Pod) {
	GinkgoHelper()
	later := workload.NewService(ctx, lab, withoutSelector())
	later.NewEndpointSlice(ctx, pods...)
	for _, pod := range pods {
		Eventually(observed.NextHops).WithContext(ctx).WithArguments(lab, leafOf(lab, pod.Node), route.Single(later.ClusterIP)).Should(ContainElement(pod.Node), "the next hops for a later service")
	}
}

// leafOf names the leaf of a node's rack.
func leafOf(lab *suite.Lab, node string) string {
	host, _ := lab.Topology().Host(node)
	for _, leaf := range lab.Topology().Leaves() {
		if leaf.Rack == host.Rack {
			return leaf.Name
		}
	}
	return ""
}

// withoutSelector is a local service whose EndpointSlices are the spec's to make.
func withoutSelector() workload.ServiceOptions {
	options := localService(nil)
	options.Selector = map[string]string{}
	return options
}
