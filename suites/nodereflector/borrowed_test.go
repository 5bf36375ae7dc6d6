package nodereflector

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// borrowed is requirement B13 behind reflectors.
func borrowed(lab *suite.Lab) {
	Context("borrowed addresses", Label("routes", "borrowed"), func() {
		Requirement("NRR-070", "an address of a client's block that is on another client MUST be routed to the node that has it, by all nodes, the block's owner too", Needs(EnterPods), func(ctx SpecContext) {
			_, roles := begin(ctx, lab)
			expectBorrowed(ctx, lab, roles.clients[0].Name, roles.clients[1].Name)
		})

		// A reflector keeps what lies within a block of its own to itself (bird_aggr's filter
		// rejects it before the pool is accepted), so that the other reflector has to tell.
		Requirement("NRR-071", "an address of a reflector's block that is on a client MUST be routed to the node that has it, by all nodes, the block's owner too", Needs(EnterPods), func(ctx SpecContext) {
			_, roles := begin(ctx, lab)
			expectBorrowed(ctx, lab, roles.reflectors[0].Name, roles.clients[0].Name)
		})
	})
}

// expectBorrowed gives a pod on a node an address of another node's block, and expects that
// all nodes route to it and that the route goes with the pod.
func expectBorrowed(ctx SpecContext, lab *suite.Lab, owner, holder string) {
	GinkgoHelper()
	state, _ := begin(ctx, lab)
	pair := observed.NodePair{}
	for _, node := range state.Nodes {
		switch node.Name {
		case owner:
			pair.From = node
		case holder:
			pair.To = node
		}
	}
	pod := workload.NewPodWithBorrowedAddress(ctx, lab, pair)
	Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
	for _, node := range lab.Topology().Nodes() {
		if node.Name != holder {
			expect.OneRoute(ctx, lab, node.Name, route.Single(pod.Address.Addr()), holder)
		}
	}
	expect.PodReachesAll(ctx, lab, pod)
	expect.RoutesGoWith(ctx, lab, pod)
}
