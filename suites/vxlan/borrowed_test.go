package vxlan

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	. "github.com/rackproof/rackproof/framework/suite"
)

// borrowed is requirement B13 for VXLAN.
func borrowed(lab *Lab) {
	Context("borrowed addresses", Label("routes", "borrowed"), func() {
		Requirement("VXL-050", "an address that is on another node than its block MUST be routed to the node that has it, by all nodes, the block's owner too", func(ctx SpecContext) {
			state := stateOf(ctx, lab)
			p := pairs(lab, state, false)[0]
			lender, borrower := p.from, p.to
			pod := lab.NewPodWithAddress(ctx, borrower.Name, last(lender.Blocks[0]))
			Expect(pod.Address.Addr()).To(Equal(last(lender.Blocks[0])), "the pod has the address that it asked for")
			Eventually(lab.Routes(inPool(lab))).WithContext(ctx).Should(Agree())
			for _, n := range state.Nodes {
				if n.Name == borrower.Name {
					continue
				}
				Eventually(func() []route.NextHop {
					return routeTo(ctx, lab, n.Name, Single(pod.Address.Addr())).NextHops
				}).WithContext(ctx).Should(ConsistOf(route.NextHop{Via: borrower.VXLANTunnel, Dev: tunnel(), Onlink: true}), n.Name)
			}

			By("sending to it and from it, from every node's pod")
			for _, from := range lab.Pods(ctx) {
				expectSeenAs(ctx, from, pod, from.Address.Addr())
				expectSeenAs(ctx, pod, from, pod.Address.Addr())
			}
		})

		Requirement("VXL-051", "the route to a borrowed address MUST go with the pod that had it", func(ctx SpecContext) {
			p := pairs(lab, stateOf(ctx, lab), false)[0]
			address := last(p.from.Blocks[0])
			pod := lab.NewPodWithAddress(ctx, p.to.Name, address)
			Eventually(lab.Routes(inPool(lab))).WithContext(ctx).Should(Agree())
			Expect(holders(ctx, lab, address)).To(ConsistOf(Names(lab.Topology().Nodes())), "nodes with a route to %s", address)
			lab.DeletePod(ctx, pod)
			Eventually(func() []string { return holders(ctx, lab, address) }).WithContext(ctx).Should(BeEmpty())
			Eventually(lab.Routes(inPool(lab))).WithContext(ctx).Should(Agree())
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
		for _, r := range tableOf(ctx, lab, node.Name) {
			if r.Prefix == Single(address) {
				names = append(names, node.Name)
			}
		}
	}
	return names
}
