package crosssubnet

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
)

// tunnelLeak is the pull request that keeps BIRD from telling other nodes of what Felix
// has put through tunl0.
const tunnelLeak = "projectcalico/calico#13470"

// leak is the pull request that would keep BIRD from telling other nodes of routes that
// Felix has made by the node's own interface.
const leak = "projectcalico/calico#13533"

// exports are requirements A4 and C7.
func exports(lab *suite.Lab) {
	Context("exports", Label("paths"), func() {
		Requirement("CRS-020", "a node MUST NOT tell other nodes of routes through the tunnel", lab.KnownWhere(calico.FelixOwns, tunnelLeak), func(ctx SpecContext) {
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			lab.IssueWhere(ctx, calico.FelixOwns, tunnelLeak,
				func(g Gomega) { expect.TunnelRoutesNotExported(ctx, lab, g) },
				func(g Gomega) { expect.TunnelRoutesExported(ctx, lab, g) })
		})

		Requirement("CRS-021", "a node MUST NOT tell other nodes of blocks of its subnet that it does not own", lab.KnownWhere(calico.FelixOwns, leak), func(ctx SpecContext) {
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			lab.IssueWhere(ctx, calico.FelixOwns, leak,
				func(g Gomega) { expect.NeighborBlocksNotExported(ctx, lab, g) },
				func(g Gomega) { expect.NeighborBlocksExported(ctx, lab, g) })
		})
	})
}
