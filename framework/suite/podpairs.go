package suite

import (
	"context"
	"fmt"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/topology"
)

// PodPair are two pods on different nodes, in a direction.
type PodPair struct {
	From, To Pod
	// AcrossRacks says that their nodes are in different racks.
	AcrossRacks bool
}

// String names the pair in reports.
func (p PodPair) String() string {
	where := "in the rack"
	if p.AcrossRacks {
		where = "across racks"
	}
	return fmt.Sprintf("pod on %s to pod on %s, %s", p.From.Node, p.To.Node, where)
}

// PodPairs are all pairs of the workload's pods on different nodes that are chosen by
// their nodes, each direction a pair of its own, in the order of the topology. There has
// to be one.
func (l *Lab) PodPairs(ctx context.Context, chosen func(from, to *topology.Host) bool) []PodPair {
	ginkgo.GinkgoHelper()
	pods := l.Pods(ctx)
	var pairs []PodPair
	for _, from := range l.topology.Nodes() {
		for _, to := range l.topology.Nodes() {
			if from.Name != to.Name && chosen(&from, &to) {
				pairs = append(pairs, PodPair{From: pods[from.Name], To: pods[to.Name], AcrossRacks: AcrossRacks(&from, &to)})
			}
		}
	}
	gomega.Expect(pairs).NotTo(gomega.BeEmpty(), "pairs of pods")
	return pairs
}

// PodFlows are the flows between all pairs of the workload's pods that are chosen, both
// ways, by the names that they have in the report: see Meter.
func (l *Lab) PodFlows(ctx context.Context, chosen func(from, to *topology.Host) bool) map[string]Flow {
	ginkgo.GinkgoHelper()
	flows := map[string]Flow{}
	for _, pair := range l.PodPairs(ctx, chosen) {
		flows[pair.String()] = Flow{From: pair.From, To: pair.To.Address}
	}
	return flows
}

// AllPairs chooses every pair.
func AllPairs(_, _ *topology.Host) bool { return true }

// WithinRacks chooses the pairs of nodes of one rack.
func WithinRacks(from, to *topology.Host) bool { return from.Rack == to.Rack }

// AcrossRacks chooses the pairs of nodes of different racks.
func AcrossRacks(from, to *topology.Host) bool { return from.Rack != to.Rack }
