package leafreflector

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/topology"
)

// sessions are requirements F1 and F2.
func sessions(lab *suite.Lab) {
	Context("sessions", Label("sessions"), func() {
		Requirement("LEAF-001", "sessions MUST be those of nodes with their own leaf and of leaves with both spines, and no other", func(ctx SpecContext) {
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			expectArticlesSessions(ctx, lab)
		})

		Requirement("LEAF-002", "a node MUST have one session, of type node specific, with the leaf of its rack", func(ctx SpecContext) {
			got, err := observe.Sessions(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			for _, node := range lab.Topology().Nodes() {
				Expect(got[node.Name]).To(HaveLen(1), "sessions of %s", node.Name)
				only := got[node.Name][0]
				Expect(only.Kind).To(Equal(session.NodeSpecific), node.Name)
				Expect(only.State).To(Equal(session.Established), node.Name)
				peer, ok := lab.Topology().HostOf(only.Peer)
				Expect(ok).To(BeTrue(), "%s peers with %s", node.Name, only.Peer)
				leaf, ok := lab.Topology().Host(peer)
				Expect(ok).To(BeTrue())
				Expect(leaf.Role).To(Equal(topology.Leaf))
				Expect(leaf.Rack).To(Equal(node.Rack))
			}
		})

		Requirement("LEAF-003", "a leaf MUST have a session with each node of its rack by iBGP and with each spine by eBGP", func(ctx SpecContext) {
			got, err := observe.Sessions(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			for _, leaf := range lab.Topology().Leaves() {
				internal, external := 0, 0
				for _, s := range got[leaf.Name] {
					Expect(s.State).To(Equal(session.Established), "%s: %s", leaf.Name, s)
					name, _ := lab.Topology().HostOf(s.Peer)
					peer, ok := lab.Topology().Host(name)
					Expect(ok).To(BeTrue(), "%s: %s", leaf.Name, s)
					switch peer.Role {
					case topology.Node:
						Expect(s.PeerAS).To(Equal(leaf.AS), "%s: %s", leaf.Name, s)
						internal++
					case topology.Spine:
						Expect(s.PeerAS).To(Equal(peer.AS), "%s: %s", leaf.Name, s)
						Expect(s.PeerAS).NotTo(Equal(leaf.AS), "%s: %s", leaf.Name, s)
						external++
					}
				}
				nodes := len(lab.Topology().Rack(leaf.Rack)) - 1
				Expect(internal).To(Equal(nodes), "iBGP sessions of %s", leaf.Name)
				Expect(external).To(Equal(len(lab.Topology().Spines())), "eBGP sessions of %s", leaf.Name)
			}
		})
	})
}

// expectArticlesSessions expects the sessions of nodes with their own leaf and of leaves with
// all spines, and no other, by the topology alone.
func expectArticlesSessions(ctx SpecContext, lab *suite.Lab) {
	GinkgoHelper()
	spines, leaves := topology.Names(lab.Topology().Spines()), topology.Names(lab.Topology().Leaves())
	for _, leaf := range lab.Topology().Leaves() {
		peers := slices.Clone(spines)
		for _, host := range lab.Topology().Rack(leaf.Rack) {
			if host.Role == topology.Node {
				expect.Peers(ctx, lab, host.Name, leaf.Name)
				peers = append(peers, host.Name)
			}
		}
		expect.Peers(ctx, lab, leaf.Name, peers...)
	}
	for _, spine := range spines {
		expect.Peers(ctx, lab, spine, leaves...)
	}
}
