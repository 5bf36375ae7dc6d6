package nodereflector

import (
	"net/netip"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/traffic"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// outsideReflector are article 4's reflectors of the second kind: hosts outside of the
// cluster that run a calico-node.
func outsideReflector(lab *suite.Lab) {
	Requirement("NRR-080", "a node MUST peer with the reflector outside the cluster and with its rack's leaf, the reflector with every node, each by a session of type node specific, and no node with another node", Label("sessions"), func(ctx SpecContext) {
		Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
		_, roles := outside(ctx, lab)
		reflectors := topology.Names(roles.reflectors)
		for _, node := range roles.clients {
			gateways := expect.Gateways(lab)(node, node)
			expect.Peers(ctx, lab, node.Name, append(gateways, reflectors...)...)
		}
		for _, reflector := range reflectors {
			expect.Peers(ctx, lab, reflector, topology.Names(roles.clients)...)
		}
		got, err := observe.Sessions(ctx, lab.Lab)
		Expect(err).NotTo(HaveOccurred())
		for _, host := range lab.Topology().CalicoNodes() {
			for _, s := range got[host.Name] {
				Expect(s.Kind).To(Equal(session.NodeSpecific), "%s: %s", host.Name, s)
			}
		}
	})

	Requirement("NRR-081", "nodes MUST route each other's blocks by BIRD, in a rack through the owner and across racks through their leaf, by paths that the reflector has passed on, and the reflector MUST have a route to every block and own none", Label("routes"), func(ctx SpecContext) {
		state, roles := outside(ctx, lab)
		Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
		Eventually(expect.Routes(lab, expect.On(topology.Node, topology.Reflector))).WithContext(ctx).Should(expect.Agree())
		expectBlocksReflected(ctx, lab, state, roles)

		By("looking at the tables, so that this does not rest on the oracle alone")
		expect.BlockRoutes(ctx, lab, roles.clients, topology.WithinRacks, expect.TheOwner)
		expect.BlockRoutes(ctx, lab, roles.clients, topology.AcrossRacks, expect.Gateways(lab))
		expect.BlockRoutes(ctx, lab, roles.reflectors, topology.AllPairs, expect.Gateways(lab))
		expect.NoOtherRoutes(ctx, lab, lab.Topology().CalicoNodes()...)
		for _, host := range lab.Topology().CalicoNodes() {
			for _, owner := range roles.clients {
				for _, block := range blocksOf(state, owner) {
					Expect(observed.RouteTo(ctx, lab, host.Name, block).Origin).To(Equal(route.OriginBIRD), "%s: %s", host.Name, block)
				}
			}
		}
		for _, reflector := range roles.reflectors {
			Expect(state.Blocks(reflector.Name)).To(BeEmpty(), "blocks of %s", reflector.Name)
		}
	})

	Requirement("NRR-082", "pods MUST answer each other in a rack and across racks with their own addresses, and packets within a rack MUST go from node to node, past the leaf and the reflector", Label("traffic"), Needs(CaptureOnNodes, CaptureOnSwitches, EnterPods), func(ctx SpecContext) {
		_, roles := outside(ctx, lab)
		racks := map[netip.Addr]string{}
		for name, pod := range workload.Pods(ctx, lab) {
			racks[pod.Address.Addr()] = lab.Node(name).Rack
		}
		within := func(p observe.Packet) bool { return racks[p.Source] != "" && racks[p.Source] == racks[p.Destination] }
		others := slices.Concat(lab.Topology().Leaves(), roles.reflectors)
		captures := wire.CaptureAt(ctx, lab, within, wire.Ends(slices.Concat(roles.clients, others)...)...)
		expect.PodsReach(ctx, lab, topology.AllPairs)
		packets := captures.Stop().ByHost()
		for _, pair := range observed.NodePairs(ctx, lab, topology.WithinRacks) {
			Expect(packets[pair.From.Name]).NotTo(BeEmpty(), "packets of its rack's pods at %s", pair.From.Name)
		}
		for _, host := range others {
			Expect(packets[host.Name]).To(BeEmpty(), "packets within a rack at %s", host.Name)
		}
	})

	// The leaves know the blocks by themselves. Without a reflector a node has its default route
	// left, and sends to its leaf within a rack too.
	Requirement("NRR-083", "when the reflector outside the cluster is killed, nodes MUST keep their routes for its restart time, lose those to each other's blocks after it, and have them again when it is back, without two lost datagrams in a row, 25 ms apart, between their pods", Label("failure"), Needs(EnterPods, RestartComponents), Timing(probe.Late), func(ctx SpecContext) {
		state, roles := outside(ctx, lab)
		shortenRestart(ctx, lab)
		meters := traffic.Stream(ctx, betweenClients(ctx, lab, roles))
		lost := loseReflectors(ctx, lab, state, roles)
		lost.expectKept()
		lost.expectFlushed(ctx)
		began := time.Now()
		for _, reflector := range roles.reflectors {
			lab.StartComponent(ctx, reflector.Name, suite.BIRD)
		}
		Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
		Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
		AddReportEntry("all routes are back after", time.Since(began).Round(time.Millisecond).String())
		meters.ExpectNoTwoLost(ctx)
	})
}
