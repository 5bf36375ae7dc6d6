package observed

import (
	"context"
	"slices"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/suite"
)

// Nodes are the nodes with what Calico keeps about them now. Each has a block.
func Nodes(ctx context.Context, l *suite.Lab) []oracle.Node {
	ginkgo.GinkgoHelper()
	state, err := l.State(ctx)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	for _, n := range state.Nodes {
		gomega.Expect(n.Blocks).NotTo(gomega.BeEmpty(), "blocks of %s", n.Name)
	}
	return state.Nodes
}

// Node is one of Nodes.
func Node(ctx context.Context, l *suite.Lab, name string) oracle.Node {
	ginkgo.GinkgoHelper()
	nodes := Nodes(ctx, l)
	i := slices.IndexFunc(nodes, func(n oracle.Node) bool { return n.Name == name })
	gomega.Expect(i).To(gomega.BeNumerically(">=", 0), "node %s", name)
	return nodes[i]
}
