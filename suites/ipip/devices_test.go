package ipip

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
)

// overhead is what IPIP adds to a packet, in octets: an IP header (RFC 2003).
const overhead = 20

// devices is about the interface that encapsulates (requirement B1).
func devices(lab *Lab) {
	Context("device", Label("device"), func() {
		Requirement("IPIP-020", "tunl0 MUST be up with exactly one address, the node's tunnel address of its annotation, out of a block of its own", func(ctx SpecContext) {
			for _, n := range lab.NodesNow(ctx) {
				d := tunnelOf(ctx, lab, n.Name)
				Expect(d.Up).To(BeTrue(), "%s: %s", n.Name, d)
				Expect(d.Addresses).To(ConsistOf(netip.PrefixFrom(n.IPIPTunnel, 32)), "%s: %s", n.Name, d)
				within := func(block netip.Prefix) bool { return block.Contains(n.IPIPTunnel) }
				Expect(n.Blocks).To(ContainElement(Satisfy(within)), "%s has %s", n.Name, n.IPIPTunnel)
			}
		})

		Requirement("IPIP-021", "tunl0 and the pods' interfaces MUST leave room for the outer header: their MTU is 20 octets below the node's own interface's", func(ctx SpecContext) {
			for name, pod := range lab.Pods(ctx) {
				nic, err := observe.ReadDevice(lab.At(name), lab.Node(name).Interfaces[0].Name)
				Expect(err).NotTo(HaveOccurred())
				Expect(tunnelOf(ctx, lab, name).MTU).To(Equal(nic.MTU-overhead), name)
				inPod, err := observe.ReadDevice(pod, podInterface)
				Expect(err).NotTo(HaveOccurred())
				Expect(inPod.MTU).To(Equal(nic.MTU-overhead), "the pod on %s", name)
			}
		})
	})
}

// podInterface is the name of a pod's own interface.
const podInterface = "eth0"

// tunnelOf is a node's tunl0.
func tunnelOf(ctx SpecContext, lab *Lab, node string) observe.Device {
	GinkgoHelper()
	d, err := lab.Device(ctx, node, tunnel())
	Expect(err).NotTo(HaveOccurred())
	Expect(d.Kind).To(Equal("ipip"), "%s: %s", node, d)
	return d
}
