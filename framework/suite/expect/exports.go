package expect

import (
	"context"
	"net/netip"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/topology"
)

// OwnBlocksExported expects that every node tells every other one of all its own blocks,
// and of nothing else.
func OwnBlocksExported(ctx context.Context, l *suite.Lab) {
	ginkgo.GinkgoHelper()
	nodes := observed.Nodes(ctx, l)
	for _, n := range nodes {
		exported := exportsOf(ctx, l, n.Name)
		gomega.Expect(exported).To(gomega.HaveLen(len(nodes)-1), "peers of %s", n.Name)
		for peer, prefixes := range exported {
			gomega.Expect(prefixes).To(gomega.ConsistOf(n.Blocks), "what %s exports to %s", n.Name, peer)
		}
	}
}

// NeighborBlocksNotExported is the promise that no node tells others of the blocks of
// the other nodes of its rack, for a known issue that breaks it: see
// requirement.KnownIssue. A broken promise beside the issue fails the spec: the nodes
// have routes to those blocks by their own interfaces, and tell all their peers of the
// blocks of their own.
func NeighborBlocksNotExported(ctx context.Context, l *suite.Lab, g gomega.Gomega) {
	ginkgo.GinkgoHelper()
	for _, p := range observed.NodePairs(ctx, l, topology.WithinRacks) {
		gomega.Expect(observed.DevicesTo(ctx, l, p)).To(gomega.HaveEach(l.Node(p.From.Name).Interfaces[0].Name), "from %s to %s", p.From.Name, p.To.Name)
		exported := exportsOf(ctx, l, p.From.Name)
		gomega.Expect(exported).NotTo(gomega.BeEmpty(), "peers of %s", p.From.Name)
		for peer, prefixes := range exported {
			for _, block := range p.From.Blocks {
				gomega.Expect(prefixes).To(gomega.ContainElement(block), "what %s exports to %s", p.From.Name, peer)
			}
			g.Expect(prefixes).NotTo(gomega.ContainElement(gomega.BeElementOf(p.To.Blocks)), "what %s exports to %s", p.From.Name, peer)
		}
	}
}

// NeighborBlocksExported is the symptom of the issue that breaks NeighborBlocksNotExported:
// every node tells all its peers of all blocks of the other nodes of its rack.
func NeighborBlocksExported(ctx context.Context, l *suite.Lab, g gomega.Gomega) {
	ginkgo.GinkgoHelper()
	for _, p := range observed.NodePairs(ctx, l, topology.WithinRacks) {
		for peer, prefixes := range exportsOf(ctx, l, p.From.Name) {
			for _, block := range p.To.Blocks {
				g.Expect(prefixes).To(gomega.ContainElement(block), "what %s exports to %s", p.From.Name, peer)
			}
		}
	}
}

// BlocksNotExported expects that the first node of each chosen pair tells all its
// peers of something, and none of them of a block of the second.
func BlocksNotExported(ctx context.Context, l *suite.Lab, chosen func(from, to *topology.Host) bool) {
	ginkgo.GinkgoHelper()
	for _, p := range observed.NodePairs(ctx, l, chosen) {
		exported := exportsOf(ctx, l, p.From.Name)
		gomega.Expect(exported).NotTo(gomega.BeEmpty(), "peers of %s", p.From.Name)
		for peer, prefixes := range exported {
			gomega.Expect(prefixes).NotTo(gomega.BeEmpty(), "what %s exports to %s", p.From.Name, peer)
			gomega.Expect(prefixes).NotTo(gomega.ContainElement(gomega.BeElementOf(p.To.Blocks)), "what %s exports to %s", p.From.Name, peer)
		}
	}
}

// BlocksLearnedFromOwners expects that every node hears of the blocks of every other
// one from that node alone, with its node IP as next hop.
func BlocksLearnedFromOwners(ctx context.Context, l *suite.Lab) {
	ginkgo.GinkgoHelper()
	for _, p := range observed.NodePairs(ctx, l, topology.AllPairs) {
		heard, err := observed.Paths(ctx, l, p.From.Name)
		gomega.Expect(err).NotTo(gomega.HaveOccurred())
		paths := heard.To(p.To.Blocks...)
		gomega.Expect(paths).NotTo(gomega.BeEmpty(), "what %s hears of %s", p.From.Name, p.To.Name)
		for _, path := range paths {
			gomega.Expect(path.Peer).To(gomega.Equal(l.Node(p.To.Name).Address()), "%s: %s", p.From.Name, path)
			gomega.Expect(path.NextHop).To(gomega.Equal(l.Node(p.To.Name).Address()), "%s: %s", p.From.Name, path)
		}
	}
}

// exportsOf are the prefixes that a node exports to each of its peers.
func exportsOf(ctx context.Context, l *suite.Lab, node string) map[netip.Addr][]netip.Prefix {
	ginkgo.GinkgoHelper()
	exported, err := observe.Exports(ctx, l.At(node), l.Node(node).Families())
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	return exported
}
