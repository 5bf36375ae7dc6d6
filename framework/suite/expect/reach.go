package expect

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/probe"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// SeenAs expects that a pod answers a place, and sees it with an address. The
// server tells the source address that it sees, so that a hidden translation fails too.
func SeenAs(ctx context.Context, from lab.Host, to workload.Pod, as netip.Addr) {
	ginkgo.GinkgoHelper()
	answer, err := probe.Ask(ctx, from, to.Address)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	gomega.Expect(answer.Server).To(gomega.Equal(to.PodName), "from %s to the pod on %s", from.Name(), to.Node)
	gomega.Expect(answer.Client.Addr()).To(gomega.Equal(as), "from %s to the pod on %s", from.Name(), to.Node)
}

// PodsReach probes between the workload's pods of all pairs of different nodes
// that are chosen. Each has to be answered by the other itself, and seen with its own
// address.
func PodsReach(ctx context.Context, l *suite.Lab, chosen func(from, to *topology.Host) bool) {
	ginkgo.GinkgoHelper()
	for _, pair := range workload.PodPairs(ctx, l, chosen) {
		SeenAs(ctx, pair.From, pair.To, pair.From.Address.Addr())
	}
}

// PodReachesAll probes between a pod and the workload's pod of every node, in
// both directions. Each has to appear with its own address.
func PodReachesAll(ctx context.Context, l *suite.Lab, pod workload.Pod) {
	ginkgo.GinkgoHelper()
	for _, other := range workload.Pods(ctx, l) {
		SeenAs(ctx, other, pod, other.Address.Addr())
		SeenAs(ctx, pod, other, pod.Address.Addr())
	}
}

// NodesReachPods probes from every node to the workload's pod of every node, where
// it has to appear with its node IP. Of its own pods' routes none names a source: there
// a kernel takes the first address that it has, which may be that of the management
// network.
func NodesReachPods(ctx context.Context, l *suite.Lab) {
	ginkgo.GinkgoHelper()
	for _, node := range l.Topology().Nodes() {
		for _, pod := range workload.Pods(ctx, l) {
			own := gomega.Equal(node.Address())
			if pod.Node == node.Name {
				own = gomega.BeElementOf(node.Address(), node.Management)
			}
			gomega.Expect(probe.ClientAddress(ctx, l.From(node.Name), pod.Address)).To(own, "from %s to the pod on %s", node.Name, pod.Node)
		}
	}
}

// ClientConnections is how many connections a client makes to each pod. Routers choose a way
// of equal cost by a flow's ports: of two ways, all take the same one once in 32,768 times.
const ClientConnections = 16

// ClientsReachPods opens ClientConnections connections from every client outside to the pod
// on every node. Each has to be answered, and to appear there with the client's own address.
func ClientsReachPods(ctx context.Context, l *suite.Lab) {
	ginkgo.GinkgoHelper()
	clients := l.Topology().ByRole(topology.Client)
	gomega.Expect(clients).NotTo(gomega.BeEmpty(), "clients outside")
	for _, client := range clients {
		for _, pod := range workload.Pods(ctx, l) {
			for n := range ClientConnections {
				gomega.Expect(probe.ClientAddress(ctx, l.From(client.Name), pod.Address)).To(gomega.Equal(client.Address()),
					"connection %d of %d from %s to the pod on %s", n+1, ClientConnections, client.Name, pod.Node)
			}
		}
	}
}

// unreachableInterval is how long a router that was silent is left alone before it is
// asked again. A kernel takes twice from the same allowance of one a second before it says
// that it has no way (ip_error in net/ipv4/route.c, icmpv4_xrlim_allow in icmp.c), and once
// if that is not enough: who asks every second or two, as a SYN's repetitions do, may never
// get an answer.
const unreachableInterval = 2500 * time.Millisecond

// ClientsDoNotReachPods probes from every client outside to the pod on every node.
// A router has to say that it has no way. As it says so only so often in a second there
// may be silence first, but never an answer.
func ClientsDoNotReachPods(ctx context.Context, l *suite.Lab) {
	ginkgo.GinkgoHelper()
	clients := l.Topology().ByRole(topology.Client)
	gomega.Expect(clients).NotTo(gomega.BeEmpty(), "clients outside")
	for _, client := range clients {
		for _, pod := range workload.Pods(ctx, l) {
			gomega.Eventually(func() (probe.Outcome, error) {
				outcome, err := probe.Attempt(ctx, l.From(client.Name), pod.Address, probe.Timeout)
				if err == nil && outcome != probe.Unreachable && outcome != probe.TimedOut {
					return outcome, gomega.StopTrying(fmt.Sprintf("it was %s", outcome))
				}
				return outcome, err
			}).WithContext(ctx).WithPolling(unreachableInterval).Should(gomega.Equal(probe.Unreachable), "from %s to the pod on %s", client.Name, pod.Node)
		}
	}
}
