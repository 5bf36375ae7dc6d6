package leafreflector

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

// traffic is what the routes are for. The server tells the source address that it
// sees, so that a hidden translation fails too.
func traffic(lab *Lab) {
	Context("traffic", Label("traffic"), func() {
		Requirement("LEAF-030", "pods in a rack MUST reach each other with their own addresses", func(ctx SpecContext) {
			lab.ExpectPodsReach(ctx, func(from, to *topology.Host) bool { return from.Rack == to.Rack })
		})

		Requirement("LEAF-031", "pods in different racks MUST reach each other with their own addresses", func(ctx SpecContext) {
			lab.ExpectPodsReach(ctx, func(from, to *topology.Host) bool { return from.Rack != to.Rack })
		})

		Requirement("LEAF-032", "an external client MUST reach the pods on every node, and be seen with its own address", func(ctx SpecContext) {
			lab.ExpectClientsReachPods(ctx)
		})

		Requirement("LEAF-033", "a node MUST reach the pods on every node from its own address", func(ctx SpecContext) {
			lab.ExpectNodesReachPods(ctx)
		})

		Requirement("LEAF-034", "a spine MUST reach the pods on every node", func(ctx SpecContext) {
			for _, spine := range lab.Topology().Spines() {
				for _, pod := range lab.Pods(ctx) {
					Expect(probe.ServerName(ctx, lab.At(spine.Name), pod.Address)).To(Equal(pod.PodName), "from %s to the pod on %s", spine.Name, pod.Node)
				}
			}
		})
	})
}
