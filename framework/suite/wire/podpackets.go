package wire

import (
	"context"
	"slices"

	"github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// CapturePods has the workload's pods of all chosen pairs of nodes reach each other. It
// returns what passed the interfaces of hosts meanwhile, and the pods' conversations, of
// which each has both directions.
func CapturePods(ctx context.Context, l *suite.Lab, at []topology.Host, chosen func(from, to *topology.Host) bool) (Seen, []Conversation) {
	ginkgo.GinkgoHelper()
	var conversations []Conversation
	for _, p := range workload.PodPairs(ctx, l, chosen) {
		there, back := Between(l, p.From, p.To), Between(l, p.To, p.From)
		if !slices.Contains(conversations, back) {
			conversations = append(conversations, there)
		}
	}
	ofAny := func(p observe.Packet) bool {
		return slices.ContainsFunc(conversations, func(c Conversation) bool { return c.Includes(p) })
	}
	captures := CaptureAt(ctx, l, ofAny, Ends(at...)...)
	expect.PodsReach(ctx, l, chosen)
	return captures.Stop(), conversations
}
