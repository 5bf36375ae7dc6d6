package vxlan

import (
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

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

// changes are requirements A7 and B10 for VXLAN.
func changes(lab *suite.Lab) {
	Context("changes", Label("changes"), func() {
		Requirement("VXL-060", "turning the mesh off MUST take every session away and no route of the pool, and lose no packet between pods", Needs(EnterPods), Timing(probe.Late), func(ctx SpecContext) {
			meters := traffic.MeterPods(ctx, workload.PodPairs(ctx, lab, topology.AllPairs)...)
			expect.PodRoutesOutliveMesh(ctx, lab)
			meters.ExpectNoLoss(ctx)
		})

		Requirement("VXL-061", "turning the mesh on again MUST bring every session back, and lose no packet between pods", Needs(EnterPods), Timing(probe.Late), func(ctx SpecContext) {
			lab.LoseMesh(ctx)
			meters := traffic.MeterPods(ctx, workload.PodPairs(ctx, lab, topology.AllPairs)...)
			lab.SetMesh(ctx, true)
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			meters.ExpectNoLoss(ctx)
		})

		Requirement("VXL-062", "a pool that changes to CrossSubnet and back MUST be routed so on every node, with nobody left behind", func(ctx SpecContext) {
			same := observed.NodePairs(ctx, lab, topology.WithinRacks)
			// Not by a second change, after which the pool would go through the first one
			// again when the spec ends, and back at once. Calico's service for tunnel
			// addresses does not hear of a change while it is busy with another.
			undo := lab.ChangeIPPools(ctx, func(spec *v3.IPPoolSpec) { spec.VXLANMode = v3.VXLANModeCrossSubnet })
			for _, p := range same {
				Eventually(func() []string { return observed.DevicesTo(ctx, lab, p) }).WithContext(ctx).Should(HaveEach(lab.Node(p.From.Name).Interfaces[0].Name), p.From.Name)
			}
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			undo(ctx)
			for _, p := range same {
				Eventually(func() []string { return observed.DevicesTo(ctx, lab, p) }).WithContext(ctx).Should(HaveEach(tunnel()), p.From.Name)
			}
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
		})

		Requirement("VXL-063", "a pool that is encapsulated no more MUST be routed by BIRD, and by Felix again when it is, with no route left of the other", Needs(EnterPods), Label("slow"), Timing(refreshMargin), func(ctx SpecContext) {
			undo := lab.ChangeIPPools(ctx, func(spec *v3.IPPoolSpec) { spec.VXLANMode = v3.VXLANModeNever })
			Eventually(observed.BIRDPodRoutes).WithContext(ctx).WithArguments(lab).ShouldNot(BeZero())
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			// The service that allots tunnel addresses misses a change that comes while it
			// is busy. It is done with this one when it has removed them.
			Eventually(tunnelAddresses).WithContext(ctx).WithArguments(lab).Should(BeEmpty())
			undo(ctx)
			Eventually(observed.BIRDPodRoutes).WithContext(ctx).WithArguments(lab).Should(BeZero())
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			expectVTEPs(ctx, lab)
			expect.PodsReach(ctx, lab, topology.AcrossRacks)
		})

		Requirement("VXL-064", "routes and neighbours that the kernel drops with a tunnel's address MUST be back after Felix's next look for lost routes", Needs(ChangeInterfaces, EnterPods), Label("slow"), Timing(refreshMargin), func(ctx SpecContext) {
			node := lab.Topology().Nodes()[0].Name
			// Once more if Felix looks just then.
			Eventually(func(ctx SpecContext) (expect.Comparison, error) {
				wire.FlapAddress(lab, node, tunnel())
				return expect.VTEPs(lab)(ctx)
			}).WithContext(ctx).ShouldNot(expect.Agree())
			expectVTEPs(ctx, lab)
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			expect.PodsReach(ctx, lab, topology.AcrossRacks)
		})
	})
}

// refreshMargin is what Felix may need to put back what it finds lost.
const refreshMargin = 3 * time.Second

// expectVTEPs expects that the nodes know each other's tunnels after Felix's next look for
// lost routes at the latest. Felix replaces a tunnel's address by removing the old one
// first, with which the kernel drops the neighbours of the device, and that may come after
// Felix has made them (docs/known-issues.md).
func expectVTEPs(ctx SpecContext, lab *suite.Lab) {
	GinkgoHelper()
	began := time.Now()
	Eventually(expect.VTEPs(lab)).WithContext(ctx).WithTimeout(expect.RouteRefresh(lab) + refreshMargin).Should(expect.Agree())
	AddReportEntry("VTEPs known after", time.Since(began).Round(time.Millisecond).String())
}

// tunnelAddresses are the addresses that nodes have on their tunnel devices.
func tunnelAddresses(ctx SpecContext, lab *suite.Lab) ([]netip.Addr, error) {
	state, err := lab.State(ctx)
	var addresses []netip.Addr
	for _, n := range state.Nodes {
		if n.VXLANTunnel.IsValid() {
			addresses = append(addresses, n.VXLANTunnel)
		}
	}
	return addresses, err
}
