package crosssubnet

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/topology"
)

// packets is what the links carry: those of a rack, and those between racks.
func packets(lab *suite.Lab) {
	Context("packets", Label("packets"), func() {
		Requirement("CRS-040", "packets between pods of a rack MUST pass its link as they are, in both directions, and the leaf's uplinks not at all", Needs(CaptureOnNodes, CaptureOnSwitches, EnterPods), func(ctx SpecContext) {
			at := append(lab.Topology().Nodes(), lab.Topology().Leaves()...)
			seen, conversations := wire.CapturePods(ctx, lab, at, topology.WithinRacks)
			for _, c := range conversations {
				Expect(seen.At(lab.Topology().Nodes()...)).To(c.PassPlain())
				Expect(seen.At(lab.Topology().Leaves()...)).To(c.NotPass())
			}
		})

		Requirement("CRS-041", "packets between pods of different racks MUST be inside IP packets between the nodes, in both directions, on the racks' links and the uplinks", Needs(CaptureOnNodes, CaptureOnSwitches, EnterPods), func(ctx SpecContext) {
			at := append(lab.Topology().Nodes(), lab.Topology().Leaves()...)
			seen, conversations := wire.CapturePods(ctx, lab, at, topology.AcrossRacks)
			for _, c := range conversations {
				Expect(seen.At(lab.Topology().Nodes()...)).To(c.PassIn(observe.IPIP))
				Expect(seen.At(lab.Topology().Leaves()...)).To(c.PassIn(observe.IPIP))
			}
		})
	})
}
