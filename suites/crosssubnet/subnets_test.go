package crosssubnet

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// subnets are requirement C4: what counts is the subnet that Calico has for a node.
func subnets(lab *suite.Lab) {
	Context("subnets", Label("changes"), func() {
		Requirement("CRS-060", "a node whose address has a subnet of its own MUST send to every node through tunl0, and the others to it by their own subnets", Needs(CaptureOnNodes, EnterPods), func(ctx SpecContext) {
			p := observed.NodePairs(ctx, lab, topology.WithinRacks)[0]
			alone := route.Single(lab.Node(p.From.Name).Address()).String()
			lab.AnnotateNode(ctx, p.From.Name, calico.IPv4AddressAnnotation, &alone)
			Eventually(func() []string { return observed.DevicesTo(ctx, lab, p) }).WithContext(ctx).Should(HaveEach(tunnel()))
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			Expect(observed.DevicesTo(ctx, lab, observed.NodePair{From: p.To, To: p.From})).To(HaveEach(lab.Node(p.To.Name).Interfaces[0].Name))

			By("sending between them: there in a tunnel, and back as it is")
			pods := workload.Pods(ctx, lab)
			from, to := pods[p.From.Name], pods[p.To.Name]
			conversation := wire.Between(lab, from, to)
			capture := wire.CaptureAt(ctx, lab, conversation.Includes, wire.Ends(lab.Node(p.From.Name))...)
			expect.SeenAs(ctx, from, to, from.Address.Addr())
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
