package crosssubnet

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
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
			for _, p := range lab.NodePairs(ctx, AcrossRacks) {
				exported, err := observe.Exports(ctx, lab.At(p.From.Name))
				Expect(err).NotTo(HaveOccurred())
				Expect(exported).NotTo(BeEmpty(), "peers of %s", p.From.Name)
				for peer, prefixes := range exported {
					Expect(prefixes).NotTo(BeEmpty(), "what %s exports to %s", p.From.Name, peer)
					for _, block := range p.To.Blocks {
						Expect(prefixes).NotTo(ContainElement(block), "what %s exports to %s", p.From.Name, peer)
					}
				}
			}
		})

		Requirement("CRS-021", "a node MUST NOT tell other nodes of blocks of its subnet that it does not own", Known(leak), func(ctx SpecContext) {
			Eventually(lab.Paths(EveryPath)).WithContext(ctx).Should(Agree())
			nodes := lab.NodesNow(ctx)
			KnownIssue(ctx, leak, func(g Gomega) {
				for _, n := range nodes {
					exported, err := observe.Exports(ctx, lab.At(n.Name))
					Expect(err).NotTo(HaveOccurred())
					for peer, prefixes := range exported {
						g.Expect(prefixes).To(HaveEach(BeElementOf(n.Blocks)), "what %s exports to %s", n.Name, peer)
					}
				}
			})
		})
	})
}
