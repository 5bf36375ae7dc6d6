package vxlan

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	. "github.com/rackproof/rackproof/framework/suite"
)

// changes are requirements A7 and B10 for VXLAN.
func changes(lab *Lab) {
	Context("changes", Label("changes"), func() {
		Requirement("VXL-060", "turning the mesh off MUST take every session away and no route of the pool, and lose no packet between pods", func(ctx SpecContext) {
			meters := lab.Meter(ctx, acrossRacks(ctx, lab))
			before := map[string]route.Table{}
			for _, n := range lab.Topology().Nodes() {
				before[n.Name] = tableOf(ctx, lab, n.Name).Within(lab.Topology().Pods)
			}
			lab.SetMesh(ctx, false)
			Eventually(sessionCount).WithContext(ctx).WithArguments(lab).Should(BeZero())
			Eventually(lab.Routes(inPool(lab))).WithContext(ctx).Should(Agree())
			for name, table := range before {
				Expect(table).NotTo(BeEmpty(), name)
				Expect(tableOf(ctx, lab, name).Within(lab.Topology().Pods)).To(Equal(table), name)
			}
			meters.ExpectNoLoss(ctx)
		})

		Requirement("VXL-061", "turning the mesh on again MUST bring every session back, and lose no packet between pods", func(ctx SpecContext) {
			lab.SetMesh(ctx, false)
			Eventually(sessionCount).WithContext(ctx).WithArguments(lab).Should(BeZero())
			meters := lab.Meter(ctx, acrossRacks(ctx, lab))
			lab.SetMesh(ctx, true)
			Eventually(lab.Sessions).WithContext(ctx).Should(Agree())
			Eventually(lab.Routes(inPool(lab))).WithContext(ctx).Should(Agree())
			Eventually(lab.Paths(EveryPath)).WithContext(ctx).Should(Agree())
			meters.ExpectNoLoss(ctx)
		})

		Requirement("VXL-062", "a pool that changes to CrossSubnet and back MUST be routed so on every node, with nobody left behind", func(ctx SpecContext) {
			same := pairs(lab, stateOf(ctx, lab), true)
			// Not by a second change, after which the pool would go through the first one
			// again when the spec ends, and back at once. Calico's service for tunnel
			// addresses does not hear of a change while it is busy with another.
			undo := lab.ChangeIPPools(ctx, func(spec *v3.IPPoolSpec) { spec.VXLANMode = v3.VXLANModeCrossSubnet })
			for _, p := range same {
				Eventually(func() []string { return devices(ctx, lab, p) }).WithContext(ctx).Should(HaveEach(nodeOf(lab, p.from.Name).Interfaces[0].Name), p.from.Name)
			}
			Eventually(lab.Routes(inPool(lab))).WithContext(ctx).Should(Agree())
			undo(ctx)
			for _, p := range same {
				Eventually(func() []string { return devices(ctx, lab, p) }).WithContext(ctx).Should(HaveEach(tunnel()), p.from.Name)
			}
			Eventually(lab.Routes(inPool(lab))).WithContext(ctx).Should(Agree())
		})

		Requirement("VXL-063", "a pool that is encapsulated no more MUST be routed by BIRD, and by Felix again when it is, with no route left of the other", Label("slow"), func(ctx SpecContext) {
			undo := lab.ChangeIPPools(ctx, func(spec *v3.IPPoolSpec) { spec.VXLANMode = v3.VXLANModeNever })
			Eventually(fromBIRD).WithContext(ctx).WithArguments(lab).ShouldNot(BeZero())
			Eventually(lab.Routes(inPool(lab))).WithContext(ctx).Should(Agree())
			// What allots tunnel addresses misses a change that comes while it is busy, and
			// is done with this one when it has taken them away.
			Eventually(tunnelAddresses).WithContext(ctx).WithArguments(lab).Should(BeEmpty())
			undo(ctx)
			Eventually(fromBIRD).WithContext(ctx).WithArguments(lab).Should(BeZero())
			Eventually(lab.Routes(inPool(lab))).WithContext(ctx).Should(Agree())
			for _, p := range pairs(lab, stateOf(ctx, lab), false) {
				expectSeenAs(ctx, lab.Pods(ctx)[p.from.Name], lab.Pods(ctx)[p.to.Name], lab.Pods(ctx)[p.from.Name].Address.Addr())
			}
		})
	})
}

// acrossRacks are flows between the pods of different racks.
func acrossRacks(ctx SpecContext, lab *Lab) map[string]Flow {
	GinkgoHelper()
	pods, flows := lab.Pods(ctx), map[string]Flow{}
	for _, p := range pairs(lab, stateOf(ctx, lab), false) {
		flows[p.from.Name+" to "+p.to.Name] = Flow{From: pods[p.from.Name], To: pods[p.to.Name].Address}
	}
	return flows
}

// sessionCount counts the sessions of all nodes, whatever their state.
func sessionCount(ctx SpecContext, lab *Lab) (int, error) {
	got, err := observe.Sessions(ctx, lab.Lab)
	count := 0
	for _, node := range lab.Topology().Nodes() {
		count += len(got[node.Name])
	}
	return count, err
}

// devices are the interfaces by which a node sends to another's blocks.
func devices(ctx SpecContext, lab *Lab, p pair) []string {
	GinkgoHelper()
	var names []string
	for _, block := range p.to.Blocks {
		for _, r := range tableOf(ctx, lab, p.from.Name) {
			for _, hop := range r.NextHops {
				if r.Prefix == block {
					names = append(names, hop.Dev)
				}
			}
		}
	}
	return names
}

// tunnelAddresses are the addresses that nodes have on their tunnel devices.
func tunnelAddresses(ctx SpecContext, lab *Lab) ([]netip.Addr, error) {
	state, err := lab.State(ctx)
	var addresses []netip.Addr
	for _, n := range state.Nodes {
		if n.VXLANTunnel.IsValid() {
			addresses = append(addresses, n.VXLANTunnel)
		}
	}
	return addresses, err
}

// fromBIRD counts BIRD's routes into the pod network, on all nodes.
func fromBIRD(ctx SpecContext, lab *Lab) (int, error) {
	tables, err := observe.KernelTables(ctx, lab.Lab)
	count := 0
	for _, table := range tables {
		count += len(table.From(route.OriginBIRD).Within(lab.Topology().Pods))
	}
	return count, err
}
