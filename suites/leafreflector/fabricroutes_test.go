package leafreflector

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/topology"
)

// fabricRoutes are what article 1 shows on its leaf, exactly.
func fabricRoutes(lab *suite.Lab) {
	Context("routes of the fabric", Label("routes"), func() {
		Requirement("LEAF-020", "a leaf MUST route its rack's blocks to the nodes that own them", func(ctx SpecContext) {
			state, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			Eventually(expect.Routes(lab, expect.Both(expect.On(topology.Leaf), blocksOfOwnRack(state)))).WithContext(ctx).Should(expect.Agree())
			expect.BlockRoutes(ctx, lab, lab.Topology().Leaves(), topology.WithinRacks, expect.TheOwner)
		})

		Requirement("LEAF-021", "a leaf MUST route the other racks' blocks by equal cost over both spines", func(ctx SpecContext) {
			state, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			scope := expect.Both(expect.On(topology.Leaf), blocksOfOtherRacks(state))
			Eventually(expect.Routes(lab, scope)).WithContext(ctx).Should(expect.Agree())
			expect.BlockRoutes(ctx, lab, lab.Topology().Leaves(), topology.AcrossRacks, func(_, _ topology.Host) []string { return topology.Names(lab.Topology().Spines()) })
		})

		Requirement("LEAF-022", "a leaf MUST route the other racks' node subnets by equal cost over both spines", func(ctx SpecContext) {
			scope := expect.Both(expect.On(topology.Leaf), subnetsOfOtherRacks(lab.Topology()))
			Eventually(expect.Routes(lab, scope)).WithContext(ctx).Should(expect.Agree())
			expectECMP(ctx, lab, scope)
		})

		Requirement("LEAF-026", "a leaf's BGP MUST take the paths to the other racks' blocks over all spines for equal, each through one spine and the other leaf", func(ctx SpecContext) {
			state, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			for _, leaf := range lab.Topology().Leaves() {
				known, err := observe.RouterPaths(ctx, lab.At(leaf.Name), leaf.Software)
				Expect(err).NotTo(HaveOccurred())
				for _, node := range state.Nodes {
					host, ok := lab.Topology().Host(node.Name)
					Expect(ok).To(BeTrue(), node.Name)
					for _, block := range node.Blocks {
						if host.Rack != leaf.Rack {
							Expect(asPaths(known, block)).To(ConsistOf(asPathsOver(lab, host)), "%s: %s", leaf.Name, block)
						}
					}
				}
			}
		})

		Requirement("LEAF-023", "a spine MUST know every block, via the leaf of its rack", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.Both(expect.On(topology.Spine), expect.Within(lab.Topology().Pods...)))).WithContext(ctx).Should(expect.Agree())
			expect.BlockRoutes(ctx, lab, lab.Topology().Spines(), topology.AllPairs, func(_, owner topology.Host) []string { return []string{leafOfRack(lab, owner.Rack).Name} })
		})

		Requirement("LEAF-024", "a leaf MUST hold no route that it should not: no address of a single pod, no default, nothing of the nodes but their blocks", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.On(topology.Leaf))).WithContext(ctx).Should(expect.Agree())
			expect.NoOtherRoutes(ctx, lab, lab.Topology().Leaves()...)
		})

		Requirement("LEAF-025", "a spine MUST hold no route that it should not", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.On(topology.Spine))).WithContext(ctx).Should(expect.Agree())
			expect.NoOtherRoutes(ctx, lab, lab.Topology().Spines()...)
		})
	})
}

// asPaths are the AS paths that a router uses to a prefix.
func asPaths(known []observe.Path, prefix netip.Prefix) [][]uint32 {
	var paths [][]uint32
	for _, path := range known {
		if path.Prefix == prefix && path.Used {
			paths = append(paths, path.ASPath)
		}
	}
	return paths
}

// asPathsOver are the AS paths by which a node's blocks come over each spine.
func asPathsOver(lab *suite.Lab, node *topology.Host) [][]uint32 {
	var paths [][]uint32
	for _, spine := range lab.Topology().Spines() {
		for _, leaf := range lab.Topology().Leaves() {
			if leaf.Rack == node.Rack {
				paths = append(paths, []uint32{spine.AS, leaf.AS})
			}
		}
	}
	return paths
}

// expectECMP counts next hops, so that this does not rest on the oracle alone.
func expectECMP(ctx SpecContext, lab *suite.Lab, scope expect.Scope) {
	GinkgoHelper()
	tables, err := observe.KernelTables(ctx, lab.Lab)
	Expect(err).NotTo(HaveOccurred())
	counted := 0
	for _, host := range lab.Topology().Leaves() {
		for _, r := range tables[host.Name] {
			if scope(host, r) {
				Expect(r.NextHops).To(HaveLen(len(lab.Topology().Spines())), "%s: %s", host.Name, r)
				counted++
			}
		}
	}
	Expect(counted).To(BeNumerically(">=", len(lab.Topology().Leaves())), "routes in scope")
}
