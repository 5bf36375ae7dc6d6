package modeswitch

import (
	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/topology"
)

// reflectors switches from the mesh to leaves that reflect, and back. With the mesh pods
// of different racks do not reach each other, as the leaves do not know their blocks
// (MESH-043), so that only those of a rack are to have their connections back.
func reflectors(lab *suite.Lab) {
	Context("live", Label("switch"), Ordered, func() {
		BeforeAll(func(ctx SpecContext) {
			lab.Ready(ctx)
			lab.LeaveMode()
		})

		Requirement("MSW-010", "from mesh to leaf reflectors, every session of the mesh MUST go within 30 s, every one with a leaf come, and pods of all racks reach each other", Needs(ConfigureRouters, EnterPods), Timing(probe.Late), func(ctx SpecContext) {
			expect.ModeSwitch(ctx, lab, "fullmesh", "leafreflector", topology.AllPairs)
		})

		Requirement("MSW-011", "from leaf reflectors to mesh, every session with a leaf MUST go within 30 s, every one of the mesh come, and pods of a rack reach each other", Needs(ConfigureRouters, EnterPods), Timing(probe.Late), func(ctx SpecContext) {
			expect.ModeSwitch(ctx, lab, "leafreflector", "fullmesh", topology.WithinRacks)
		})
	})
}
