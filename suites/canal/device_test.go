package canal

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
	"github.com/rackproof/rackproof/framework/vtep"
)

// overhead is what VXLAN adds to a packet, in bytes (RFC 7348, section 5, without the outer
// link-layer header).
const overhead = 50

// device is about the interface that encapsulates.
func device(lab *suite.Lab) {
	Context("device", Label("device"), func() {
		Requirement("CAN-020", "flannel.1 MUST be up with exactly one address, the first of the node's subnet", func(ctx SpecContext) {
			for _, n := range observed.Nodes(ctx, lab) {
				d := wire.DeviceOf(lab, n.Name, calico.FlannelDevice)
				Expect(d.Up).To(BeTrue(), n.Name)
				Expect(d.Addresses).To(ConsistOf(route.Single(n.Blocks[0].Addr())), n.Name)
			}
		})

		Requirement("CAN-021", "flannel.1 MUST send from the node IP, by the node's own interface, in VXLAN network 1 to UDP port 8472", func(ctx SpecContext) {
			for _, n := range observed.Nodes(ctx, lab) {
				d := wire.DeviceOf(lab, n.Name, calico.FlannelDevice)
				Expect(d.VXLAN).To(HaveValue(Equal(observe.VXLANSettings{
					VNI: 1, Port: observe.KernelVXLANPort, Local: lab.Node(n.Name).Address(), Parent: lab.Node(n.Name).Interfaces[0].Name,
				})), n.Name)
			}
		})

		Requirement("CAN-022", "flannel.1 MUST leave room for the outer headers: its MTU is 50 bytes below that of the node's own interface, which the pods' interfaces have whole, as Calico knows nothing of flannel.1", Needs(EnterPods), func(ctx SpecContext) {
			for node, pod := range workload.Pods(ctx, lab) {
				own := wire.DeviceOf(lab, node, lab.Node(node).Interfaces[0].Name).MTU
				Expect(wire.DeviceOf(lab, node, calico.FlannelDevice).MTU).To(Equal(own-overhead), node)
				Expect(wire.PodDevice(pod).MTU).To(Equal(own), "the pod on %s", node)
			}
		})

		Requirement("CAN-023", "each node MUST know flannel.1 of each other node by one permanent neighbour and one forwarding entry, and nothing else", func(ctx SpecContext) {
			Eventually(expect.VTEPs(lab)).WithContext(ctx).Should(expect.Agree())

			By("looking without the oracle")
			nodes := observed.Nodes(ctx, lab)
			for _, n := range nodes {
				var want []vtep.VTEP
				for _, other := range nodes {
					if other.Name != n.Name {
						want = append(want, vtep.VTEP{
							Tunnel: other.Blocks[0].Addr(), Node: lab.Node(other.Name).Address(),
							HardwareAddress: wire.DeviceOf(lab, other.Name, calico.FlannelDevice).HardwareAddress.String(),
						})
					}
				}
				Expect(observe.ReadVTEPs(lab.At(n.Name), calico.FlannelDevice)).To(ConsistOf(want), n.Name)
			}
		})
	})
}
