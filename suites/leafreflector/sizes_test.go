package leafreflector

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/topology"
)

// sizes is the MTU of article 1's fabric, and the smaller one of the world outside.
func sizes(lab *suite.Lab) {
	Context("sizes", Label("traffic", "mtu"), func() {
		Requirement("LEAF-071", "a packet that fills the fabric's MTU MUST pass uncut between nodes of different racks, and its sender be told by a spine which size passes to a client behind a smaller link, and that size pass", Needs(Clients, SendFromNodes), func(ctx SpecContext) {
			// Else the nodes would answer from memory, instead of the fabric.
			forget := func() {
				for _, node := range lab.Topology().Nodes() {
					Expect(probe.ForgetPaths(lab.From(node.Name))).To(Succeed())
				}
			}
			forget()
			DeferCleanup(forget)
			for _, p := range observed.NodePairs(ctx, lab, topology.AcrossRacks) {
				full := mtuOf(lab, lab.Node(p.From.Name))
				sized, err := probe.SendSized(ctx, lab.From(p.From.Name), lab.From(p.To.Name), lab.Node(p.To.Name).Address(), full)
				Expect(err).NotTo(HaveOccurred())
				Expect(sized.Arrived).To(BeTrue(), "from %s to %s: %s", p.From.Name, p.To.Name, sized)
			}
			for _, client := range lab.Topology().ByRole(topology.Client) {
				for _, node := range lab.Topology().Nodes() {
					full, passes := mtuOf(lab, node), mtuOf(lab, client)
					Expect(passes).To(BeNumerically("<", full), "MTU of the client's link")
					sized, err := probe.SendSized(ctx, lab.From(node.Name), lab.From(client.Name), client.Address(), full)
					Expect(err).NotTo(HaveOccurred())
					Expect(sized.TooLong).To(BeTrue(), "from %s: %s", node.Name, sized)
					teller, _ := lab.Topology().HostOf(sized.By)
					Expect(teller).To(BeElementOf(topology.Names(lab.Topology().Spines())), "from %s: %s", node.Name, sized)
					Expect(sized.PathMTU).To(Equal(passes), "from %s: %s", node.Name, sized)

					sized, err = probe.SendSized(ctx, lab.From(node.Name), lab.From(client.Name), client.Address(), passes)
					Expect(err).NotTo(HaveOccurred())
					Expect(sized.Arrived).To(BeTrue(), "from %s: %s", node.Name, sized)
				}
			}
		})
	})
}

// mtuOf is the MTU of a host's link.
func mtuOf(lab *suite.Lab, host topology.Host) int {
	GinkgoHelper()
	link, ok := lab.Topology().Link(host.Interfaces[0].Link)
	Expect(ok).To(BeTrue(), "the link of %s", host.Name)
	return link.MTU
}
