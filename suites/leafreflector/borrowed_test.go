package leafreflector

import (
	. "github.com/onsi/ginkgo/v2"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/topology"
)

// borrowed is requirement B13 behind leaves that reflect.
func borrowed(lab *suite.Lab) {
	Context("borrowed addresses", Label("routes", "borrowed"), func() {
		Requirement("LEAF-080", "an address that is on a node of another rack than its block MUST be routed to the node that has it, by all nodes, the block's owner too", Needs(EnterPods), func(ctx SpecContext) {
			pairs := observed.NodePairs(ctx, lab, func(from, to *topology.Host) bool { return from.Rack != to.Rack })
			expect.BorrowedAcrossRacks(ctx, lab, pairs[0])
		})
	})
}
