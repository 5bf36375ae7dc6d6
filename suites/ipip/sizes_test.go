package ipip

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// bulk is how many octets a transfer has: some hundred full segments.
const bulk = 200_000

// sizes is what fits through the tunnel, and what becomes of the rest.
func sizes(lab *suite.Lab) {
	Context("sizes", Label("mtu"), func() {
		Requirement("IPIP-055", "a packet as large as tunl0 takes MUST pass between pods of different racks uncut, and fill the node's interface", Needs(CaptureOnNodes, EnterPods), func(ctx SpecContext) {
			pods := workload.Pods(ctx, lab)
			p := observed.NodePairs(ctx, lab, topology.AcrossRacks)[0]
			from, to := pods[p.From.Name], pods[p.To.Name]
			conversation := wire.Between(lab, from, to)
			capture := wire.CaptureAt(ctx, lab, conversation.Includes, wire.Ends(lab.Node(p.From.Name))...)
			mtu := tunnelOf(lab, p.From.Name).MTU
			sized, err := probe.SendSized(ctx, from, to, to.Address.Addr(), mtu)
			Expect(err).NotTo(HaveOccurred())
			Expect(sized.Arrived).To(BeTrue(), "%s", sized)
			packets := capture.Stop().Of(conversation)
			Expect(packets).To(HaveLen(1))
			Expect(packets[0].Encapsulation()).To(Equal(observe.IPIP))
			Expect(packets[0].Outer.Length).To(Equal(mtu+overhead), "%s", packets[0])
		})

		Requirement("IPIP-056", "who sends a packet that is larger than tunl0 takes, and may not be cut, MUST be told the size that passes", Needs(EnterPods, SendFromNodes), func(ctx SpecContext) {
			p := observed.NodePairs(ctx, lab, topology.AcrossRacks)[0]
			to := workload.Pods(ctx, lab)[p.To.Name]
			mtu := tunnelOf(lab, p.From.Name).MTU
			// A pod's interface would refuse it by itself; a node's own is larger.
			sized, err := probe.SendSized(ctx, lab.From(p.From.Name), to, to.Address.Addr(), mtu+1)
			Expect(err).NotTo(HaveOccurred())
			Expect(sized.Arrived).To(BeFalse(), "%s", sized)
			Expect(sized.TooLong).To(BeTrue(), "%s", sized)
			// Nobody on the way has to tell it: the tunnel begins in the sender's own kernel.
			Expect(sized.By.IsValid()).To(BeFalse(), "%s", sized)
			Expect(sized.PathMTU).To(Equal(mtu), "%s", sized)

			By("sending the size that was told")
			sized, err = probe.SendSized(ctx, lab.From(p.From.Name), to, to.Address.Addr(), sized.PathMTU)
			Expect(err).NotTo(HaveOccurred())
			Expect(sized.Arrived).To(BeTrue(), "%s", sized)
		})

		Requirement("IPIP-057", "a large transfer MUST arrive whole across racks, in segments that fit the tunnel", Needs(EnterPods), func(ctx SpecContext) {
			pods := workload.Pods(ctx, lab)
			for _, p := range observed.NodePairs(ctx, lab, topology.AcrossRacks) {
				from, to := pods[p.From.Name], pods[p.To.Name]
				transfer, err := probe.SendBulk(ctx, from, to, to.Address.Addr(), bulk)
				Expect(err).NotTo(HaveOccurred())
				Expect(transfer.Client.Addr()).To(Equal(from.Address.Addr()))
				Expect(transfer.PathMTU).To(Equal(tunnelOf(lab, p.From.Name).MTU), "%s", transfer)
				Expect(transfer.SegmentSize).To(BeNumerically("<", transfer.PathMTU), "%s", transfer)
			}
		})
	})
}
