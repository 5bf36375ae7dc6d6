package tor

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

// sessions are requirements F2 and A1 with global peers.
func sessions(lab *suite.Lab) {
	Context("sessions", Label("sessions"), func() {
		Requirement("TOR-001", "sessions MUST be those of the mesh, of every node with every switch, and of the switches with the core, and no other", func(ctx SpecContext) {
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			cores := topology.Names(lab.Topology().Spines())
			for _, node := range nodes(lab) {
				others := slices.DeleteFunc(nodes(lab), func(name string) bool { return name == node })
				expect.Peers(ctx, lab, node, append(others, tors(lab)...)...)
			}
			for _, tor := range tors(lab) {
				expect.Peers(ctx, lab, tor, append(nodes(lab), cores...)...)
			}
			for _, core := range cores {
				expect.Peers(ctx, lab, core, tors(lab)...)
			}
		})

		Requirement("TOR-002", "a node's sessions with the switches MUST be of type global and internal, and those with nodes of type node-to-node mesh", func(ctx SpecContext) {
			got, err := observe.Sessions(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			for _, node := range nodes(lab) {
				kinds := map[session.Kind]int{}
				for _, s := range got[node] {
					Expect(s.State).To(Equal(session.Established), "%s: %s", node, s)
					Expect(s.PeerAS).To(Equal(s.LocalAS), "%s: %s", node, s)
					kinds[s.Kind]++
				}
				Expect(kinds).To(Equal(map[session.Kind]int{session.Global: len(tors(lab)), session.NodeToNodeMesh: len(nodes(lab)) - 1}), node)
			}
		})
	})
}
