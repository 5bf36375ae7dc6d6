package expect

import (
	"context"
	"net/netip"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// PodRouted expects that every node but the pod's own has one route to exactly the
// pod's address, by the one next hop that is given for the node.
func PodRouted(ctx context.Context, l *suite.Lab, pod workload.Pod, hop func(from topology.Host) route.NextHop) {
	ginkgo.GinkgoHelper()
	for _, node := range l.Topology().Nodes() {
		if node.Name != pod.Node {
			r := observed.RouteTo(ctx, l, node.Name, route.Single(pod.Address.Addr()))
			gomega.Expect(r.NextHops).To(gomega.ConsistOf(hop(node)), "%s: %s", node.Name, r)
		}
	}
}

// RoutesGoWith expects that every node has a route to exactly a pod's address,
// deletes the pod, and expects that these routes go with it.
func RoutesGoWith(ctx context.Context, l *suite.Lab, pod workload.Pod) {
	ginkgo.GinkgoHelper()
	address := pod.Address.Addr()
	gomega.Eventually(Routes(l, PodRoutes(l))).WithContext(ctx).Should(Agree())
	gomega.Expect(nodesWithRouteTo(ctx, l, address)).To(gomega.ConsistOf(topology.Names(l.Topology().Nodes())), "nodes with a route to %s", address)
	pod.Delete(ctx)
	gomega.Eventually(func() []string { return nodesWithRouteTo(ctx, l, address) }).WithContext(ctx).Should(gomega.BeEmpty())
	gomega.Eventually(Routes(l, PodRoutes(l))).WithContext(ctx).Should(Agree())
}

// nodesWithRouteTo names the nodes that have a route to exactly an address, as often as
// they have one.
func nodesWithRouteTo(ctx context.Context, l *suite.Lab, address netip.Addr) []string {
	ginkgo.GinkgoHelper()
	var names []string
	for _, node := range l.Topology().Nodes() {
		for _, r := range observed.Table(ctx, l, node.Name) {
			if r.Prefix == route.Single(address) {
				names = append(names, node.Name)
			}
		}
	}
	return names
}
