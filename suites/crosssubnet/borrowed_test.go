package crosssubnet

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

func borrowed(lab *suite.Lab) {
	Context("borrowed addresses", Label("routes", "borrowed"), func() {
		Requirement("CRS-050", "an address on another node of the rack than its block MUST be routed by the nodes' own interfaces within the rack, and through tunl0 from others", Needs(EnterPods), func(ctx SpecContext) {
			p := observed.NodePairs(ctx, lab, topology.WithinRacks)[0]
			borrower := lab.Node(p.To.Name)
			pod := workload.NewPodWithBorrowedAddress(ctx, lab, p)
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			expect.PodRouted(ctx, lab, pod, func(from topology.Host) route.NextHop {
				if topology.WithinRacks(&from, &borrower) {
					return direct(lab, from.Name, borrower.Name)
				}
				return route.NextHop{Via: borrower.Address(), Dev: tunnel(), Onlink: true}
			})
			expect.PodReachesAll(ctx, lab, pod)
		})
	})
}
