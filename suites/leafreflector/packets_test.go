package leafreflector

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/topology"
)

// packets is article 1's claim: a rack's own traffic stays in the rack, and the core carries
// that between racks. The rack's network is the leaf's as a switch: as a router it sees nothing.
func packets(lab *suite.Lab) {
	Context("packets", Label("packets"), func() {
		Requirement("LEAF-073", "packets between pods of a rack MUST go from node to node and be routed by no leaf and no spine, and packets between pods of different racks MUST pass leaves and spines, as they are", Needs(CaptureOnNodes, CaptureOnSwitches, EnterPods), func(ctx SpecContext) {
			nodes, leaves, spines := lab.Topology().Nodes(), lab.Topology().Leaves(), lab.Topology().Spines()
			at := slices.Concat(nodes, leaves, spines)
			seen, conversations := wire.CapturePods(ctx, lab, at, topology.WithinRacks)
			for _, c := range conversations {
				Expect(seen.At(nodes...)).To(c.PassPlain())
				Expect(seen.At(slices.Concat(leaves, spines)...)).To(c.NotPass())
			}
			seen, conversations = wire.CapturePods(ctx, lab, at, topology.AcrossRacks)
			for _, c := range conversations {
				Expect(seen.At(leaves...)).To(c.PassPlain())
				Expect(seen.At(spines...)).To(c.PassPlain())
			}
		})
	})
}
