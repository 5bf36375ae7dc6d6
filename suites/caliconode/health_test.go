package caliconode

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/topology"
)

// felix is Felix's component.
const felix = "calico-felix"

// Thresholds of -bird-ready: for so long after its start a calico-node needs all of its peers,
// and afterwards one (checkBIRDReady in node/pkg/health). These two make a start one of just
// now, or of long ago, whatever time a lab takes.
const (
	justStarted = "-threshold-time=1h"
	longAgo     = "-threshold-time=1ms"
)

// health is what calico-node says of itself to the kubelet.
func health(lab *suite.Lab) {
	Context("health", Label("health"), func() {
		Requirement("NODE-020", "on every node calico-node MUST be ready by the probe of Calico's manifest, and Felix MUST be live", Needs(RestartCalicoNodes), func(ctx SpecContext) {
			for _, node := range topology.Names(lab.Topology().Nodes()) {
				expect.Ready(ctx, lab, node)
				Expect(lab.CalicoNodeSays(ctx, node, "-felix-live")).To(Succeed(), node)
			}
		})

		Requirement("NODE-021", "a calico-node that has just started MUST NOT be ready while one of its peers is away, and MUST be as soon as it is back", Needs(RestartCalicoNodes), func(ctx SpecContext) {
			node, peer := lastNode(lab), lab.Topology().Nodes()[0]
			lab.EndCalicoNode(ctx, peer.Name)
			lab.RestartCalicoNode(ctx, node, nil)
			// All others are up: it is the one peer that is missing.
			Eventually(lab.CalicoNodeSays).WithContext(ctx).WithArguments(node, "-bird-ready", justStarted).Should(
				MatchError(HaveSuffix("BGP not established with "+peer.Address().String())), node)
			lab.StartCalicoNode(ctx, peer.Name, nil)
			Eventually(lab.CalicoNodeSays).WithContext(ctx).WithArguments(node, "-bird-ready", justStarted).Should(Succeed(), node)
		})

		Requirement("NODE-022", "a calico-node that has run for longer MUST be ready as long as it has one session, and MUST NOT be without any", Needs(RestartCalicoNodes), func(ctx SpecContext) {
			node := lastNode(lab)
			others := otherNodes(lab, node)
			for _, peer := range others[1:] {
				lab.EndCalicoNode(ctx, peer)
			}
			Eventually(lab.CalicoNodeSays).WithContext(ctx).WithArguments(node, "-bird-ready", justStarted).ShouldNot(Succeed(), node)
			Expect(lab.CalicoNodeSays(ctx, node, "-bird-ready", longAgo)).To(Succeed(), "%s with a session with %s alone", node, others[0])
			lab.EndCalicoNode(ctx, others[0])
			Eventually(lab.CalicoNodeSays).WithContext(ctx).WithArguments(node, "-bird-ready", longAgo).ShouldNot(Succeed(), "%s without a session", node)
			for _, peer := range others {
				lab.StartCalicoNode(ctx, peer, nil)
			}
			Eventually(lab.CalicoNodeSays).WithContext(ctx).WithArguments(node, "-bird-ready", justStarted).Should(Succeed(), node)
		})

		Requirement("NODE-023", "a calico-node whose Felix has ended MUST NOT be ready or live, and MUST be both when it runs again", Needs(RestartCalicoNodes, RestartComponents), func(ctx SpecContext) {
			node := lastNode(lab)
			lab.KillComponent(ctx, node, felix)
			Expect(lab.CalicoNodeSays(ctx, node, "-felix-ready")).NotTo(Succeed(), node)
			Expect(lab.CalicoNodeSays(ctx, node, "-felix-live")).NotTo(Succeed(), node)
			Expect(lab.CalicoNodeSays(ctx, node, "-bird-ready", longAgo)).To(Succeed(), node)
			lab.StartComponent(ctx, node, felix)
			expect.Ready(ctx, lab, node)
			Expect(lab.CalicoNodeSays(ctx, node, "-felix-live")).To(Succeed(), node)
		})
	})
}
