package suite

import (
	"context"
	"slices"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/oracle"
)

// NodesNow are the nodes with what Calico keeps about them now. Each has a block.
func (l *Lab) NodesNow(ctx context.Context) []oracle.Node {
	ginkgo.GinkgoHelper()
	state, err := l.State(ctx)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	for _, n := range state.Nodes {
		gomega.Expect(n.Blocks).NotTo(gomega.BeEmpty(), "blocks of %s", n.Name)
	}
	return state.Nodes
}

// nodeNow is one of NodesNow.
func (l *Lab) nodeNow(ctx context.Context, name string) oracle.Node {
	ginkgo.GinkgoHelper()
	nodes := l.NodesNow(ctx)
	i := slices.IndexFunc(nodes, func(n oracle.Node) bool { return n.Name == name })
	gomega.Expect(i).To(gomega.BeNumerically(">=", 0), "node %s", name)
	return nodes[i]
}
