package suite

import (
	"context"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/probe"
	"github.com/rackproof/rackproof/framework/topology"
)

// ExpectPodsReach probes between the workload's pods of all pairs of different
// nodes that are chosen. The server tells the source address that it sees, so that
// a hidden translation fails too.
func (l *Lab) ExpectPodsReach(ctx context.Context, chosen func(from, to *topology.Host) bool) {
	ginkgo.GinkgoHelper()
	for _, pair := range l.PodPairs(ctx, chosen) {
		gomega.Expect(probe.ClientAddress(ctx, pair.From, pair.To.Address)).To(gomega.Equal(pair.From.Address.Addr()), pair.String())
	}
}

// ExpectClientsReachPods probes from every client outside to the pod on every
// node, where it has to be seen with its own address.
func (l *Lab) ExpectClientsReachPods(ctx context.Context) {
	ginkgo.GinkgoHelper()
	clients := l.Topology().ByRole(topology.Client)
	gomega.Expect(clients).NotTo(gomega.BeEmpty(), "clients outside")
	for _, client := range clients {
		for _, pod := range l.Pods(ctx) {
			gomega.Expect(probe.ClientAddress(ctx, l.At(client.Name), pod.Address)).To(gomega.Equal(client.Address()), "from %s to the pod on %s", client.Name, pod.Node)
		}
	}
}
