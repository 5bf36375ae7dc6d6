package expect

import (
	"context"
	"net/netip"
	"slices"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/topology"
)

// The looks of this file do not rest on the oracle. They use the topology's names, and
// the blocks that IPAM has given to the nodes.

// Peers expects that a host has sessions with exactly these hosts, all of them established.
func Peers(ctx context.Context, l *suite.Lab, host string, peers ...string) {
	ginkgo.GinkgoHelper()
	sessions, err := observe.SessionsOf(ctx, l.Lab, host)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	var names []string
	for _, s := range sessions {
		name, _ := l.Topology().HostOf(s.Peer)
		gomega.Expect(s.State).To(gomega.Equal(session.Established), "%s with %s: %s", host, name, s)
		names = append(names, name)
	}
	gomega.Expect(names).To(gomega.ConsistOf(peers), "sessions of %s", host)
}

// OneRoute expects that a host has exactly one route to exactly a prefix, and that its
// next hops are these hosts, each once; without hosts, that it has no route to the prefix.
func OneRoute(ctx context.Context, l *suite.Lab, host string, prefix netip.Prefix, nextHops ...string) {
	ginkgo.GinkgoHelper()
	if len(nextHops) > 0 {
		observed.RouteTo(ctx, l, host, prefix)
	}
	gomega.Expect(observed.NextHops(ctx, l, host, prefix)).To(gomega.ConsistOf(nextHops), "next hops of %s for %s", host, prefix)
}

// BlockRoutes expects OneRoute of every host to every block of every other node of which
// the pair is chosen. There has to be such a pair.
func BlockRoutes(ctx context.Context, l *suite.Lab, hosts []topology.Host, chosen func(host, owner *topology.Host) bool, nextHops func(host, owner topology.Host) []string) {
	ginkgo.GinkgoHelper()
	looks := 0
	for _, n := range observed.Nodes(ctx, l) {
		owner := l.Node(n.Name)
		for _, host := range hosts {
			if host.Name == owner.Name || !chosen(&host, &owner) {
				continue
			}
			for _, block := range n.Blocks {
				OneRoute(ctx, l, host.Name, block, nextHops(host, owner)...)
				looks++
			}
		}
	}
	gomega.Expect(looks).To(gomega.BeNumerically(">", 0), "routes to look at")
}

// TheOwner is the next hop to a block where nothing lies between a host and its owner.
func TheOwner(_, owner topology.Host) []string { return []string{owner.Name} }

// Gateways are the next hops to blocks that lie behind a host's own gateways.
func Gateways(l *suite.Lab) func(host, owner topology.Host) []string {
	return func(host, _ topology.Host) []string {
		var names []string
		for _, family := range host.Families() {
			for _, gateway := range host.GatewaysOf(family) {
				name, _ := l.Topology().HostOf(gateway)
				names = append(names, name)
			}
		}
		return names
	}
}

// NoOtherPodRoutes expects that hosts have no route into the pod network but those to
// whole blocks, and on nodes to pods of their own: addresses of their own blocks, behind
// no gateway.
func NoOtherPodRoutes(ctx context.Context, l *suite.Lab, hosts ...topology.Host) {
	ginkgo.GinkgoHelper()
	nodes := observed.Nodes(ctx, l)
	for _, host := range hosts {
		table := observed.Table(ctx, l, host.Name).Within(l.Topology().Pods...)
		gomega.Expect(table).NotTo(gomega.BeEmpty(), "routes of %s into the pod network", host.Name)
		for _, r := range table {
			gomega.Expect(isBlock(nodes, r.Prefix) || isOwnPod(nodes, host, r)).To(gomega.BeTrue(), "%s: %s is to no block, and to no pod of its own", host.Name, r)
		}
	}
}

// NoOtherRoutes expects NoOtherPodRoutes, and that hosts have no route outside the pod
// network but those to the topology's networks, of which each is there once, and a default
// route that leads to nothing but gateways that the topology gives the host.
func NoOtherRoutes(ctx context.Context, l *suite.Lab, hosts ...topology.Host) {
	ginkgo.GinkgoHelper()
	NoOtherPodRoutes(ctx, l, hosts...)
	networks := networksOf(l.Topology())
	for _, host := range hosts {
		for _, r := range observed.Table(ctx, l, host.Name).Without(l.Topology().Pods...) {
			if r.Prefix.Bits() == 0 {
				OneRoute(ctx, l, host.Name, r.Prefix, Gateways(l)(host, host)...)
				continue
			}
			gomega.Expect(networks).To(gomega.ContainElement(r.Prefix), "%s: %s is to no network of the topology", host.Name, r)
			observed.RouteTo(ctx, l, host.Name, r.Prefix)
		}
	}
}

func isBlock(nodes []oracle.Node, prefix netip.Prefix) bool {
	return slices.ContainsFunc(nodes, func(n oracle.Node) bool { return slices.Contains(n.Blocks, prefix) })
}

func isOwnPod(nodes []oracle.Node, host topology.Host, r route.Route) bool {
	return r.Prefix.IsSingleIP() && r.Kind == route.Unicast &&
		!slices.ContainsFunc(r.NextHops, func(hop route.NextHop) bool { return hop.Via.IsValid() }) &&
		slices.ContainsFunc(nodes, func(n oracle.Node) bool {
			return n.Name == host.Name && slices.ContainsFunc(n.Blocks, func(block netip.Prefix) bool { return route.Contains(block, r.Prefix) })
		})
}

// networksOf are the networks of a topology's links, and the one of the management.
func networksOf(t *topology.Topology) []netip.Prefix {
	networks := []netip.Prefix{t.Management.Prefix}
	for _, host := range t.Hosts {
		for _, end := range host.Interfaces {
			for _, address := range end.Addresses {
				networks = append(networks, address.Masked())
			}
		}
	}
	return networks
}
