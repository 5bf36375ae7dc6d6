package canal

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

const (
	// routeCheck is how often flannel looks for lost routes with host-gw
	// (pkg/backend/route_network.go).
	routeCheck = 10 * time.Second
	// routeCheckMargin is for the look itself.
	routeCheckMargin = 2 * time.Second
)

// noTunnel expects that no node has flannel's device.
func noTunnel(lab *suite.Lab) {
	GinkgoHelper()
	for _, node := range lab.Topology().Nodes() {
		d, err := observe.ReadDevice(lab.At(node.Name), calico.FlannelDevice)
		Expect(err).NotTo(HaveOccurred())
		Expect(d.Exists).To(BeFalse(), "%s: %s", node.Name, d)
	}
}

// plainHop is the next hop to the subnet of a node of the same network.
func plainHop(lab *suite.Lab, p observed.NodePair) route.NextHop {
	GinkgoHelper()
	return route.NextHop{Via: lab.Node(p.To.Name).Address(), Dev: lab.Node(p.From.Name).Interfaces[0].Name}
}

func plainRoutes(lab *suite.Lab) {
	Context("routes", Label("routes"), func() {
		Requirement("CAN-100", "with host-gw a node MUST have one plain route to the subnet of each node of its own network, to the node IP by its own interface", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			for _, p := range observed.NodePairs(ctx, lab, topology.WithinRacks) {
				Expect(observed.RouteTo(ctx, lab, p.From.Name, p.To.Blocks[0]).NextHops).To(ConsistOf(plainHop(lab, p)), "%s to %s", p.From.Name, p.To.Name)
			}
		})

		Requirement("CAN-101", "with host-gw a node MUST NOT have a route to the subnet of a node of another network, as that node is no neighbour on a link of its own", Label("negative"), func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			for _, p := range observed.NodePairs(ctx, lab, topology.AcrossRacks) {
				Expect(observed.Table(ctx, lab, p.From.Name).Within(p.To.Blocks...)).To(BeEmpty(), "%s to %s", p.From.Name, p.To.Name)
			}
		})

		Requirement("CAN-102", "with host-gw nodes MUST have no flannel.1, also after flannel has started again", Needs(RestartComponents), Label("changes"), func(ctx SpecContext) {
			noTunnel(lab)
			for _, node := range lab.Topology().Nodes() {
				restart(ctx, lab, node.Name)
			}
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			noTunnel(lab)
		})

		Requirement("CAN-106", "with host-gw a route that another program deletes MUST be back when flannel looks next, within 10 s", Needs(ChangeInterfaces), Label("slow", "changes"), Timing(routeCheckMargin), func(ctx SpecContext) {
			p := observed.NodePairs(ctx, lab, topology.WithinRacks)[0]
			wire.DeleteRoute(lab, p.From.Name, p.To.Blocks[0])
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).WithTimeout(routeCheck + routeCheckMargin).Should(expect.Agree())
			Expect(observed.RouteTo(ctx, lab, p.From.Name, p.To.Blocks[0]).NextHops).To(ConsistOf(plainHop(lab, p)))
		})
	})
}

func plainTraffic(lab *suite.Lab) {
	Context("traffic", Label("traffic"), func() {
		Requirement("CAN-103", "with host-gw a pod MUST reach the pods on the other nodes of its network with its own address, and answer their pings", Needs(EnterPods), func(ctx SpecContext) {
			expect.PodsReach(ctx, lab, topology.WithinRacks)
			pingAll(ctx, lab, topology.WithinRacks)
		})

		Requirement("CAN-104", "with host-gw a pod MUST NOT reach pods of nodes of another network: its node sends the packets to the fabric, which does not know their subnets", Needs(EnterPods), Label("negative"), func(ctx SpecContext) {
			var attempts []expect.Attempt
			for _, p := range workload.PodPairs(ctx, lab, topology.AcrossRacks) {
				attempts = append(attempts, expect.Attempt{Host: p.From.Node, From: p.From, To: p.To})
			}
			expect.NoWay(ctx, lab, attempts...)
		})

		Requirement("CAN-105", "with host-gw packets between pods of one network MUST be plain on the wire", Needs(CaptureOnNodes, EnterPods), Label("packets"), func(ctx SpecContext) {
			seen, conversations := wire.CapturePods(ctx, lab, lab.Topology().Nodes(), topology.WithinRacks)
			for _, c := range conversations {
				Expect(seen).To(c.PassPlain())
			}
		})

		Requirement("CAN-107", "with host-gw a packet as large as a pod's interface allows MUST arrive whole on another node of the network", Needs(EnterPods), Label("mtu"), func(ctx SpecContext) {
			for _, p := range workload.PodPairs(ctx, lab, topology.WithinRacks) {
				size := wire.PodDevice(p.From).MTU
				sent, err := probe.SendSized(ctx, p.From, p.To, p.To.Address.Addr(), size)
				Expect(err).NotTo(HaveOccurred())
				Expect(sent.Arrived).To(BeTrue(), "%s: %s", p, sent)
			}
		})

		Requirement("CAN-108", "with host-gw a NetworkPolicy that allows nobody MUST close pods to the pods of other nodes, and open them again when it goes", Needs(EnterPods), Label("policies"), func(ctx SpecContext) {
			closes(ctx, lab, workload.PodPairs(ctx, lab, topology.WithinRacks))
		})
	})
}
