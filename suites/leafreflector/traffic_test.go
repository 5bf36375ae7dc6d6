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
			expectPodsReach(ctx, lab, func(from, to *topology.Host) bool { return from.Rack == to.Rack })
		})

		Requirement("LEAF-031", "pods in different racks MUST reach each other with their own addresses", func(ctx SpecContext) {
			expectPodsReach(ctx, lab, func(from, to *topology.Host) bool { return from.Rack != to.Rack })
		})

		Requirement("LEAF-032", "an external client MUST reach the pods on every node, and be seen with its own address", func(ctx SpecContext) {
			for _, client := range lab.Topology().ByRole(topology.Client) {
				for _, pod := range lab.Pods(ctx) {
					Expect(probe.ClientAddress(ctx, lab.At(client.Name), pod.Address)).To(Equal(client.Address()), "to the pod on %s", pod.Node)
				}
			}
		})

		Requirement("LEAF-033", "a node MUST reach the pods on every node from its own address", func(ctx SpecContext) {
			for _, node := range lab.Topology().Nodes() {
				for _, pod := range lab.Pods(ctx) {
					Expect(probe.ClientAddress(ctx, lab.At(node.Name), pod.Address)).To(Equal(node.Address()), "from %s to the pod on %s", node.Name, pod.Node)
				}
			}
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

// expectPodsReach probes between all pairs of pods on different nodes that are
// chosen.
func expectPodsReach(ctx SpecContext, lab *Lab, chosen func(from, to *topology.Host) bool) {
	GinkgoHelper()
	pods := lab.Pods(ctx)
	probed := 0
	for _, from := range pods {
		for _, to := range pods {
			a, _ := lab.Topology().Host(from.Node)
			b, _ := lab.Topology().Host(to.Node)
			if a == b || !chosen(a, b) {
				continue
			}
			Expect(probe.ClientAddress(ctx, from, to.Address)).To(Equal(from.Address.Addr()), "from %s to %s", from.Node, to.Node)
			probed++
		}
	}
	Expect(probed).To(BeNumerically(">", 0), "pairs of pods")
}
