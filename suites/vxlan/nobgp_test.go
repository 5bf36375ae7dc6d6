package vxlan

import (
	"net/netip"
	"slices"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// withoutBGP is Calico's backend vxlan (article 4).
func withoutBGP(rack *suite.Lab) {
	Context("without BGP", func() {
		Requirement("VXL-110", "with the backend vxlan a node MUST run neither BIRD nor confd, MUST NOT take a connection of BGP, and no leaf has a session with one", Needs(ListComponents, SendFromSwitches), func(ctx SpecContext) {
			for _, c := range rack.Components(ctx) {
				if slices.Contains(topology.Names(rack.Topology().Nodes()), c.Host) {
					Expect(c.Name).NotTo(BeElementOf(suite.BIRD, suite.Confd), c.Host)
				}
			}
			for _, leaf := range rack.Topology().Leaves() {
				Expect(observed.Peers(ctx, rack, leaf.Name)).NotTo(ContainElement(BeElementOf(topology.Names(rack.Topology().Nodes()))), leaf.Name)
				for _, node := range rack.Topology().Nodes() {
					if node.Rack != leaf.Rack {
						continue
					}
					dialer, err := lab.DialerOf(rack.From(leaf.Name))
					Expect(err).NotTo(HaveOccurred())
					_, err = dialer.DialContext(ctx, "tcp", netip.AddrPortFrom(node.Address(), session.Port).String())
					Expect(err).To(MatchError(syscall.ECONNREFUSED), "%s to port %d of %s", leaf.Name, session.Port, node.Name)
				}
			}
		})

		Requirement("VXL-111", "with the backend vxlan a node MUST have exactly one route to each remote block, through vxlan.calico, and every host MUST have no other routes than with BGP", Label("routes"), func(ctx SpecContext) {
			Eventually(expect.Routes(rack, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.VTEPs(rack)).WithContext(ctx).Should(expect.Agree())

			By("looking without the oracle")
			for _, p := range observed.NodePairs(ctx, rack, topology.AllPairs) {
				for _, block := range p.To.Blocks {
					Expect(observed.RouteTo(ctx, rack, p.From.Name, block).NextHops).To(ConsistOf(throughTunnel(p.To)), "%s: %s", p.From.Name, block)
				}
			}
			expect.NoPodRoutes(ctx, rack, rack.Topology().Leaves()...)
		})

		Requirement("VXL-112", "with the backend vxlan pods MUST reach the pods on all other nodes, across racks too, and be seen with their own addresses", Label("traffic"), Needs(EnterPods), func(ctx SpecContext) {
			expect.PodsReach(ctx, rack, topology.AllPairs)
		})

		Requirement("VXL-113", "with the backend vxlan calico-node MUST be ready by Felix alone, and MUST NOT by BIRD", Label("health"), Needs(RestartCalicoNodes), func(ctx SpecContext) {
			for _, node := range topology.Names(rack.Topology().Nodes()) {
				Expect(rack.CalicoNodeSays(ctx, node, "-felix-ready")).To(Succeed(), node)
				Expect(rack.CalicoNodeSays(ctx, node, "-bird-ready")).NotTo(Succeed(), node)
			}
		})

		Requirement("VXL-114", "in a roll-out of calico-node with the backend vxlan, a host MUST NOT lose a route but one to a tunnel address in a routed block, and two datagrams in a row, 25 ms apart, between pods MUST NOT be lost", Needs(EnterPods, RestartCalicoNodes), Label("rollout"), Timing(probe.Late), func(ctx SpecContext) {
			expect.RollOut(ctx, rack, workload.PodPairs(ctx, rack, topology.AllPairs)...)
		})
	})
}
