package workload

import (
	"context"
	"fmt"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/suite"
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
func PodPairs(ctx context.Context, l *suite.Lab, chosen func(from, to *topology.Host) bool) []PodPair {
	ginkgo.GinkgoHelper()
	pods := Pods(ctx, l)
	var pairs []PodPair
	for _, from := range l.Topology().Nodes() {
		for _, to := range l.Topology().Nodes() {
			if from.Name != to.Name && chosen(&from, &to) {
				pairs = append(pairs, PodPair{From: pods[from.Name], To: pods[to.Name], AcrossRacks: topology.AcrossRacks(&from, &to)})
			}
		}
	}
	gomega.Expect(pairs).NotTo(gomega.BeEmpty(), "pairs of pods")
	return pairs
}
