package rackreflector

import (
	. "github.com/onsi/ginkgo/v2"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
)

// borrowed is requirement B13 behind the reflectors of racks.
func borrowed(lab *suite.Lab) {
	Context("borrowed addresses", Label("routes", "borrowed"), func() {
		Requirement("RRR-060", "an address that is on a node of another rack than its block MUST be routed to the node that has it, by all nodes, the block's owner too", Needs(EnterPods), func(ctx SpecContext) {
			_, racks := begin(ctx, lab)
			expect.BorrowedAcrossRacks(ctx, lab, observed.NodePair{
				From: observed.Node(ctx, lab, racks[0].clients[0].Name), To: observed.Node(ctx, lab, racks[1].clients[0].Name),
			})
		})
	})
}
