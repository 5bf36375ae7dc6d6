package crosssubnet

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	. "github.com/rackproof/rackproof/framework/suite"
)

func borrowed(lab *Lab) {
	Context("borrowed addresses", Label("routes", "borrowed"), func() {
		Requirement("CRS-050", "an address on another node of the rack than its block MUST be routed by the nodes' own interfaces within the rack, and through tunl0 from others", func(ctx SpecContext) {
			p := lab.NodePairs(ctx, WithinRacks)[0]
			borrower := lab.Node(p.To.Name)
			pod := lab.NewPodWithAddress(ctx, borrower.Name, last(p.From.Blocks[0]))
			Eventually(lab.Routes(lab.PodRoutes())).WithContext(ctx).Should(Agree())
			for _, node := range lab.Topology().Nodes() {
				if node.Name == borrower.Name {
					continue
				}
				hop := route.NextHop{Via: borrower.Address(), Dev: tunnel(), Onlink: true}
				if node.Rack == borrower.Rack {
					hop.Dev = nic(lab, node.Name)
				}
				Expect(lab.RouteTo(ctx, node.Name, Single(pod.Address.Addr())).NextHops).To(ConsistOf(hop), node.Name)
			}
			for _, from := range lab.Pods(ctx) {
				lab.ExpectSeenAs(ctx, from, pod, from.Address.Addr())
				lab.ExpectSeenAs(ctx, pod, from, pod.Address.Addr())
			}
		})
	})
}

// last is the last address of a block, which IPAM gives to nobody for long.
func last(block netip.Prefix) netip.Addr {
	address := block.Addr()
	for next := address; block.Contains(next); next = next.Next() {
		address = next
	}
	return address
}
