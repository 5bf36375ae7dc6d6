package crosssubnet

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
)

// subnets are requirement C4: what counts is the subnet that Calico has for a node.
func subnets(lab *Lab) {
	Context("subnets", Label("changes"), func() {
		Requirement("CRS-060", "a node whose address has a subnet of its own MUST send to every node through tunl0, and the others to it by their own subnets", func(ctx SpecContext) {
			p := lab.NodePairs(ctx, WithinRacks)[0]
			alone := netip.PrefixFrom(lab.NodeIP(p.From.Name), 32).String()
			lab.AnnotateNode(ctx, p.From.Name, calico.IPv4AddressAnnotation, &alone)
			Eventually(func() []string { return lab.DevicesTo(ctx, p) }).WithContext(ctx).Should(HaveEach(tunnel()))
			Eventually(lab.Routes(lab.PodRoutes())).WithContext(ctx).Should(Agree())
			Expect(lab.DevicesTo(ctx, NodePair{From: p.To, To: p.From})).To(HaveEach(lab.NodeInterface(p.To.Name)))

			By("sending between them: there in a tunnel, and back as it is")
			pods := lab.Pods(ctx)
			from, to := pods[p.From.Name], pods[p.To.Name]
			conversation := lab.Conversation(from, to)
			capture := lab.CaptureAt(ctx, conversation.Includes, lab.Ends(lab.Node(p.From.Name))...)
			lab.ExpectSeenAs(ctx, from, to, from.Address.Addr())
			there, back := 0, 0
			for _, packet := range capture.Stop().Of(conversation) {
				if packet.Source == from.Address.Addr() {
					there++
					Expect(packet.Encapsulation()).To(Equal(observe.IPIP), "%s", packet)
				} else {
					back++
					Expect(packet.Encapsulation()).To(Equal(observe.Plain), "%s", packet)
				}
			}
			Expect(min(there, back)).To(BeNumerically(">", 0), "packets there %d and back %d", there, back)
		})
	})
}
