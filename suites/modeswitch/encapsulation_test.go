package modeswitch

import (
	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/topology"
)

// encapsulation switches VXLAN off and on again.
func encapsulation(lab *suite.Lab) {
	Context("live", Label("switch"), Ordered, func() {
		BeforeAll(func(ctx SpecContext) {
			lab.Ready(ctx)
			lab.LeaveMode()
		})

		Requirement("MSW-001", "from VXLAN to none, every node MUST within 30 s end up with BIRD's routes by its own interface, and with nothing of the tunnel, its address included", Needs(ConfigureRouters, EnterPods), Timing(probe.Late), func(ctx SpecContext) {
			expect.ModeSwitch(ctx, lab, "vxlanreflector", "noencapreflector", topology.AllPairs)
		})

		Requirement("MSW-002", "from none to VXLAN, every node MUST within 30 s end up with Felix's routes through vxlan.calico, and with none of BIRD's", Needs(ConfigureRouters, EnterPods), Timing(probe.Late), func(ctx SpecContext) {
			expect.ModeSwitch(ctx, lab, "noencapreflector", "vxlanreflector", topology.AllPairs)
		})
	})
}
