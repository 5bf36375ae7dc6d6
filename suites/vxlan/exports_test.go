package vxlan

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
)

// exports are requirement A4 where Felix owns the routes, which BIRD learns from the
// kernel.
func exports(lab *suite.Lab) {
	Context("exports", Label("paths"), func() {
		Requirement("VXL-030", "a node MUST tell other nodes of its own blocks alone, and of no route through the tunnel", func(ctx SpecContext) {
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			expect.OwnBlocksExported(ctx, lab)
		})

		Requirement("VXL-031", "a node MUST hear of each remote block from its owner alone, with the owner's node IP as next hop", func(ctx SpecContext) {
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			expect.BlocksLearnedFromOwners(ctx, lab)
		})
	})
}
