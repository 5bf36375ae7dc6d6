package tor

import (
	. "github.com/onsi/ginkgo/v2"

	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
)

// traffic is what the routes are for.
func traffic(lab *Lab) {
	Context("traffic", Label("traffic"), func() {
		Requirement("TOR-020", "a client outside MUST reach the pods on every node without an overlay, and be seen with its own address", func(ctx SpecContext) {
			lab.ExpectClientsReachPods(ctx)
		})

		Requirement("TOR-021", "pods on all nodes MUST reach each other with their own addresses", func(ctx SpecContext) {
			lab.ExpectPodsReach(ctx, AllPairs)
		})
	})
}
