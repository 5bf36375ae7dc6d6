package vxlan

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

// borrowed is requirement B13 for VXLAN.
func borrowed(lab *suite.Lab) {
	Context("borrowed addresses", Label("routes", "borrowed"), func() {
		Requirement("VXL-050", "an address that is on another node than its block MUST be routed to the node that has it, by all nodes, the block's owner too", Needs(EnterPods), func(ctx SpecContext) {
			p := observed.NodePairs(ctx, lab, topology.AcrossRacks)[0]
			pod := workload.NewPodWithBorrowedAddress(ctx, lab, p)
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			expect.PodRouted(ctx, lab, pod, func(topology.Host) route.NextHop { return throughTunnel(p.To) })

			By("sending to it and from it, from every node's pod")
			expect.PodReachesAll(ctx, lab, pod)
		})

		Requirement("VXL-051", "the route to a borrowed address MUST go with the pod that had it", func(ctx SpecContext) {
			expect.RoutesGoWith(ctx, lab, workload.NewPodWithBorrowedAddress(ctx, lab, observed.NodePairs(ctx, lab, topology.AcrossRacks)[0]))
		})
	})
}
