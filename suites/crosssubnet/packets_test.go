package crosssubnet

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

// packets is what the links carry: those of a rack, and those between racks.
func packets(lab *Lab) {
	Context("packets", Label("packets"), func() {
		Requirement("CRS-040", "packets between pods of a rack MUST pass its link as they are, in both directions, and the leaf's uplinks not at all", func(ctx SpecContext) {
			at := append(lab.Topology().Nodes(), lab.Topology().Leaves()...)
			seen, conversations := talk(ctx, lab, at, WithinRacks)
			for _, c := range conversations {
				Expect(within(seen, lab.Topology().Nodes())).To(c.PassPlain())
				Expect(within(seen, lab.Topology().Leaves())).To(c.NotPass())
			}
		})

		Requirement("CRS-041", "packets between pods of different racks MUST be inside IP packets between the nodes, in both directions, on the racks' links and the uplinks", func(ctx SpecContext) {
			at := append(lab.Topology().Nodes(), lab.Topology().Leaves()...)
			seen, conversations := talk(ctx, lab, at, AcrossRacks)
			for _, c := range conversations {
				Expect(within(seen, lab.Topology().Nodes())).To(c.PassIn(observe.IPIP))
				Expect(within(seen, lab.Topology().Leaves())).To(c.PassIn(observe.IPIP))
			}
		})
	})
}

// within are the packets that passed interfaces of some hosts.
func within(seen Seen, hosts []topology.Host) Seen {
	GinkgoHelper()
	some := Seen{}
	for end, packets := range seen {
		for _, host := range hosts {
			if end.Host == host.Name {
				some[end] = packets
			}
		}
	}
	Expect(some).NotTo(BeEmpty(), "interfaces")
	return some
}

// talk has the pods of all chosen pairs of nodes talk with each other, and tells what
// passed the interfaces of some hosts.
func talk(ctx SpecContext, lab *Lab, at []topology.Host, chosen func(from, to *topology.Host) bool) (Seen, []Conversation) {
	GinkgoHelper()
	pods := lab.Pods(ctx)
	var conversations []Conversation
	for _, p := range lab.NodePairs(ctx, chosen) {
		if p.From.Name < p.To.Name { // a conversation has both directions
			conversations = append(conversations, lab.Conversation(pods[p.From.Name], pods[p.To.Name]))
		}
	}
	ofAny := func(p observe.Packet) bool {
		for _, c := range conversations {
			if c.Includes(p) {
				return true
			}
		}
		return false
	}
	capture := lab.CaptureAt(ctx, ofAny, lab.Ends(at...)...)
	lab.ExpectPodsReach(ctx, chosen)
	return capture.Stop(), conversations
}
