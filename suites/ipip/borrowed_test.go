package ipip

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	. "github.com/rackproof/rackproof/framework/suite"
)

// borrowed is requirement B13.
func borrowed(lab *Lab) {
	Context("borrowed addresses", Label("routes", "borrowed"), Ordered, func() {
		// A pod takes seconds to come and to go where processes start slowly.
		var lender, borrower string
		var pod Pod
		BeforeAll(func(ctx SpecContext) {
			lab.Ready(ctx)
			p := lab.NodePairs(ctx, AcrossRacks)[0]
			lender, borrower = p.From.Name, p.To.Name
			pod = lab.NewPodWithAddress(ctx, borrower, last(p.From.Blocks[0]))
			Expect(pod.Address.Addr()).To(Equal(last(p.From.Blocks[0])), "the pod has the address that it asked for")
		})

		Requirement("IPIP-060", "an address that is on another node than its block MUST be routed to the node that has it, by all nodes, the block's owner too", func(ctx SpecContext) {
			Eventually(lab.Routes(lab.PodRoutes())).WithContext(ctx).Should(Agree())
			Expect(holders(ctx, lab, pod.Address.Addr())).To(ContainElement(lender))
			for _, node := range lab.Topology().Nodes() {
				if node.Name != borrower {
					Expect(lab.RouteTo(ctx, node.Name, Single(pod.Address.Addr())).NextHops).To(
						ConsistOf(route.NextHop{Via: lab.NodeIP(borrower), Dev: tunnel(), Onlink: true}), node.Name)
				}
			}

			By("sending to it and from it, from every node's pod")
			for _, from := range lab.Pods(ctx) {
				lab.ExpectSeenAs(ctx, from, pod, from.Address.Addr())
				lab.ExpectSeenAs(ctx, pod, from, pod.Address.Addr())
			}
		})

		Requirement("IPIP-061", "the route to a borrowed address MUST go with the pod that had it", func(ctx SpecContext) {
			address := pod.Address.Addr()
			Expect(holders(ctx, lab, address)).To(ConsistOf(Names(lab.Topology().Nodes())), "nodes with a route to %s", address)
			lab.DeletePod(ctx, pod)
			Eventually(func() []string { return holders(ctx, lab, address) }).WithContext(ctx).Should(BeEmpty())
			Eventually(lab.Routes(lab.PodRoutes())).WithContext(ctx).Should(Agree())
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

// holders are the nodes that have a route to exactly an address.
func holders(ctx SpecContext, lab *Lab, address netip.Addr) []string {
	GinkgoHelper()
	var names []string
	for _, node := range lab.Topology().Nodes() {
		for _, r := range lab.TableOf(ctx, node.Name) {
			if r.Prefix == Single(address) {
				names = append(names, node.Name)
			}
		}
	}
	return names
}
