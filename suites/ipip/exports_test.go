package ipip

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
)

// leak is the pull request that keeps BIRD from telling other nodes of what Felix has put
// through tunl0, which BIRD learns from the kernel.
const leak = "projectcalico/calico#13470"

// exports are requirement A4.
func exports(lab *suite.Lab) {
	Context("exports", Label("paths"), func() {
		Requirement("IPIP-030", "a node MUST tell other nodes of its own blocks alone, and of no route through the tunnel", lab.KnownWhere(calico.FelixOwns, leak), func(ctx SpecContext) {
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			lab.IssueWhere(ctx, calico.FelixOwns, leak,
				func(g Gomega) { expect.TunnelRoutesNotExported(ctx, lab, g) },
				func(g Gomega) { expect.TunnelRoutesExported(ctx, lab, g) })
		})

		Requirement("IPIP-031", "a node MUST hear of each remote block from its owner alone, with the owner's node IP as next hop", lab.KnownWhere(calico.FelixOwns, leak), func(ctx SpecContext) {
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			lab.IssueWhere(ctx, calico.FelixOwns, leak,
				func(g Gomega) { expect.BlocksLearnedFromNobodyElse(ctx, lab, g) },
				func(g Gomega) { expect.BlocksLearnedFromOthersToo(ctx, lab, g) })
		})

		Requirement("IPIP-032", "a node MUST tell every other node of all its own blocks, and of nothing that lies neither in them nor behind the tunnel", func(ctx SpecContext) {
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			expect.OwnBlocksToldOf(ctx, lab)
		})

		Requirement("IPIP-033", "a node MUST hear of each remote block from its owner, and of no other next hop than the owner's node IP", func(ctx SpecContext) {
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			expect.BlocksLearnedFrom(ctx, lab)
		})
	})
}
