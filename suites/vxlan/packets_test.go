package vxlan

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

// packets are requirement B7 for VXLAN: what is on the wire.
func packets(lab *Lab) {
	Context("packets", Label("packets"), func() {
		Requirement("VXL-044", "packets between pods of different racks MUST pass the leaves as VXLAN between the node IPs, and none of them plain", func(ctx SpecContext) {
			for _, p := range pairs(lab, stateOf(ctx, lab), false) {
				seen, conversation := overhear(ctx, lab, p, lab.Topology().Leaves()...)
				Expect(seen).To(conversation.PassIn(observe.VXLAN))
				for _, packet := range seen.Of(conversation) {
					Expect(packet.VNI).To(BeEquivalentTo(deviceOf(lab, p.from.Name).VXLAN.VNI), packet.String())
				}
			}
		})

		Requirement("VXL-045", "packets between pods on different nodes of one rack MUST be VXLAN on the wire, too", func(ctx SpecContext) {
			for _, p := range pairs(lab, stateOf(ctx, lab), true) {
				seen, conversation := overhear(ctx, lab, p, nodeOf(lab, p.from.Name), nodeOf(lab, p.to.Name))
				Expect(seen).To(conversation.PassIn(observe.VXLAN))
			}
		})

		Requirement("VXL-046", "packets between pods on one node MUST NOT leave it", func(ctx SpecContext) {
			node := lab.Topology().Nodes()[0]
			first, second := lab.Pods(ctx)[node.Name], lab.NewPod(ctx, node.Name)
			conversation := lab.Conversation(first, second)
			captures := lab.CaptureAt(ctx, conversation.Includes, lab.Ends(node)...)
			expectSeenAs(ctx, first, second, first.Address.Addr())
			Expect(captures.Stop()).To(conversation.NotPass())
		})

		Requirement("VXL-047", "a packet as large as a pod's interface allows MUST arrive whole at a pod of another rack, also if it must not be cut", func(ctx SpecContext) {
			pods := lab.Pods(ctx)
			for _, p := range pairs(lab, stateOf(ctx, lab), false) {
				from, to := pods[p.from.Name], pods[p.to.Name]
				device, err := observe.ReadDevice(from, podInterface)
				Expect(err).NotTo(HaveOccurred())
				sent, err := probe.SendSized(ctx, from, to, to.Address.Addr(), device.MTU)
				Expect(err).NotTo(HaveOccurred())
				Expect(sent.Arrived).To(BeTrue(), "%d bytes from %s to %s: %+v", device.MTU, p.from.Name, p.to.Name, sent)
			}
		})
	})
}

// overhear lets a pod on one node ask one on another, and returns what passed the
// interfaces of hosts meanwhile.
func overhear(ctx SpecContext, lab *Lab, p pair, hosts ...topology.Host) (Seen, Conversation) {
	GinkgoHelper()
	pods := lab.Pods(ctx)
	conversation := lab.Conversation(pods[p.from.Name], pods[p.to.Name])
	captures := lab.CaptureAt(ctx, conversation.Includes, lab.Ends(hosts...)...)
	expectSeenAs(ctx, pods[p.from.Name], pods[p.to.Name], pods[p.from.Name].Address.Addr())
	return captures.Stop(), conversation
}
