package vxlan

import (
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/wire"
)

const (
	// idle is longer than the interval in which Felix looks for lost routes in this
	// mode, and than two of BIRD's scans of the kernel.
	idle = 11 * time.Second
	// overhead is what VXLAN adds to a packet, in bytes (RFC 7348, section 5, without
	// the outer link-layer header).
	overhead = 50
	// port is VXLAN's UDP port (RFC 7348, section 8).
	port = 4789
)

// device is about the interface that encapsulates, and what fits through it.
func device(lab *suite.Lab) {
	Context("device", Label("device"), func() {
		Requirement("VXL-020", "vxlan.calico MUST be up with exactly one address, the node's tunnel address of its annotation, out of a block of its own", func(ctx SpecContext) {
			for _, n := range observed.Nodes(ctx, lab) {
				d := wire.DeviceOf(lab, n.Name, tunnel())
				Expect(d.Up).To(BeTrue(), n.Name)
				Expect(d.Addresses).To(ConsistOf(route.Single(n.VXLANTunnel)), n.Name)
				within := func(block netip.Prefix) bool { return block.Contains(n.VXLANTunnel) }
				Expect(n.Blocks).To(ContainElement(Satisfy(within)), "%s has %s", n.Name, n.VXLANTunnel)
			}
		})

		Requirement("VXL-021", "vxlan.calico MUST send from the node IP, by the node's own interface, to VXLAN's port", func(ctx SpecContext) {
			for _, n := range observed.Nodes(ctx, lab) {
				d := wire.DeviceOf(lab, n.Name, tunnel())
				Expect(d.VXLAN).NotTo(BeNil(), n.Name)
				Expect(d.VXLAN.Local).To(Equal(lab.Node(n.Name).Address()), n.Name)
				Expect(d.VXLAN.Parent).To(Equal(lab.Node(n.Name).Interfaces[0].Name), n.Name)
				Expect(d.VXLAN.Port).To(BeEquivalentTo(port), n.Name)
			}
		})

		Requirement("VXL-022", "vxlan.calico and the pods' interfaces MUST leave room for the outer headers: their MTU is 50 bytes below the node's own interface's", Needs(EnterPods), func(ctx SpecContext) {
			wire.ExpectTunnelMTU(ctx, lab, tunnel(), overhead)
		})

		Requirement("VXL-023", "every node MUST have a permanent neighbour and a forwarding entry for the tunnel of every other node, and no others", func(ctx SpecContext) {
			Eventually(expect.VTEPs(lab)).WithContext(ctx).Should(expect.Agree())
		})
	})
}
