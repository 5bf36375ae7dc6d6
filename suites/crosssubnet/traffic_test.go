package crosssubnet

import (
	. "github.com/onsi/ginkgo/v2"

	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
)

func traffic(lab *Lab) {
	Context("traffic", Label("traffic"), func() {
		Requirement("CRS-030", "a pod MUST reach the pods of its rack and of others with its own address", func(ctx SpecContext) {
			lab.ExpectPodsReach(ctx, AllPairs)
		})

		Requirement("CRS-031", "a node MUST reach pods of its rack from its node IP, and those of other racks from its tunnel address", func(ctx SpecContext) {
			pods := lab.Pods(ctx)
			for _, p := range lab.NodePairs(ctx, WithinRacks) {
				lab.ExpectSeenAs(ctx, lab.At(p.From.Name), pods[p.To.Name], lab.NodeIP(p.From.Name))
			}
			for _, p := range lab.NodePairs(ctx, AcrossRacks) {
				lab.ExpectSeenAs(ctx, lab.At(p.From.Name), pods[p.To.Name], p.From.IPIPTunnel)
			}
		})
	})
}
