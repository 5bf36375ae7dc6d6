package expect

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/traffic"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

const (
	// switchTimeout bounds how long a lab may take to come from one mode to another: Felix
	// is started again, looks every 10 s for what a tunnel's device has lost, and may have to
	// look twice.
	switchTimeout = 30 * time.Second
	// switchOutage bounds how long pods that reach each other in both modes may be without
	// each other. Sessions of the old mode go before those of the new one are up: BIRD waits 2 s
	// before it connects, and 5 s before it tries again, which an attempt at the wrong moment
	// may cost twice (connect delay time and connect retry time in Calico's templates). Each of
	// the three waits ends up to a second late, as BIRD counts whole seconds, and a second is
	// for routes.
	switchOutage = (2 + 5 + 5 + 3 + 1) * time.Second
)

// ModeSwitch switches the lab from one mode to another under constant probes between
// all pods, and expects that sessions, tables and BGP paths become exactly those of the
// new mode, that no host keeps anything of the old one, and that the pods of the chosen
// pairs of nodes reach each other then. All that has switchTimeout. Pods that reached each
// other before may have been without each other for switchOutage; the report has for how
// long. A lab that is in another mode is brought into the first one before.
func ModeSwitch(ctx context.Context, l *suite.Lab, from, to string, reach func(from, to *topology.Host) bool) {
	ginkgo.GinkgoHelper()
	if l.ModeNow() != from {
		l.EnterMode(ctx, from)
	}
	expectSettled(ctx, l)
	pairs := workload.PodPairs(ctx, l, topology.AllPairs)
	if !carries(ctx, from) {
		pairs = slices.DeleteFunc(pairs, func(p workload.PodPair) bool { return p.AcrossRacks })
	}
	lasting, others := split(l, pairs, reach)
	meters := traffic.MeterPods(ctx, lasting...)
	if len(others) > 0 {
		traffic.MeterPods(ctx, others...)
	}
	ginkgo.By("switching from " + from + " to " + to)
	began := time.Now()
	l.EnterMode(ctx, to)
	expectSettled(ctx, l)
	settled := time.Since(began)
	ginkgo.AddReportEntry("settled", settled.Round(time.Millisecond).String())
	gomega.Expect(settled).To(gomega.BeNumerically("<", switchTimeout), "the time until everything agreed with the oracle")
	expectRoutesOfMode(ctx, l, to)
	expectTunnels(ctx, l, to)
	PodsReach(ctx, l, reach)
	meters.ExpectRecovered(ctx, switchOutage)
}

// split tells pairs that are to reach each other after a switch from the others.
func split(l *suite.Lab, pairs []workload.PodPair, reach func(from, to *topology.Host) bool) (lasting, others []workload.PodPair) {
	for _, p := range pairs {
		from, to := l.Node(p.From.Node), l.Node(p.To.Node)
		if reach(&from, &to) {
			lasting = append(lasting, p)
		} else {
			others = append(others, p)
		}
	}
	return lasting, others
}

// expectRoutesOfMode looks without the oracle: every node has one route to each block of
// every other, by the mode's owner, through the tunnel's device where the mode encapsulates
// between the two, and by its own interface where it does not.
func expectRoutesOfMode(ctx context.Context, l *suite.Lab, name string) {
	ginkgo.GinkgoHelper()
	mode, err := fixtures.Mode(name)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	encapsulation := calico.EncapsulationOf(mode.Resources.IPPools[0])
	origin := route.OriginFelix
	if mode.RouteOwner == calico.BIRDOwns {
		origin = route.OriginBIRD
	}
	for _, p := range observed.NodePairs(ctx, l, topology.AllPairs) {
		from, to := l.Node(p.From.Name), l.Node(p.To.Name)
		device := encapsulation.Device()
		if device == "" || encapsulation.CrossSubnet() && from.Rack == to.Rack {
			device = from.Interfaces[0].Name
		}
		for _, block := range p.To.Blocks {
			r := observed.RouteTo(ctx, l, from.Name, block)
			want := origin
			if device == calico.VXLAN.Device() {
				// Felix's too, by the number of its routes to pods (DeviceRouteProtocol).
				want = route.OriginBoot
			}
			gomega.Expect(r.Origin).To(gomega.Equal(want), "%s: %s", from.Name, r)
			for _, hop := range r.NextHops {
				gomega.Expect(hop.Dev).To(gomega.Equal(device), "%s: %s", from.Name, r)
			}
			gomega.Expect(r.NextHops).NotTo(gomega.BeEmpty(), "%s: %s", from.Name, r)
		}
	}
}

