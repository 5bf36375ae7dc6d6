package tor

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/fabric"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
)

// ttlSecurity is requirement F16.
func ttlSecurity(lab *suite.Lab) {
	Context("TTL security", Label("security", "changes"), func() {
		Requirement("TOR-050", "with TTL security of one hop on both ends the sessions MUST be established", Needs(ConfigureRouters), func(ctx SpecContext) {
			one := uint8(1)
			changeToRPeers(ctx, lab, func(spec *v3.BGPPeerSpec) { spec.TTLSecurity = &one })
			changeToRNeighbors(ctx, lab, func(n *fabric.Neighbor) { n.TTLSecurity = 1 })
			settled(ctx, lab)
			expectEstablished(ctx, lab)
		})

		Requirement("TOR-051", "a switch with TTL security MUST have no session with a node that has none, as the node's packets might come from further away", Needs(ConfigureRouters), func(ctx SpecContext) {
			changeToRNeighbors(ctx, lab, func(n *fabric.Neighbor) { n.TTLSecurity = 1 })
			settled(ctx, lab)
			expectRefused(ctx, lab)
		})

		// In this order: a node that has waited for a switch's words in vain goes on to wait on the
		// same connection, for BIRD's 240 s.
		Requirement("TOR-052", "a node with ttlSecurity MUST have its session with an external switch that sends the largest TTL, and none with one whose packets come with another", Needs(ConfigureRouters), func(ctx SpecContext) {
			makeExternal(ctx, lab)
			changeToRPeers(ctx, lab, func(spec *v3.BGPPeerSpec) { spec.TTLSecurity = new(uint8(1)) })
			changeToRNeighbors(ctx, lab, func(n *fabric.Neighbor) { n.TTLSecurity = 1 })
			settled(ctx, lab)
			expectEstablished(ctx, lab)

			By("having the switches send the TTL that they send to another AS by themselves")
			changeToRNeighbors(ctx, lab, func(n *fabric.Neighbor) { n.TTLSecurity = 0 })
			settled(ctx, lab)
			expectRefused(ctx, lab)
		})
	})
}

// expectEstablished looks at all sessions between nodes and switches.
func expectEstablished(ctx SpecContext, lab *suite.Lab) {
	GinkgoHelper()
	for _, tor := range tors(lab) {
		for _, node := range nodes(lab) {
			Expect(observed.SessionState(ctx, lab, node, tor)).To(Equal(session.Established), "%s with %s", node, tor)
		}
	}
}
