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

// switchTimeout bounds how long a lab may take to come from one mode to another: Felix
// is started again, and looks for what a tunnel's device has lost every 10 s.
const switchTimeout = time.Minute

// ModeSwitch switches the lab from one mode to another under constant probes between
// all pods, and expects that sessions, tables and BGP paths become exactly those of the
// new mode, that no host keeps anything of the old one, and that the pods of the chosen
// pairs of nodes reach each other then. The report has the probes' losses, and for how
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
	meters := traffic.MeterPods(ctx, pairs...)
	ginkgo.By("switching from " + from + " to " + to)
	began := time.Now()
	l.EnterMode(ctx, to)
	expectSettled(ctx, l)
	ginkgo.AddReportEntry("settled", time.Since(began).Round(time.Millisecond).String())
	expectTunnels(ctx, l, to)
	PodsReach(ctx, l, reach)
	meters.Stop(ctx)
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
