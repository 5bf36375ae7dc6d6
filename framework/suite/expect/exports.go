package expect

import (
	"context"
	"maps"
	"net/netip"
	"slices"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/path"
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

// OwnBlocksToldOf expects that every node tells every other one of all blocks of its own,
// and of nothing else but what it reaches through the tunnel.
func OwnBlocksToldOf(ctx context.Context, l *suite.Lab) {
	ginkgo.GinkgoHelper()
	nodes := observed.Nodes(ctx, l)
	for _, n := range nodes {
		exported := exportsOf(ctx, l, n.Name)
		gomega.Expect(exported).To(gomega.HaveLen(len(nodes)-1), "peers of %s", n.Name)
		tunnelled := throughTunnel(ctx, l, n.Name)
		for peer, prefixes := range exported {
			gomega.Expect(prefixes).To(gomega.ContainElements(n.Blocks), "what %s exports to %s", n.Name, peer)
			gomega.Expect(prefixes).To(gomega.HaveEach(gomega.BeElementOf(slices.Concat(n.Blocks, tunnelled))), "what %s exports to %s", n.Name, peer)
		}
	}
}

// TunnelRoutesNotExported is the promise that no node tells others of what it reaches
// through the tunnel, for a known issue that breaks it: see requirement.KnownIssue. Nodes
// without such a route, or without exports, fail the spec.
func TunnelRoutesNotExported(ctx context.Context, l *suite.Lab, g gomega.Gomega) {
	ginkgo.GinkgoHelper()
	for _, n := range observed.Nodes(ctx, l) {
		tunnelled := throughTunnel(ctx, l, n.Name)
		gomega.Expect(tunnelled).NotTo(gomega.BeEmpty(), "what %s reaches through the tunnel", n.Name)
		exported := exportsOf(ctx, l, n.Name)
		gomega.Expect(exported).NotTo(gomega.BeEmpty(), "peers of %s", n.Name)
		for peer, prefixes := range exported {
			gomega.Expect(prefixes).NotTo(gomega.BeEmpty(), "what %s exports to %s", n.Name, peer)
			g.Expect(prefixes).NotTo(gomega.ContainElement(gomega.BeElementOf(tunnelled)), "what %s exports to %s", n.Name, peer)
		}
	}
}

// TunnelRoutesExported is the symptom of the issue that breaks TunnelRoutesNotExported: every
// node tells a peer of something that it reaches through the tunnel.
func TunnelRoutesExported(ctx context.Context, l *suite.Lab, g gomega.Gomega) {
	ginkgo.GinkgoHelper()
	for _, n := range observed.Nodes(ctx, l) {
		told := slices.Concat(slices.Collect(maps.Values(exportsOf(ctx, l, n.Name)))...)
		g.Expect(told).To(gomega.ContainElement(gomega.BeElementOf(throughTunnel(ctx, l, n.Name))), "what %s exports", n.Name)
	}
}

// throughTunnel are the prefixes of a node's routes by a tunnel's device.
func throughTunnel(ctx context.Context, l *suite.Lab, node string) []netip.Prefix {
	ginkgo.GinkgoHelper()
	var prefixes []netip.Prefix
	for _, r := range observed.Table(ctx, l, node) {
		for _, hop := range r.NextHops {
			if hop.Dev == calico.IPIP.Device() && hop.Via.IsValid() {
				prefixes = append(prefixes, r.Prefix)
			}
		}
	}
	return prefixes
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

// BlocksLearnedFrom expects that every node hears of the blocks of every other one from
// that node, and by nobody with another next hop than the node's IP.
func BlocksLearnedFrom(ctx context.Context, l *suite.Lab) {
	ginkgo.GinkgoHelper()
	for _, p := range observed.NodePairs(ctx, l, topology.AllPairs) {
		for _, block := range p.To.Blocks {
			owner := 0
			for _, path := range pathsTo(ctx, l, p.From.Name, block) {
				gomega.Expect(path.NextHop).To(gomega.Equal(l.Node(p.To.Name).Address()), "%s: %s", p.From.Name, path)
				if path.Peer == l.Node(p.To.Name).Address() {
					owner++
				}
			}
			gomega.Expect(owner).To(gomega.BeNumerically(">", 0), "what %s hears of %s from %s", p.From.Name, block, p.To.Name)
		}
	}
}

// BlocksLearnedFromNobodyElse is the promise that no node hears of another one's blocks
// from a third, for a known issue that breaks it: see requirement.KnownIssue.
func BlocksLearnedFromNobodyElse(ctx context.Context, l *suite.Lab, g gomega.Gomega) {
	ginkgo.GinkgoHelper()
	for _, p := range observed.NodePairs(ctx, l, topology.AllPairs) {
		paths := pathsTo(ctx, l, p.From.Name, p.To.Blocks...)
		gomega.Expect(paths).NotTo(gomega.BeEmpty(), "what %s hears of %s", p.From.Name, p.To.Name)
		for _, path := range paths {
			g.Expect(path.Peer).To(gomega.Equal(l.Node(p.To.Name).Address()), "%s: %s", p.From.Name, path)
		}
	}
}

// BlocksLearnedFromOthersToo is the symptom of the issue that breaks
// BlocksLearnedFromNobodyElse: a third node tells of a block, beside its owner.
func BlocksLearnedFromOthersToo(ctx context.Context, l *suite.Lab, g gomega.Gomega) {
	ginkgo.GinkgoHelper()
	thirds := 0
	for _, p := range observed.NodePairs(ctx, l, topology.AllPairs) {
		owner := l.Node(p.To.Name).Address()
		paths := pathsTo(ctx, l, p.From.Name, p.To.Blocks...)
		gomega.Expect(paths.From(owner)).NotTo(gomega.BeEmpty(), "what %s hears from %s of its blocks", p.From.Name, p.To.Name)
		thirds += len(paths) - len(paths.From(owner))
	}
	g.Expect(thirds).To(gomega.BeNumerically(">", 0), "paths by a third node")
}

// pathsTo are the paths that a node hears to some prefixes.
func pathsTo(ctx context.Context, l *suite.Lab, node string, prefixes ...netip.Prefix) path.Paths {
	ginkgo.GinkgoHelper()
	heard, err := observed.Paths(ctx, l, node)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	return heard.To(prefixes...)
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

// exportsOf are the prefixes that a node exports to each of its peers, each once: BIRD
// shows one that it has by two protocols, as a block that it also learns from the kernel,
// twice.
func exportsOf(ctx context.Context, l *suite.Lab, node string) map[netip.Addr][]netip.Prefix {
	ginkgo.GinkgoHelper()
	exported, err := observe.Exports(ctx, l.At(node), l.Node(node).Families())
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	for peer, prefixes := range exported {
		slices.SortFunc(prefixes, netip.Prefix.Compare)
		exported[peer] = slices.Compact(prefixes)
	}
	return exported
}
