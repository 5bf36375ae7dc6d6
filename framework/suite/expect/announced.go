package expect

import (
	"context"
	"net/netip"
	"slices"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/topology"
)

// Announced waits until the fabric agrees with the oracle, and then looks
// without it: a prefix has to be announced by exactly these nodes, so that every
// leaf routes it to those of its own rack, or over all spines where its rack has
// none, and every spine to the leaves of the racks that have one; by equal cost.
// Without nodes nobody in the fabric has a route to it.
func Announced(ctx context.Context, l *suite.Lab, prefix netip.Prefix, nodes ...string) {
	ginkgo.GinkgoHelper()
	gomega.Eventually(Routes(l, Everything)).WithContext(ctx).Should(Agree())
	// The oracle computes with the EndpointSlices that exist. Kubernetes may have been
	// late with one, and then there is more to come.
	gomega.Eventually(func(g gomega.Gomega) { expectNextHops(ctx, l, g, prefix, nodes) }).WithContext(ctx).Should(gomega.Succeed())
	gomega.Eventually(Routes(l, Everything)).WithContext(ctx).Should(Agree())
}

// FabricRoutes is what Announced looks for without the oracle, for a
// promise that a known issue breaks: see requirement.KnownIssue. A table that
// cannot be read breaks no promise, it fails the spec.
// With gomega.Default it verifies, beside such a promise, what is announced already.
func FabricRoutes(ctx context.Context, l *suite.Lab, g gomega.Gomega, prefix netip.Prefix, nodes ...string) {
	g.Eventually(func(inner gomega.Gomega) { expectNextHops(ctx, l, inner, prefix, nodes) }).WithContext(ctx).Should(gomega.Succeed())
}

func expectNextHops(ctx context.Context, l *suite.Lab, g gomega.Gomega, prefix netip.Prefix, nodes []string) {
	ginkgo.GinkgoHelper()
	byRack := map[string][]string{}
	for _, name := range nodes {
		host, ok := l.Topology().Host(name)
		g.Expect(ok).To(gomega.BeTrue(), "node %s", name)
		byRack[host.Rack] = append(byRack[host.Rack], name)
	}
	for _, leaf := range l.Topology().Leaves() {
		want := byRack[leaf.Rack]
		if len(want) == 0 && len(nodes) > 0 {
			want = neighbors(l, leaf, topology.Spine)
		}
		g.Expect(nextHops(ctx, l, leaf.Name, prefix)).To(gomega.ConsistOf(want), "next hops of %s for %s", leaf.Name, prefix)
	}
	for _, spine := range l.Topology().Spines() {
		want := slices.DeleteFunc(neighbors(l, spine, topology.Leaf), func(name string) bool {
			leaf, _ := l.Topology().Host(name)
			return len(byRack[leaf.Rack]) == 0
		})
		g.Expect(nextHops(ctx, l, spine.Name, prefix)).To(gomega.ConsistOf(want), "next hops of %s for %s", spine.Name, prefix)
	}
}

// nextHops fails the spec if they cannot be read.
func nextHops(ctx context.Context, l *suite.Lab, host string, prefix netip.Prefix) []string {
	ginkgo.GinkgoHelper()
	hops, err := observed.NextHops(ctx, l, host, prefix)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	return hops
}

// neighbors names the hosts of a role that share a link with a host.
func neighbors(l *suite.Lab, host topology.Host, role topology.Role) []string {
	var names []string
	for _, end := range l.Topology().Peers(host.Name) {
		if peer, ok := l.Topology().Host(end.Host); ok && peer.Role == role {
			names = append(names, peer.Name)
		}
	}
	return names
}
