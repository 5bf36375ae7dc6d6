package fullmesh

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
)

// peers is requirement F14: BGPPeers between nodes.
func peers(lab *suite.Lab) {
	Context("BGPPeers between nodes", Label("sessions", "changes"), func() {
		Requirement("MESH-035", "a BGPPeer with reversePeering Manual MUST configure its own node alone, so that no session comes up before the other node has a BGPPeer too", func(ctx SpecContext) {
			lab.LoseMesh(ctx)
			nodes := lab.Topology().Nodes()
			one, other, third := nodes[0].Name, nodes[1].Name, nodes[2].Name
			lab.ApplyBGPPeer(ctx, "one-way", oneWay(one, other))
			// BGPPeers come to a node in one order: who has the second has seen the first.
			lab.ApplyBGPPeer(ctx, "seen", oneWay(other, third))
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Expect(observed.Peers(ctx, lab, one)).To(ConsistOf(other), one)
			Expect(observed.Peers(ctx, lab, other)).To(ConsistOf(third), other)
			Expect(observed.SessionState(ctx, lab, one, other)).NotTo(Equal(session.Established), "%s with %s", one, other)

			By("peering the other way too")
			lab.ApplyBGPPeer(ctx, "other-way", oneWay(other, one))
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Expect(observed.SessionState(ctx, lab, one, other)).To(Equal(session.Established), "%s with %s", one, other)
			Expect(observed.SessionState(ctx, lab, other, one)).To(Equal(session.Established), "%s with %s", other, one)
			for _, node := range nodes[2:] {
				Expect(observed.Peers(ctx, lab, node.Name)).To(BeEmpty(), node.Name)
			}
		})
	})
}

// oneWay peers from one node to another, and leaves the other alone.
func oneWay(from, to string) v3.BGPPeerSpec {
	manual := v3.ReversePeeringManual
	return v3.BGPPeerSpec{Node: from, PeerSelector: "kubernetes.io/hostname == '" + to + "'", ReversePeering: &manual}
}
