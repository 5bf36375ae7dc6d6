package nodereflector

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/traffic"
)

// oneLeft is requirement E4 without a failure: one of two reflectors becomes an
// ordinary node.
func oneLeft(lab *suite.Lab) {
	// The specs share the change, which costs every session of that node twice.
	Context("one reflector left", Label("changes"), Ordered, ContinueOnFailure, func() {
		var (
			before oracle.State
			roles  roles
		)
		BeforeAll(func(ctx SpecContext) {
			lab.Ready(ctx)
			before, roles = begin(ctx, lab)
			// The specs wait for what becomes of it: a set-up that fails would say nothing of them.
			dismiss(ctx, lab, roles.reflectors[0])
		})

		Requirement("NRR-004", "with one reflector left, every other node MUST peer with it alone", Label("sessions"), func(ctx SpecContext) {
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			left := roles.reflectors[1]
			for _, node := range lab.Topology().Nodes() {
				if node.Name != left.Name {
					Expect(observed.Peers(ctx, lab, node.Name)).To(ConsistOf(left.Name), node.Name)
				}
			}
		})

		Requirement("NRR-017", "with one reflector left, every node's and the leaf's routes MUST be as complete as with two", Label("routes"), func(ctx SpecContext) {
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			for _, host := range append(lab.Topology().Nodes(), lab.Topology().Leaves()...) {
				for _, owner := range lab.Topology().Nodes() {
					for _, block := range blocksOf(before, owner) {
						Expect(observed.NextHops(ctx, lab, host.Name, block)).To(HaveLen(1), "%s: %s of %s", host.Name, block, owner.Name)
					}
				}
			}
		})
	})

	Context("one reflector less", Label("changes"), func() {
		// NRR-042 is withdrawn: it forbade the loss of one probe, which BIRD may cost when it
		// replaces a route (see ExpectNoTwoLost).
		Requirement("NRR-047", "a reflector that is made an ordinary node MUST NOT cost two datagrams in a row, 25 ms apart, between pods of the other nodes", Needs(EnterPods), Timing(probe.Late), Label("traffic"), func(ctx SpecContext) {
			_, roles := begin(ctx, lab)
			meters := traffic.Stream(ctx, betweenClients(ctx, lab, roles))
			dismiss(ctx, lab, roles.reflectors[0])
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			meters.ExpectNoTwoLost(ctx)
		})
	})
}
