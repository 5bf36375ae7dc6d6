package crosssubnet

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
)

// leak is the pull request that would keep BIRD from telling other nodes of routes that
// Felix has made by the node's own interface.
const leak = "projectcalico/calico#13533"

// exports are requirements A4 and C7.
func exports(lab *Lab) {
	Context("exports", Label("paths"), func() {
		Requirement("CRS-020", "a node MUST NOT tell other nodes of routes through the tunnel", func(ctx SpecContext) {
			Eventually(lab.Paths(EveryPath)).WithContext(ctx).Should(Agree())
			lab.ExpectBlocksNotExported(ctx, AcrossRacks)
		})

		Requirement("CRS-021", "a node MUST NOT tell other nodes of blocks of its subnet that it does not own", Known(leak), func(ctx SpecContext) {
			Eventually(lab.Paths(EveryPath)).WithContext(ctx).Should(Agree())
			KnownIssue(ctx, leak, func(g Gomega) { lab.PromiseNeighborsNotExported(ctx, g) })
		})
	})
}
