package crosssubnet

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	. "github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

func borrowed(lab *Lab) {
	Context("borrowed addresses", Label("routes", "borrowed"), func() {
		Requirement("CRS-050", "an address on another node of the rack than its block MUST be routed by the nodes' own interfaces within the rack, and through tunl0 from others", func(ctx SpecContext) {
			p := lab.NodePairs(ctx, WithinRacks)[0]
			borrower := lab.Node(p.To.Name)
			pod := lab.NewPodWithBorrowedAddress(ctx, p)
			Eventually(lab.Routes(lab.PodRoutes())).WithContext(ctx).Should(Agree())
			lab.ExpectPodRouted(ctx, pod, func(from topology.Host) route.NextHop {
				hop := route.NextHop{Via: borrower.Address(), Dev: tunnel(), Onlink: true}
				if WithinRacks(&from, &borrower) {
					hop.Dev = lab.NodeInterface(from.Name)
				}
				return hop
			})
			lab.ExpectReachesAllPods(ctx, pod)
		})
	})
}
