package expect

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/traffic"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// readinessProbe is that of calico-node in Calico's manifest. Without BGP its documentation
// has BIRD left out.
func readinessProbe(l *suite.Lab) []string {
	if l.WithoutBGP() {
		return []string{"-felix-ready"}
	}
	return []string{"-felix-ready", "-bird-ready"}
}

// readyTimeout bounds how long a calico-node may take to be ready after its start.
const readyTimeout = time.Minute

const (
	// errorWait is how long BIRD waits at most after errors of a session, which collisions are
	// (`error wait time` in bird.cfg.template).
	errorWait = 30 * time.Second
	// collision bounds how long a pod may be out of reach where two nodes that both open their
	// session collide (RFC 4271, 6.8), and BIRD gives up what it has kept for the one that
	// closes it: that wait, and two attempts to connect, 5 s apart.
	collision = errorWait + 10*time.Second
	// convergence bounds how long a lab may take to be what it has to be after a change.
	convergence = 30 * time.Second
)

// RollOut restarts the calico-node of one node after another, the next one when the last is
// ready, with streams between pods. It expects the lab to be what it was, every route at every
// moment but those of coveredEnds, and no two datagrams of a stream lost in a row.
func RollOut(ctx context.Context, l *suite.Lab, pairs ...workload.PodPair) {
	ginkgo.GinkgoHelper()
	ends := coveredEnds(ctx, l)
	began := time.Now()
	restartEach(ctx, l, pairs, convergence).ExpectNoTwoLost(ctx)
	gomega.Expect(l.LostRoutesBut(ends, began, topology.Names(l.Topology().Hosts)...)).To(gomega.BeEmpty(), "routes that hosts have lost")
}

// coveredEnds are the nodes' tunnel addresses that the route to their block covers. A Felix that
// starts makes a route of their own or removes it, by the order in which it hears of the two
// (oracle.Node.EndRoutes). Packets take the same path by the block's.
func coveredEnds(ctx context.Context, l *suite.Lab) []netip.Prefix {
	ginkgo.GinkgoHelper()
	var ends []netip.Prefix
	for _, node := range observed.Nodes(ctx, l) {
		for _, address := range []netip.Addr{node.IPIPTunnel, node.VXLANTunnel} {
			if slices.ContainsFunc(node.Blocks, func(block netip.Prefix) bool { return !block.IsSingleIP() && block.Contains(address) }) {
				ends = append(ends, route.Single(address))
			}
		}
	}
	return ends
}

// RollOutOverActivePeers is RollOut where both of two nodes open their session, as peers by a
// BGPPeer do: a collision of the two may cost a route for some seconds, by chance.
func RollOutOverActivePeers(ctx context.Context, l *suite.Lab, pairs ...workload.PodPair) {
	ginkgo.GinkgoHelper()
	restartEach(ctx, l, pairs, collision+convergence).ExpectRecovered(ctx, collision)
}

func restartEach(ctx context.Context, l *suite.Lab, pairs []workload.PodPair, settle time.Duration) *traffic.Meters {
	ginkgo.GinkgoHelper()
	Settled(ctx, l)
	streams := traffic.MeterPods(ctx, pairs...)
	for _, node := range l.Topology().Nodes() {
		ginkgo.By("restarting calico-node on " + node.Name)
		l.RestartCalicoNode(ctx, node.Name, nil)
		Ready(ctx, l, node.Name)
	}
	settled(ctx, l, settle)
	return streams
}

// Ready waits until a node's calico-node is ready by its probe.
func Ready(ctx context.Context, l *suite.Lab, node string) {
	ginkgo.GinkgoHelper()
	ready := func(ctx context.Context) error { return l.CalicoNodeSays(ctx, node, readinessProbe(l)...) }
	gomega.Eventually(ready).WithContext(ctx).WithTimeout(readyTimeout).Should(gomega.Succeed(), node)
}

// Settled waits until sessions and routes are what they have to be.
func Settled(ctx context.Context, l *suite.Lab) {
	ginkgo.GinkgoHelper()
	settled(ctx, l, convergence)
}

func settled(ctx context.Context, l *suite.Lab, within time.Duration) {
	ginkgo.GinkgoHelper()
	gomega.Eventually(Sessions(l)).WithContext(ctx).WithTimeout(within).Should(Agree())
	gomega.Eventually(Routes(l, Everything)).WithContext(ctx).WithTimeout(within).Should(Agree())
}

// TunnelAddresses are those of the nodes' tunnel devices, by node. Each node has one.
func TunnelAddresses(ctx context.Context, l *suite.Lab) map[string]netip.Addr {
	ginkgo.GinkgoHelper()
	addresses := map[string]netip.Addr{}
	for _, node := range observed.Nodes(ctx, l) {
		address := node.VXLANTunnel
		if !address.IsValid() {
			address = node.IPIPTunnel
		}
		gomega.Expect(address.IsValid()).To(gomega.BeTrue(), "tunnel address of %s", node.Name)
		addresses[node.Name] = address
	}
	return addresses
}
