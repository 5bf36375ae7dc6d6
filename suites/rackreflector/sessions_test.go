package rackreflector

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// sessions are requirements E1, F1 and F2 with article 3's labels.
func sessions(lab *suite.Lab) {
	Context("sessions", Label("sessions"), func() {
		Requirement("RRR-001", "sessions MUST be those of every node with its rack's reflectors, of reflectors with their leaf, and of leaves with the spine, and no other", func(ctx SpecContext) {
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			_, racks := begin(ctx, lab)
			spines := topology.Names(lab.Topology().Spines())
			for _, r := range racks {
				reflectors := topology.Names(r.reflectors)
				for _, client := range r.clients {
					expect.Peers(ctx, lab, client.Name, reflectors...)
				}
				for _, reflector := range reflectors {
					rest := slices.DeleteFunc(topology.Names(r.nodes()), func(name string) bool { return name == reflector })
					expect.Peers(ctx, lab, reflector, append(rest, r.leaf.Name)...)
				}
				expect.Peers(ctx, lab, r.leaf.Name, append(reflectors, spines...)...)
			}
			for _, spine := range spines {
				expect.Peers(ctx, lab, spine, topology.Names(lab.Topology().Leaves())...)
			}
		})

		Requirement("RRR-002", "a node that is no reflector MUST peer with the reflectors of its own rack alone", func(ctx SpecContext) {
			_, racks := begin(ctx, lab)
			for _, r := range racks {
				for _, client := range r.clients {
					Expect(observed.Peers(ctx, lab, client.Name)).To(ConsistOf(topology.Names(r.reflectors)), client.Name)
				}
			}
		})

		Requirement("RRR-003", "a reflector MUST peer with its leaf by eBGP, and with every other node of its rack by iBGP", func(ctx SpecContext) {
			_, racks := begin(ctx, lab)
			got, err := observe.Sessions(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			for _, r := range racks {
				for _, reflector := range r.reflectors {
					rest := slices.DeleteFunc(topology.Names(r.nodes()), func(name string) bool { return name == reflector.Name })
					Expect(observed.Peers(ctx, lab, reflector.Name)).To(ConsistOf(append(rest, r.leaf.Name)), reflector.Name)
					for _, s := range got[reflector.Name] {
						Expect(s.State).To(Equal(session.Established), "%s: %s", reflector.Name, s)
						Expect(s.LocalAS == s.PeerAS).To(Equal(!isLeaf(r, s.Peer)), "%s: %s", reflector.Name, s)
					}
				}
			}
		})

		Requirement("RRR-004", "a node whose rr-group label changes MUST go from its rack's reflectors to those of the other group", Label("changes"), func(ctx SpecContext) {
			_, racks := begin(ctx, lab)
			moved, from, to := racks[0].clients[0], racks[0], racks[1]
			workload.LabelNode(ctx, lab, moved.Name, groupLabel, groupOf(ctx, lab, to))
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Expect(observed.Peers(ctx, lab, moved.Name)).To(ConsistOf(topology.Names(to.reflectors)), "peers of %s, which had %v", moved.Name, topology.Names(from.reflectors))
		})
	})
}
