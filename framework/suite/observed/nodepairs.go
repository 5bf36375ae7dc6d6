package observed

import (
	"context"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

// NodePair is two different nodes, in order, with what Calico keeps about them.
type NodePair struct{ From, To oracle.Node }

// NodePairs are all ordered pairs of different nodes that are chosen. There has to be
// one.
func NodePairs(ctx context.Context, l *suite.Lab, chosen func(from, to *topology.Host) bool) []NodePair {
	ginkgo.GinkgoHelper()
	var pairs []NodePair
	nodes := Nodes(ctx, l)
	for _, from := range nodes {
		for _, to := range nodes {
			a, b := l.Node(from.Name), l.Node(to.Name)
			if from.Name != to.Name && chosen(&a, &b) {
				pairs = append(pairs, NodePair{from, to})
			}
		}
	}
	gomega.Expect(pairs).NotTo(gomega.BeEmpty(), "pairs of nodes")
	return pairs
}
