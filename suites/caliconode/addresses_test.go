package caliconode

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// detected are settings by which calico-node finds its address by its interface in the fabric,
// and looks again each second (Calico's default is a minute).
func detected(port topology.Interface) map[string]string {
	return map[string]string{"IP": "autodetect", "IP_AUTODETECTION_METHOD": "interface=" + port.Name, "AUTODETECT_POLL_INTERVAL": "1s"}
}

// addresses is the monitor of a node's addresses.
func addresses(lab *suite.Lab) {
	Context("a node's address", Label("changes"), func() {
		Requirement("NODE-030", "a node whose address changes MUST be known by its new one, with sessions and routes of all other nodes and its pods reached by it, and by the old one when it comes back", Needs(EnterPods, ChangeInterfaces, RestartCalicoNodes), func(ctx SpecContext) {
			node := lab.Topology().Nodes()[0]
			port := node.Interfaces[0]
			old, next := port.Addresses[0], freeAddress(lab, port.Addresses[0])
			blocks := observed.Node(ctx, lab, node.Name).Blocks
			lab.RestartCalicoNode(ctx, node.Name, detected(port))
			expectNodeAt(ctx, lab, node.Name, old, blocks)

			By("changing the address")
			wire.ReplaceAddress(lab, node.Name, port.Name, next)
			expectNodeAt(ctx, lab, node.Name, next, blocks)
			for _, pair := range workload.PodPairs(ctx, lab, topology.AllPairs) {
				expect.SeenAs(ctx, pair.From, pair.To, pair.From.Address.Addr())
			}

			By("changing it back")
			wire.ReplaceAddress(lab, node.Name, port.Name, old)
			expectNodeAt(ctx, lab, node.Name, old, blocks)
			expect.Settled(ctx, lab)
		})
	})
}

// expectNodeAt waits until Calico has an address for a node, every other node a session with
// it there and the routes to its blocks by it, and the node the routes to theirs.
func expectNodeAt(ctx SpecContext, lab *suite.Lab, node string, at netip.Prefix, blocks []netip.Prefix) {
	GinkgoHelper()
	Eventually(lab.Calico.NodeAnnotation).WithContext(ctx).WithArguments(node, calico.IPv4AddressAnnotation).Should(HaveValue(Equal(at.String())), node)
	for _, other := range otherNodes(lab, node) {
		for _, block := range observed.Node(ctx, lab, other).Blocks {
			Eventually(observed.NextHops).WithContext(ctx).WithArguments(lab, node, block).Should(ConsistOf(other), "%s: %s", node, block)
		}
		Eventually(func(g Gomega) {
			sessions, err := observe.SessionsOf(ctx, lab.Lab, other)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(sessions).To(ContainElement(And(HaveField("Peer", at.Addr()), HaveField("State", session.Established))), other)
			for _, block := range blocks {
				table, err := observed.KernelTable(ctx, lab, other)
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(table).To(ContainElement(And(HaveField("Prefix", block), HaveField("NextHops", ConsistOf(HaveField("Via", at.Addr()))))), "%s: %s", other, block)
			}
		}).WithContext(ctx).Should(Succeed())
	}
}

// freeAddress is one of an address's subnet that no host of the topology has.
func freeAddress(lab *suite.Lab, beside netip.Prefix) netip.Prefix {
	GinkgoHelper()
	for a := beside.Addr().Next(); beside.Contains(a); a = a.Next() {
		if _, taken := lab.Topology().HostOf(a); !taken {
			return netip.PrefixFrom(a, beside.Bits())
		}
	}
	Fail("every address of " + beside.Masked().String() + " is taken")
	return netip.Prefix{}
}
