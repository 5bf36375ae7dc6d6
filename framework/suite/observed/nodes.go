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

// Nodes are the nodes with what Calico keeps about them now. Each has a block. A reflector
// outside of the cluster has none, and is not among them.
func Nodes(ctx context.Context, l *suite.Lab) []oracle.Node {
	ginkgo.GinkgoHelper()
	state, err := l.State(ctx)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	nodes := slices.DeleteFunc(state.Nodes, func(n oracle.Node) bool {
		host, known := l.Topology().Host(n.Name)
		return known && host.Role == topology.Reflector
	})
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
