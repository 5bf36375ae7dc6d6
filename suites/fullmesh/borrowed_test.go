package fullmesh

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// borrowed is requirement B13 without encapsulation: BIRD carries the single address.
func borrowed(lab *suite.Lab) {
	Context("borrowed addresses", Label("routes", "borrowed"), Ordered, ContinueOnFailure, func() {
		var pod workload.Pod
		BeforeAll(func(ctx SpecContext) {
			lab.Ready(ctx)
			pod = workload.NewPodWithBorrowedAddress(ctx, lab, observed.NodePairs(ctx, lab, topology.AllPairs)[0])
			lab.Ready(ctx)
		})

		Requirement("MESH-060", "an address that is on another node than its block MUST be routed to the node that has it, by all nodes, the block's owner too", Needs(EnterPods), func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			for _, node := range lab.Topology().Nodes() {
				if node.Name != pod.Node {
					expect.OneRoute(ctx, lab, node.Name, route.Single(pod.Address.Addr()), pod.Node)
				}
			}
			expect.PodReachesAll(ctx, lab, pod)
		})

		Requirement("MESH-061", "the route to a borrowed address MUST go with the pod that had it", func(ctx SpecContext) {
			expect.RoutesGoWith(ctx, lab, pod)
		})
	})
}
