package crosssubnet

import (
	. "github.com/onsi/ginkgo/v2"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

func reachability(lab *suite.Lab) {
	Context("traffic", Label("traffic"), func() {
		Requirement("CRS-030", "a pod MUST reach the pods of its rack and of others with its own address", Needs(EnterPods), func(ctx SpecContext) {
			expect.PodsReach(ctx, lab, topology.AllPairs)
		})

		Requirement("CRS-031", "a node MUST reach pods of its rack from its node IP, and those of other racks from its tunnel address", Needs(SendFromNodes), func(ctx SpecContext) {
			pods := workload.Pods(ctx, lab)
			for _, p := range observed.NodePairs(ctx, lab, topology.WithinRacks) {
				expect.SeenAs(ctx, lab.From(p.From.Name), pods[p.To.Name], lab.Node(p.From.Name).Address())
			}
			for _, p := range observed.NodePairs(ctx, lab, topology.AcrossRacks) {
				expect.SeenAs(ctx, lab.From(p.From.Name), pods[p.To.Name], p.From.IPIPTunnel)
			}
		})
	})
}
