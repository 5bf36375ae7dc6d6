package expect

import (
	"context"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// BorrowedAcrossRacks gives a pod on the second node of a pair an address of a block of the
// first, which is in another rack. It expects that the nodes of the pod's rack route to the
// pod's node, and those of other racks to their leaf, the block's owner too, and that the
// routes go with the pod.
func BorrowedAcrossRacks(ctx context.Context, l *suite.Lab, pair observed.NodePair) {
	ginkgo.GinkgoHelper()
	owner, holder := l.Node(pair.From.Name), l.Node(pair.To.Name)
	gomega.Expect(owner.Rack).NotTo(gomega.Equal(holder.Rack), "racks of %s and %s", owner.Name, holder.Name)
	pod := workload.NewPodWithBorrowedAddress(ctx, l, pair)
	// A leaf that does not know the address yet would send a packet back to the block's owner.
	gomega.Eventually(Routes(l, Everything)).WithContext(ctx).Should(Agree())
	for _, node := range l.Topology().Nodes() {
		switch {
		case node.Name == holder.Name:
		case node.Rack == holder.Rack:
			OneRoute(ctx, l, node.Name, route.Single(pod.Address.Addr()), holder.Name)
		default:
			leaf, ok := l.Topology().HostOf(node.Gateways[0])
			gomega.Expect(ok).To(gomega.BeTrue(), "the gateway of %s", node.Name)
			OneRoute(ctx, l, node.Name, route.Single(pod.Address.Addr()), leaf)
		}
	}
	PodReachesAll(ctx, l, pod)
	RoutesGoWith(ctx, l, pod)
}
