package nodereflector

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/traffic"
	"github.com/rackproof/rackproof/framework/topology"
)

// killed is requirement E4 by a failure, and K3 and K6.
func killed(lab *suite.Lab) {
	Context("a reflector whose BIRD is killed", Label("failure"), func() {
		// NRR-040 and NRR-041 are withdrawn: they forbade the loss of one probe, which BIRD may cost
		// when it replaces a route (see ExpectNoTwoLost).
		Requirement("NRR-045", "when one reflector's BIRD is killed, no node MUST lose a route, and no two datagrams in a row, 25 ms apart, between pods of its clients be lost", Needs(EnterPods, RestartComponents), Timing(probe.Late), func(ctx SpecContext) {
			_, roles := begin(ctx, lab)
			began := time.Now()
			meters := traffic.Stream(ctx, betweenClients(ctx, lab, roles))
			kill(ctx, lab, roles)
			meters.ExpectNoTwoLost(ctx)
			// Two snapshots would not see a route that was gone for a moment.
			Expect(lab.LostRoutes(began, topology.Names(lab.Topology().Nodes())...)).To(BeEmpty(), "routes that nodes have lost")
		})

		Requirement("NRR-046", "a killed BIRD that comes back MUST have the whole lab as it was, without two lost datagrams in a row, 25 ms apart, between pods of its clients", Needs(EnterPods, RestartComponents), Timing(probe.Late), func(ctx SpecContext) {
			_, roles := begin(ctx, lab)
			meters := traffic.Stream(ctx, betweenClients(ctx, lab, roles))
			lost := kill(ctx, lab, roles)
			lab.StartComponent(ctx, lost.Name, suite.BIRD)
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			meters.ExpectNoTwoLost(ctx)
		})
	})
}

// kill kills the BIRD of a reflector, and waits until its clients have noticed.
func kill(ctx SpecContext, lab *suite.Lab, roles roles) topology.Host {
	GinkgoHelper()
	lost := roles.reflectors[0]
	lab.KillComponent(ctx, lost.Name, suite.BIRD)
	expectSessionsLost(ctx, lab, roles, lost)
	return lost
}
