package canal

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/oracle"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/topology"
)

// throughTunnel is the next hop to the subnet of a node.
func throughTunnel(to oracle.Node) route.NextHop {
	return route.NextHop{Via: to.Blocks[0].Addr(), Dev: calico.FlannelDevice, Onlink: true}
}

func routes(lab *suite.Lab) {
	Context("routes", Label("routes"), func() {
		Requirement("CAN-010", "a node MUST have exactly one route to the subnet of each other node, through flannel.1 to the subnet's first address, and no other into the pod network but those to its own pods", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())

			By("looking without the oracle")
			for _, p := range observed.NodePairs(ctx, lab, topology.AllPairs) {
				Expect(observed.RouteTo(ctx, lab, p.From.Name, p.To.Blocks[0]).NextHops).To(ConsistOf(throughTunnel(p.To)), "%s to %s", p.From.Name, p.To.Name)
			}
			expect.NoOtherPodRoutes(ctx, lab, lab.Topology().Nodes()...)
		})

		Requirement("CAN-011", "leaves and spines MUST hold no route into the pod network", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			expect.NoPodRoutes(ctx, lab, lab.Topology().Leaves()...)
			expect.NoPodRoutes(ctx, lab, lab.Topology().Spines()...)
		})
	})
}
