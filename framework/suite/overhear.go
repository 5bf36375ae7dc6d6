package suite

import (
	"context"
	"slices"

	"github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/topology"
)

// Overhear has the workload's pods of all chosen pairs of nodes reach each other. It
// returns what passed the interfaces of hosts meanwhile, and the pods' conversations, of
// which each has both directions.
func (l *Lab) Overhear(ctx context.Context, at []topology.Host, chosen func(from, to *topology.Host) bool) (Seen, []Conversation) {
	ginkgo.GinkgoHelper()
	var conversations []Conversation
	for _, p := range l.PodPairs(ctx, chosen) {
		there, back := l.Conversation(p.From, p.To), l.Conversation(p.To, p.From)
		if !slices.Contains(conversations, back) {
			conversations = append(conversations, there)
		}
	}
	ofAny := func(p observe.Packet) bool {
		return slices.ContainsFunc(conversations, func(c Conversation) bool { return c.Includes(p) })
	}
	captures := l.CaptureAt(ctx, ofAny, l.Ends(at...)...)
	l.ExpectPodsReach(ctx, chosen)
	return captures.Stop(), conversations
}
