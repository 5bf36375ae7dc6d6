package canal

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/traffic"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// switchOutage bounds how long pods may be without each other while the backend changes.
// flannel removes a node's old route before it adds the new one.
const switchOutage = time.Second

// enter changes flannel's backend as article 4 does: new configuration, and then the start
// of flannel on one node after the other.
func enter(ctx SpecContext, lab *suite.Lab, backend calico.FlannelBackend) {
	GinkgoHelper()
	lab.SetFlannel(ctx, calico.Flannel{Backend: backend})
	for _, node := range lab.Topology().Nodes() {
		restart(ctx, lab, node.Name)
	}
	Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
}

// begin gives flannel the backend from which a spec changes it, if it has another one.
func begin(ctx SpecContext, lab *suite.Lab, backend calico.FlannelBackend) {
	GinkgoHelper()
	state, err := lab.State(ctx)
	Expect(err).NotTo(HaveOccurred())
	if state.Flannel.Backend != backend {
		enter(ctx, lab, backend)
	}
}

// backends changes the backend under traffic, where all nodes are in one network.
func backends(lab *suite.Lab) {
	Context("live", Needs(EnterPods, RestartComponents), Label("switch"), Ordered, func() {
		BeforeAll(func(ctx SpecContext) {
			lab.Ready(ctx)
			lab.RestoreFlannel()
		})

		Requirement("CAN-200", "from vxlan to host-gw, every node MUST end up with plain routes and leave flannel.1 unused, so that its removal, as by a reboot, costs no packet", Needs(CaptureOnNodes, ChangeInterfaces), Timing(probe.Late), func(ctx SpecContext) {
			begin(ctx, lab, calico.FlannelVXLAN)
			pairs := workload.PodPairs(ctx, lab, topology.AllPairs)
			meters := traffic.MeterPods(ctx, pairs...)
			enter(ctx, lab, calico.FlannelHostGateway)
			meters.ExpectRecovered(ctx, switchOutage)
			for _, p := range observed.NodePairs(ctx, lab, topology.AllPairs) {
				Expect(observed.RouteTo(ctx, lab, p.From.Name, p.To.Blocks[0]).NextHops).To(ConsistOf(plainHop(lab, p)), "%s to %s", p.From.Name, p.To.Name)
			}

			By("removing flannel.1, which flannel has left")
			meters = traffic.MeterPods(ctx, pairs...)
			for _, node := range lab.Topology().Nodes() {
				wire.DeleteDevice(lab, node.Name, calico.FlannelDevice)
			}
			seen, conversations := wire.CapturePods(ctx, lab, lab.Topology().Nodes(), topology.AllPairs)
			for _, c := range conversations {
				Expect(seen).To(c.PassPlain())
			}
			meters.ExpectNoLoss(ctx)
		})

		Requirement("CAN-201", "from host-gw to vxlan, every node MUST end up with flannel.1, routes through it and the far ends of all others", Timing(probe.Late), func(ctx SpecContext) {
			begin(ctx, lab, calico.FlannelHostGateway)
			meters := traffic.MeterPods(ctx, workload.PodPairs(ctx, lab, topology.AllPairs)...)
			enter(ctx, lab, calico.FlannelVXLAN)
			Eventually(expect.VTEPs(lab)).WithContext(ctx).Should(expect.Agree())
			meters.ExpectRecovered(ctx, switchOutage)
			for _, p := range observed.NodePairs(ctx, lab, topology.AllPairs) {
				Expect(observed.RouteTo(ctx, lab, p.From.Name, p.To.Blocks[0]).NextHops).To(ConsistOf(throughTunnel(p.To)), "%s to %s", p.From.Name, p.To.Name)
			}
			expect.PodsReach(ctx, lab, topology.AllPairs)
		})
	})
}
