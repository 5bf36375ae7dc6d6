package ipip

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// packets is what the links carry (requirement B7).
func packets(lab *suite.Lab) {
	Context("packets", Label("packets"), func() {
		Requirement("IPIP-050", "packets between pods of different racks MUST pass the leaves inside IP packets between the nodes, and none unencapsulated", Needs(CaptureOnSwitches, EnterPods), func(ctx SpecContext) {
			seen, conversations := wire.CapturePods(ctx, lab, lab.Topology().Leaves(), topology.AcrossRacks)
			for _, c := range conversations {
				Expect(seen).To(c.PassIn(observe.IPIP))
			}
		})

		Requirement("IPIP-051", "packets between pods on different nodes of a rack MUST be inside IP packets too", Needs(CaptureOnNodes, EnterPods), func(ctx SpecContext) {
			seen, conversations := wire.CapturePods(ctx, lab, lab.Topology().Nodes(), topology.WithinRacks)
			for _, c := range conversations {
				Expect(seen).To(c.PassIn(observe.IPIP))
			}
		})

		Requirement("IPIP-052", "packets between pods of the same node MUST NOT leave it, encapsulated or not", Needs(CaptureOnNodes, EnterPods), func(ctx SpecContext) {
			node := lab.Topology().Nodes()[0]
			first, second := workload.Pods(ctx, lab)[node.Name], workload.NewPod(ctx, lab, node.Name)
			conversation := wire.Between(lab, first, second)
			ends := append(wire.Ends(node), topology.Interface{Host: node.Name, Name: tunnel()})
			capture := wire.CaptureAt(ctx, lab, conversation.Includes, ends...)
			expect.SeenAs(ctx, first, second, first.Address.Addr())
			expect.SeenAs(ctx, second, first, second.Address.Addr())
			Expect(capture.Stop()).To(conversation.NotPass())
		})
	})
}
