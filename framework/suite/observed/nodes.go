package observed

import (
	"context"
	"slices"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

// Nodes are the cluster's nodes with what Calico keeps about them now. Each has a block.
func Nodes(ctx context.Context, l *suite.Lab) []oracle.Node {
	ginkgo.GinkgoHelper()
	state, err := l.State(ctx)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	// A reflector outside the cluster has no pods.
	nodes := slices.DeleteFunc(slices.Clone(state.Nodes), func(n oracle.Node) bool { return l.Node(n.Name).Role != topology.Node })
	for _, n := range nodes {
		gomega.Expect(n.Blocks).NotTo(gomega.BeEmpty(), "blocks of %s", n.Name)
	}
	return nodes
}

// Node is one of Nodes.
func Node(ctx context.Context, l *suite.Lab, name string) oracle.Node {
	ginkgo.GinkgoHelper()
	nodes := Nodes(ctx, l)
	i := slices.IndexFunc(nodes, func(n oracle.Node) bool { return n.Name == name })
	gomega.Expect(i).To(gomega.BeNumerically(">=", 0), "node %s", name)
	return nodes[i]
}
