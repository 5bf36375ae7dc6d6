package nodereflector

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/probe"
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

		Requirement("NRR-072", "an address of the only reflector's block that is on a client MUST be routed to the node that has it, by the other nodes too, and answer them", Known(keptBack), Needs(EnterPods, SendFromNodes), Label("changes"), func(ctx SpecContext) {
			_, roles := begin(ctx, lab)
			reflector, holder := roles.reflectors[0].Name, roles.clients[0].Name
			for _, other := range roles.reflectors[1:] {
				dismiss(ctx, lab, other)
			}
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			pair := observed.NodePair{From: observed.Node(ctx, lab, reflector), To: observed.Node(ctx, lab, holder)}
			pod := workload.NewPodWithBorrowedAddress(ctx, lab, pair)
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			address, block := route.Single(pod.Address.Addr()), pair.From.Blocks[0]
			expect.OneRoute(ctx, lab, reflector, address, holder)
			others := func(g Gomega, prefix netip.Prefix, want ...string) {
				for _, node := range lab.Topology().Nodes() {
					if node.Name != reflector && node.Name != holder {
						hops, err := observed.NextHops(ctx, lab, node.Name, prefix)
						Expect(err).NotTo(HaveOccurred())
						g.Expect(hops).To(ConsistOf(want), "%s: %s", node.Name, prefix)
					}
				}
			}
			// The reflector passes packets on, and the answers do not come by it: kube-proxy's
			// rules there take what follows the first packet for invalid.
			answers := func(g Gomega, want probe.Outcome) {
				for _, node := range lab.Topology().Nodes() {
					if node.Name != reflector && node.Name != holder {
						outcome, err := probe.Attempt(ctx, lab.From(node.Name), pod.Address, probe.Silence)
						Expect(err).NotTo(HaveOccurred())
						g.Expect(outcome).To(Equal(want), "%s to %s", node.Name, pod.Address)
					}
				}
			}
			expect.ServiceRules(ctx, lab)
			KnownIssue(ctx, lab, keptBack,
				func(g Gomega) {
					others(g, address, holder)
					answers(g, probe.Answered)
				},
				func(g Gomega) {
					others(g, address)
					others(g, block, reflector)
					answers(g, probe.TimedOut)
				})
		})
	})
}

// keptBack is the issue by which a reflector tells nobody of an address within its own block.
const keptBack = "projectcalico/calico#9500"

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
