package suite

import (
	"context"
	"net/netip"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// NewPodWithBorrowedAddress runs a pod on the second node of a pair until the spec ends,
// with an address of a block of the first.
func (l *Lab) NewPodWithBorrowedAddress(ctx context.Context, p NodePair) Pod {
	ginkgo.GinkgoHelper()
	address := lastAddress(p.From.Blocks[0])
	pod := l.newPodWithAddress(ctx, p.To.Name, address)
	gomega.Expect(pod.Address.Addr()).To(gomega.Equal(address), "the pod has the address that it asked for")
	return pod
}

// lastAddress is the last address of a block, which IPAM gives to nobody for long.
func lastAddress(block netip.Prefix) netip.Addr {
	address := block.Addr()
	for next := address; block.Contains(next); next = next.Next() {
		address = next
	}
	return address
}

// ExpectPodRouted expects that every node but the pod's own has one route to exactly the
// pod's address, by the one next hop that is given for the node.
func (l *Lab) ExpectPodRouted(ctx context.Context, pod Pod, hop func(from topology.Host) route.NextHop) {
	ginkgo.GinkgoHelper()
	for _, node := range l.topology.Nodes() {
		if node.Name != pod.Node {
			r := l.RouteTo(ctx, node.Name, Single(pod.Address.Addr()))
			gomega.Expect(r.NextHops).To(gomega.ConsistOf(hop(node)), "%s: %s", node.Name, r)
		}
	}
}

// ExpectRoutesGoWith expects that every node has a route to exactly a pod's address,
// deletes the pod, and expects that these routes go with it.
func (l *Lab) ExpectRoutesGoWith(ctx context.Context, pod Pod) {
	ginkgo.GinkgoHelper()
	address := pod.Address.Addr()
	gomega.Eventually(l.Routes(l.PodRoutes())).WithContext(ctx).Should(Agree())
	gomega.Expect(l.nodesWithRouteTo(ctx, address)).To(gomega.ConsistOf(Names(l.topology.Nodes())), "nodes with a route to %s", address)
	l.DeletePod(ctx, pod)
	gomega.Eventually(func() []string { return l.nodesWithRouteTo(ctx, address) }).WithContext(ctx).Should(gomega.BeEmpty())
	gomega.Eventually(l.Routes(l.PodRoutes())).WithContext(ctx).Should(Agree())
}

// nodesWithRouteTo names the nodes that have a route to exactly an address, as often as
// they have one.
func (l *Lab) nodesWithRouteTo(ctx context.Context, address netip.Addr) []string {
	ginkgo.GinkgoHelper()
	var names []string
	for _, node := range l.topology.Nodes() {
		for _, r := range l.TableOf(ctx, node.Name) {
			if r.Prefix == Single(address) {
				names = append(names, node.Name)
			}
		}
	}
	return names
}
