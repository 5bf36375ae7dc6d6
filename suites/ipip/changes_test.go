package ipip

import (
	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
)

// changes are requirement A7 where Felix owns the routes.
func changes(lab *Lab) {
	Context("changes", Label("changes"), func() {
		Requirement("IPIP-070", "turning the mesh off MUST take every session away and no route of the pool, and lose no packet between pods", Timing(probe.Late), func(ctx SpecContext) {
			meters := lab.MeterPods(ctx, lab.PodPairs(ctx, AllPairs)...)
			lab.ExpectPodRoutesOutliveMesh(ctx)
			meters.ExpectNoLoss(ctx)
		})
	})
}
