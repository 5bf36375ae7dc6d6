package fullmesh

import (
	"net/netip"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/oracle"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// nodes are the promises about a Node object that goes and comes back
// (projectcalico/calico#8135, #13848).
func nodes(lab *suite.Lab) {
	Context("nodes", Label("changes", "nodes"), func() {
		Requirement("MESH-050", "a node that is deleted from the cluster MUST go from the sessions and routes of all others, and be back with its own blocks when it is registered again with its settings", Needs(EnterPods), func(ctx SpecContext) {
			all := lab.Topology().Nodes()
			gone := all[len(all)-1].Name
			blocks := blocksOf(ctx, lab, gone)
			Expect(blocks).NotTo(BeEmpty(), "blocks of %s", gone)

			register := workload.DeleteNode(ctx, lab, gone)
			for _, other := range topology.Names(all[:len(all)-1]) {
				Eventually(observed.Peers).WithContext(ctx).WithArguments(lab, other).ShouldNot(ContainElement(gone), "sessions of %s", other)
				for _, block := range blocks {
					Eventually(observed.NextHops).WithContext(ctx).WithArguments(lab, other, block).Should(BeEmpty(), "%s: %s", other, block)
				}
			}

			register(ctx)
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			Expect(blocksOf(ctx, lab, gone)).To(ConsistOf(blocks), "blocks of %s", gone)
			expect.PodsReach(ctx, lab, topology.AllPairs)
		})
	})
}

// blocksOf are the blocks that a node owns.
func blocksOf(ctx SpecContext, lab *suite.Lab, name string) []netip.Prefix {
	GinkgoHelper()
	state := observed.Nodes(ctx, lab)
	i := slices.IndexFunc(state, func(n oracle.Node) bool { return n.Name == name })
	Expect(i).To(BeNumerically(">=", 0), "node %s", name)
	return state[i].Blocks
}