// expectSettled waits until the lab agrees with the oracle in everything.
func expectSettled(ctx context.Context, l *suite.Lab) {
	ginkgo.GinkgoHelper()
	for _, look := range []any{Sessions(l), Routes(l, Everything), Paths(l, EveryPath)} {
		gomega.Eventually(look).WithContext(ctx).WithTimeout(switchTimeout).Should(Agree())
	}
	// Sessions and paths may have changed what was looked at first.
	gomega.Eventually(Routes(l, Everything)).WithContext(ctx).Should(Agree())
}

// carries reports whether pods of different racks reach each other in a mode: where
// leaves do not know the nodes' blocks, only if packets between nodes carry theirs.
func carries(_ context.Context, name string) bool {
	ginkgo.GinkgoHelper()
	mode, err := fixtures.Mode(name)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	return mode.LeafToNode != calico.NoPeering || calico.EncapsulationOf(mode.Resources.IPPools[0]) != calico.NoEncapsulation
}

// expectTunnels expects that each node has its tunnel's address on the device of the
// mode's encapsulation and knows the other nodes' tunnels, and that without encapsulation
// neither a device nor Calico has an address for it.
func expectTunnels(ctx context.Context, l *suite.Lab, name string) {
	ginkgo.GinkgoHelper()
	mode, err := fixtures.Mode(name)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	wanted := calico.EncapsulationOf(mode.Resources.IPPools[0]).Device()
	if wanted == "" {
		gomega.Eventually(func(g gomega.Gomega) {
			for _, n := range observed.Nodes(ctx, l) {
				g.Expect(tunnelAddress(n).IsValid()).To(gomega.BeFalse(), "%s has %s", n.Name, tunnelAddress(n))
			}
		}).WithContext(ctx).WithTimeout(switchTimeout).Should(gomega.Succeed())
	}
	for _, node := range l.Topology().Nodes() {
		for _, device := range []string{calico.IPIP.Device(), calico.VXLAN.Device()} {
			gomega.Eventually(func(g gomega.Gomega) {
				d, err := observe.ReadDevice(l.At(node.Name), device)
				g.Expect(err).NotTo(gomega.HaveOccurred())
				if device != wanted {
					g.Expect(d.Addresses).To(gomega.BeEmpty(), "%s: %s", node.Name, d)
					return
				}
				g.Expect(d.Up).To(gomega.BeTrue(), "%s: %s", node.Name, d)
				g.Expect(d.Addresses).To(gomega.ConsistOf(route.Single(tunnelAddress(observed.Node(ctx, l, node.Name)))), "%s: %s", node.Name, d)
			}).WithContext(ctx).WithTimeout(switchTimeout).Should(gomega.Succeed())
		}
	}
	if wanted == calico.VXLAN.Device() {
		gomega.Eventually(VTEPs(l)).WithContext(ctx).WithTimeout(switchTimeout).Should(Agree())
	}
}

// tunnelAddress is a node's address for its tunnel, of which it has one kind.
func tunnelAddress(node oracle.Node) netip.Addr {
	if node.IPIPTunnel.IsValid() {
		return node.IPIPTunnel
	}
	return node.VXLANTunnel
}
