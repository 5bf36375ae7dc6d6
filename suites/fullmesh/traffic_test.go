package fullmesh

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// reachability is what the routes are for. The server tells the source address that it
// sees, so that a hidden translation fails too.
func reachability(lab *suite.Lab) {
	Context("traffic", Label("traffic"), func() {
		Requirement("MESH-020", "pods on the same node MUST reach each other with their own addresses", Needs(EnterPods), func(ctx SpecContext) {
			for node, pod := range workload.Pods(ctx, lab) {
				second := workload.NewPod(ctx, lab, node)
				expect.SeenAs(ctx, pod, second, pod.Address.Addr())
				expect.SeenAs(ctx, second, pod, second.Address.Addr())
			}
		})

		Requirement("MESH-021", "a pod MUST reach the pods on every other node, and be seen with its own address", Needs(EnterPods), func(ctx SpecContext) {
			pods := workload.Pods(ctx, lab)
			for _, from := range pods {
				for _, to := range pods {
					if from.Node != to.Node {
						Expect(probe.ClientAddress(ctx, from, to.Address)).To(Equal(from.Address.Addr()), "from %s to %s", from.Node, to.Node)
						Expect(probe.ServerName(ctx, from, to.Address)).To(Equal(to.PodName), "from %s to %s", from.Node, to.Node)
					}
				}
			}
		})

		Requirement("MESH-022", "a node MUST reach every pod from its own address", Needs(SendFromNodes), func(ctx SpecContext) {
			expect.NodesReachPods(ctx, lab)
		})
	})
}
