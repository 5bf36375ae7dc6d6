package leafreflector

import (
	"net/netip"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/projectcalico/api/pkg/lib/numorstring"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/topology"
)

// sourceAddresses is requirement F12. The peer is a node that has no peering back, so that
// each connection is opened by the node that is looked at.
func sourceAddresses(lab *suite.Lab) {
	Context("source address", Label("sessions", "changes"), func() {
		Requirement("LEAF-004", "a node MUST speak to a peer from its node IP, and with sourceAddress None from the address that its route to the peer prefers", Needs(ChangeInterfaces, CaptureOnNodes), func(ctx SpecContext) {
			nodes := lab.Topology().Nodes()
			node := nodes[len(nodes)-1]
			i := slices.IndexFunc(nodes, func(n topology.Host) bool { return n.Rack == node.Rack && n.Name != node.Name })
			Expect(i).To(BeNumerically(">=", 0), "a second node in the rack of %s", node.Name)
			peer := netip.AddrPortFrom(nodes[i].Address(), session.Port)
			port := node.Interfaces[0]
			capture, err := observe.NewCapture(ctx, lab.At(node.Name), port.Name, func(p observe.Packet) bool { return p.Opens() && p.To() == peer })
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(func() { _, _ = capture.Stop() })
			sources := func() []netip.Addr {
				var found []netip.Addr
				for _, p := range capture.Seen() {
					found = append(found, p.Source)
				}
				return found
			}

			wire.ChangeSource(lab, node.Name, port.Addresses[0].Masked(), node.Management)
			spec := v3.BGPPeerSpec{Node: node.Name, PeerIP: peer.Addr().String(), ASNumber: numorstring.ASNumber(node.AS)}
			lab.ApplyBGPPeer(ctx, "one-way", spec)
			Eventually(sources).WithContext(ctx).Should(ContainElement(node.Address()), "sources of %s", node.Name)
			Expect(sources()).To(HaveEach(node.Address()), "sources of %s", node.Name)

			spec.SourceAddress = v3.SourceAddressNone
			lab.ApplyBGPPeer(ctx, "one-way", spec)
			Eventually(sources).WithContext(ctx).Should(ContainElement(node.Management), "sources of %s", node.Name)
		})
	})
}
