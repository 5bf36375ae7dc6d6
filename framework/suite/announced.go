package suite

import (
	"context"
	"net/netip"
	"slices"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/topology"
)

// ExpectAnnounced waits until the fabric agrees with the oracle, and then looks
// without it: a prefix has to be announced by exactly these nodes, so that every
// leaf routes it to those of its own rack, or over all spines where its rack has
// none, and every spine to the leaves of the racks that have one; by equal cost.
// Without nodes nobody in the fabric has a route to it.
func (l *Lab) ExpectAnnounced(ctx context.Context, prefix netip.Prefix, nodes ...string) {
	ginkgo.GinkgoHelper()
	gomega.Eventually(l.Routes(Everything)).WithContext(ctx).Should(Agree())
	// The oracle computes with the EndpointSlices that exist. Kubernetes may have been
	// late with one, and then there is more to come.
	gomega.Eventually(func(g gomega.Gomega) { l.expectNextHops(ctx, g, prefix, nodes) }).WithContext(ctx).Should(gomega.Succeed())
	gomega.Eventually(l.Routes(Everything)).WithContext(ctx).Should(Agree())
}

// PromiseAnnounced is what ExpectAnnounced looks for without the oracle, for a
// promise that a known issue breaks: see requirement.KnownIssue. A table that
// cannot be read breaks no promise, it fails the spec.
// With gomega.Default it tells, beside such a promise, what has to be announced
// already.
func (l *Lab) PromiseAnnounced(ctx context.Context, g gomega.Gomega, prefix netip.Prefix, nodes ...string) {
	g.Eventually(func(inner gomega.Gomega) { l.expectNextHops(ctx, inner, prefix, nodes) }).WithContext(ctx).Should(gomega.Succeed())
}

func (l *Lab) expectNextHops(ctx context.Context, g gomega.Gomega, prefix netip.Prefix, nodes []string) {
	ginkgo.GinkgoHelper()
	byRack := map[string][]string{}
	for _, name := range nodes {
		host, ok := l.topology.Host(name)
		g.Expect(ok).To(gomega.BeTrue(), "node %s", name)
		byRack[host.Rack] = append(byRack[host.Rack], name)
	}
	for _, leaf := range l.topology.Leaves() {
		want := byRack[leaf.Rack]
		if len(want) == 0 && len(nodes) > 0 {
			want = l.neighbors(leaf, topology.Spine)
		}
		g.Expect(l.nextHops(ctx, leaf.Name, prefix)).To(gomega.ConsistOf(want), "next hops of %s for %s", leaf.Name, prefix)
	}
	for _, spine := range l.topology.Spines() {
		want := slices.DeleteFunc(l.neighbors(spine, topology.Leaf), func(name string) bool {
			leaf, _ := l.topology.Host(name)
			return len(byRack[leaf.Rack]) == 0
		})
		g.Expect(l.nextHops(ctx, spine.Name, prefix)).To(gomega.ConsistOf(want), "next hops of %s for %s", spine.Name, prefix)
	}
}

// nextHops fails the spec if they cannot be read.
func (l *Lab) nextHops(ctx context.Context, host string, prefix netip.Prefix) []string {
	ginkgo.GinkgoHelper()
	hops, err := l.NextHops(ctx, host, prefix)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	return hops
}

// neighbors names the hosts of a role that share a link with a host.
func (l *Lab) neighbors(host topology.Host, role topology.Role) []string {
	var names []string
	for _, end := range l.topology.Peers(host.Name) {
		if peer, ok := l.topology.Host(end.Host); ok && peer.Role == role {
			names = append(names, peer.Name)
		}
	}
	return names
}

// Single is the prefix of one address.
func Single(address netip.Addr) netip.Prefix {
	return netip.PrefixFrom(address, address.BitLen())
}
