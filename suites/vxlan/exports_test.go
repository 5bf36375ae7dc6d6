package vxlan

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
		Requirement("VXL-030", "a node MUST tell other nodes of its own blocks alone, and of no route through the tunnel", func(ctx SpecContext) {
			Eventually(lab.Paths(EveryPath)).WithContext(ctx).Should(Agree())
			state := stateOf(ctx, lab)
			for _, n := range state.Nodes {
				exported, err := observe.Exports(ctx, lab.At(n.Name))
				Expect(err).NotTo(HaveOccurred())
				Expect(exported).To(HaveLen(len(state.Nodes)-1), "peers of %s", n.Name)
				for peer, prefixes := range exported {
					Expect(prefixes).NotTo(BeEmpty(), "what %s exports to %s", n.Name, peer)
					Expect(prefixes).To(HaveEach(BeElementOf(n.Blocks)), "what %s exports to %s", n.Name, peer)
				}
			}
		})

		Requirement("VXL-031", "a node MUST hear of each remote block from its owner alone, with the owner's node IP as next hop", func(ctx SpecContext) {
			Eventually(lab.Paths(EveryPath)).WithContext(ctx).Should(Agree())
			state := stateOf(ctx, lab)
			for _, n := range state.Nodes {
				heard, err := lab.PathsOf(ctx, n.Name)
				Expect(err).NotTo(HaveOccurred())
				for _, owner := range state.Nodes {
					if owner.Name == n.Name {
						continue
					}
					address := nodeOf(lab, owner.Name).Address()
					paths := heard.To(owner.Blocks...)
					Expect(paths).NotTo(BeEmpty(), "what %s hears of %s", n.Name, owner.Name)
					for _, p := range paths {
						Expect(p.Peer).To(Equal(address), "%s: %s", n.Name, p)
						Expect(p.NextHop).To(Equal(address), "%s: %s", n.Name, p)
					}
				}
			}
		})
	})
}
