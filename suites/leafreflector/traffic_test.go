package leafreflector

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// reachability is what the routes are for. The server tells the source address that it
// sees, so that a hidden translation fails too.
func reachability(lab *suite.Lab) {
	Context("traffic", Label("traffic"), func() {
		Requirement("LEAF-030", "pods in a rack MUST reach each other with their own addresses", Needs(EnterPods), func(ctx SpecContext) {
			expect.PodsReach(ctx, lab, func(from, to *topology.Host) bool { return from.Rack == to.Rack })
		})

		Requirement("LEAF-031", "pods in different racks MUST reach each other with their own addresses", Needs(EnterPods), func(ctx SpecContext) {
			expect.PodsReach(ctx, lab, func(from, to *topology.Host) bool { return from.Rack != to.Rack })
		})

		Requirement("LEAF-032", "an external client MUST reach the pods on every node, and be seen with its own address", Needs(Clients), func(ctx SpecContext) {
			expect.ClientsReachPods(ctx, lab)
		})

		Requirement("LEAF-033", "a node MUST reach the pods on every node from its own address", Needs(SendFromNodes), func(ctx SpecContext) {
			expect.NodesReachPods(ctx, lab)
		})

		Requirement("LEAF-034", "a spine MUST reach the pods on every node", Needs(SendFromSwitches), func(ctx SpecContext) {
			for _, spine := range lab.Topology().Spines() {
				for _, pod := range workload.Pods(ctx, lab) {
					Expect(probe.ServerName(ctx, lab.From(spine.Name), pod.Address)).To(Equal(pod.PodName), "from %s to the pod on %s", spine.Name, pod.Node)
				}
			}
		})
	})
}
