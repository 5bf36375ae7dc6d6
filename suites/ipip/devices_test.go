package ipip

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/wire"
)

// overhead is what IPIP adds to a packet, in octets: an IP header (RFC 2003).
const overhead = 20

// devices is about the interface that encapsulates (requirement B1).
func devices(lab *suite.Lab) {
	Context("device", Label("device"), func() {
		Requirement("IPIP-020", "tunl0 MUST be up with exactly one address, the node's tunnel address of its annotation, out of a block of its own", func(ctx SpecContext) {
			for _, n := range observed.Nodes(ctx, lab) {
				d := tunnelOf(lab, n.Name)
				Expect(d.Up).To(BeTrue(), "%s: %s", n.Name, d)
				Expect(d.Addresses).To(ConsistOf(route.Single(n.IPIPTunnel)), "%s: %s", n.Name, d)
				within := func(block netip.Prefix) bool { return block.Contains(n.IPIPTunnel) }
				Expect(n.Blocks).To(ContainElement(Satisfy(within)), "%s has %s", n.Name, n.IPIPTunnel)
			}
		})

		Requirement("IPIP-021", "tunl0 and the pods' interfaces MUST leave room for the outer header: their MTU is 20 octets below the node's own interface's", Needs(EnterPods), func(ctx SpecContext) {
			wire.ExpectTunnelMTU(ctx, lab, tunnel(), overhead)
		})
	})
}

// tunnelOf is a node's tunl0.
func tunnelOf(lab *suite.Lab, node string) observe.Device {
	GinkgoHelper()
	d := wire.DeviceOf(lab, node, tunnel())
	Expect(d.Kind).To(Equal("ipip"), "%s: %s", node, d)
	return d
}
