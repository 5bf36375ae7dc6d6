package ipip

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
)

// exports are requirement A4 where Felix owns the routes, which BIRD learns from the
// kernel.
func exports(lab *Lab) {
	Context("exports", Label("paths"), func() {
		Requirement("IPIP-030", "a node MUST tell other nodes of its own blocks alone, and of no route through the tunnel", func(ctx SpecContext) {
			Eventually(lab.Paths(EveryPath)).WithContext(ctx).Should(Agree())
			nodes := lab.NodesNow(ctx)
			for _, n := range nodes {
				exported, err := observe.Exports(ctx, lab.At(n.Name))
				Expect(err).NotTo(HaveOccurred())
				Expect(exported).To(HaveLen(len(nodes)-1), "peers of %s", n.Name)
				for peer, prefixes := range exported {
					Expect(prefixes).NotTo(BeEmpty(), "what %s exports to %s", n.Name, peer)
					Expect(prefixes).To(HaveEach(BeElementOf(n.Blocks)), "what %s exports to %s", n.Name, peer)
				}
			}
		})

		Requirement("IPIP-031", "a node MUST hear of each remote block from its owner alone, with the owner's node IP as next hop", func(ctx SpecContext) {
			Eventually(lab.Paths(EveryPath)).WithContext(ctx).Should(Agree())
			for _, p := range lab.NodePairs(ctx, AllPairs) {
				heard, err := lab.PathsOf(ctx, p.From.Name)
				Expect(err).NotTo(HaveOccurred())
				paths := heard.To(p.To.Blocks...)
				Expect(paths).NotTo(BeEmpty(), "what %s hears of %s", p.From.Name, p.To.Name)
				for _, path := range paths {
					Expect(path.Peer).To(Equal(lab.NodeIP(p.To.Name)), "%s: %s", p.From.Name, path)
					Expect(path.NextHop).To(Equal(lab.NodeIP(p.To.Name)), "%s: %s", p.From.Name, path)
				}
			}
		})
	})
}
