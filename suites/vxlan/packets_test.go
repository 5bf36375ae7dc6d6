package vxlan

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// packets are requirement B7 for VXLAN: what is on the wire.
func packets(lab *suite.Lab) {
	Context("packets", Label("packets"), func() {
		Requirement("VXL-044", "packets between pods of different racks MUST pass the leaves as VXLAN between the node IPs, and none of them plain", Needs(CaptureOnSwitches, EnterPods), func(ctx SpecContext) {
			seen, conversations := wire.CapturePods(ctx, lab, lab.Topology().Leaves(), topology.AcrossRacks)
			for _, c := range conversations {
				Expect(seen).To(c.PassIn(observe.VXLAN))
				for _, end := range []netip.Addr{c.NodeA, c.NodeB} {
					node, _ := lab.Topology().HostOf(end)
					device := wire.DeviceOf(lab, node, tunnel())
					for _, packet := range seen.Of(c) {
						Expect(packet.VNI).To(BeEquivalentTo(device.VXLAN.VNI), "%s: %s", node, packet)
					}
				}
			}
		})

		Requirement("VXL-045", "packets between pods on different nodes of one rack MUST be VXLAN on the wire, too", Needs(CaptureOnNodes, EnterPods), func(ctx SpecContext) {
			seen, conversations := wire.CapturePods(ctx, lab, lab.Topology().Nodes(), topology.WithinRacks)
			for _, c := range conversations {
				Expect(seen).To(c.PassIn(observe.VXLAN))
			}
		})

		Requirement("VXL-046", "packets between pods on one node MUST NOT leave it", Needs(CaptureOnNodes, EnterPods), func(ctx SpecContext) {
			node := lab.Topology().Nodes()[0]
			first, second := workload.Pods(ctx, lab)[node.Name], workload.NewPod(ctx, lab, node.Name)
			conversation := wire.Between(lab, first, second)
			captures := wire.CaptureAt(ctx, lab, conversation.Includes, wire.Ends(node)...)
			expect.SeenAs(ctx, first, second, first.Address.Addr())
			Expect(captures.Stop()).To(conversation.NotPass())
		})

		Requirement("VXL-047", "a packet as large as a pod's interface allows MUST arrive whole at a pod of another rack, also if it must not be cut", Needs(EnterPods), func(ctx SpecContext) {
			for _, p := range workload.PodPairs(ctx, lab, topology.AcrossRacks) {
				size := wire.PodDevice(p.From).MTU
				sent, err := probe.SendSized(ctx, p.From, p.To, p.To.Address.Addr(), size)
				Expect(err).NotTo(HaveOccurred())
				Expect(sent.Arrived).To(BeTrue(), "%d bytes, %s: %+v", size, p, sent)
			}
		})
	})
}
