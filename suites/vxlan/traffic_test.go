package vxlan

import (
	. "github.com/onsi/ginkgo/v2"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// reachability is what the tunnels are for. The server tells the source address that it
// sees, so that a hidden translation fails too.
func reachability(lab *suite.Lab) {
	Context("traffic", Label("traffic"), func() {
		Requirement("VXL-040", "a pod MUST reach pods of other racks with its own address, although the fabric does not know their blocks", Needs(EnterPods), func(ctx SpecContext) {
			expect.NoPodRoutes(ctx, lab, lab.Topology().Leaves()...)
			expect.PodsReach(ctx, lab, topology.AcrossRacks)
		})

		Requirement("VXL-041", "a pod MUST reach pods on the other nodes of its rack with its own address", Needs(EnterPods), func(ctx SpecContext) {
			expect.PodsReach(ctx, lab, topology.WithinRacks)
		})

		Requirement("VXL-042", "a node MUST reach pods of other nodes from its tunnel address, to which they can answer", Needs(SendFromNodes), func(ctx SpecContext) {
			pods := workload.Pods(ctx, lab)
			for _, p := range observed.NodePairs(ctx, lab, topology.AllPairs) {
				expect.SeenAs(ctx, lab.From(p.From.Name), pods[p.To.Name], p.From.VXLANTunnel)
			}
		})

		Requirement("VXL-043", "an outside client MUST NOT reach pods, as the fabric does not know their blocks", Needs(Clients), Label("negative"), func(ctx SpecContext) {
			expect.ClientsHaveNoWay(ctx, lab)
		})
	})
}
