package vxlan

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// crossSubnet are requirements C1, C2, C4 and C7 for VXLAN.
func crossSubnet(lab *suite.Lab) {
	Context("routes", Label("routes"), func() {
		Requirement("VXL-070", "a block of a node in the same subnet MUST be routed to the node IP by the node's own interface, on-link", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.RemoteBlocks(lab))).WithContext(ctx).Should(expect.Agree())
			for _, p := range observed.NodePairs(ctx, lab, topology.WithinRacks) {
				hop := route.NextHop{Via: lab.Node(p.To.Name).Address(), Dev: lab.Node(p.From.Name).Interfaces[0].Name, Onlink: true}
				for _, block := range p.To.Blocks {
					r := observed.RouteTo(ctx, lab, p.From.Name, block)
					Expect(r.NextHops).To(ConsistOf(hop), "%s: %s", p.From.Name, r)
					Expect(r.Origin).To(Equal(route.OriginFelix), "%s: %s", p.From.Name, r)
				}
			}
		})

		Requirement("VXL-071", "a block of a node in another subnet MUST be routed through vxlan.calico", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.RemoteBlocks(lab))).WithContext(ctx).Should(expect.Agree())
			for _, p := range observed.NodePairs(ctx, lab, topology.AcrossRacks) {
				for _, block := range p.To.Blocks {
					Expect(observed.RouteTo(ctx, lab, p.From.Name, block).NextHops).To(ConsistOf(throughTunnel(p.To)), "%s: %s", p.From.Name, block)
				}
			}
		})

		Requirement("VXL-072", "BIRD MUST put no route of the pool into a kernel, and each own block MUST have one blackhole, by Felix", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			Expect(observed.BIRDPodRoutes(ctx, lab)).To(BeZero())
			expect.OwnBlackholes(ctx, lab)
		})

		Requirement("VXL-073", "a node whose address has a subnet of its own MUST send to every node through the tunnel, and the others to it by their own subnets", Needs(EnterPods), Label("changes"), func(ctx SpecContext) {
			p := observed.NodePairs(ctx, lab, topology.WithinRacks)[0]
			alone := route.Single(lab.Node(p.From.Name).Address()).String()
			lab.AnnotateNode(ctx, p.From.Name, calico.IPv4AddressAnnotation, &alone)
			Eventually(func() []string { return observed.DevicesTo(ctx, lab, p) }).WithContext(ctx).Should(HaveEach(tunnel()))
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			Expect(observed.DevicesTo(ctx, lab, observed.NodePair{From: p.To, To: p.From})).To(HaveEach(lab.Node(p.To.Name).Interfaces[0].Name))
			pods := workload.Pods(ctx, lab)
			expect.SeenAs(ctx, pods[p.From.Name], pods[p.To.Name], pods[p.From.Name].Address.Addr())
		})
	})

	Context("exports", Label("paths"), func() {
		Requirement("VXL-080", "a node MUST NOT tell other nodes of routes through the tunnel", func(ctx SpecContext) {
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			expect.BlocksNotExported(ctx, lab, topology.AcrossRacks)
		})

		Requirement("VXL-081", "a node MUST NOT tell other nodes of blocks of its subnet that it does not own", Known(leak), func(ctx SpecContext) {
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			KnownIssue(ctx, lab, leak,
				func(g Gomega) { expect.NeighborBlocksNotExported(ctx, lab, g) },
				func(g Gomega) { expect.NeighborBlocksExported(ctx, lab, g) })
		})
	})

	Context("traffic", Label("traffic"), func() {
		Requirement("VXL-090", "a pod MUST reach the pods of its rack and of others with its own address", Needs(EnterPods), func(ctx SpecContext) {
			expect.PodsReach(ctx, lab, topology.AllPairs)
		})

		Requirement("VXL-091", "a node MUST reach pods of its rack from its node IP, and those of other racks from its tunnel address", Needs(SendFromNodes), func(ctx SpecContext) {
			pods := workload.Pods(ctx, lab)
			for _, p := range observed.NodePairs(ctx, lab, topology.WithinRacks) {
				expect.SeenAs(ctx, lab.From(p.From.Name), pods[p.To.Name], lab.Node(p.From.Name).Address())
			}
			for _, p := range observed.NodePairs(ctx, lab, topology.AcrossRacks) {
				expect.SeenAs(ctx, lab.From(p.From.Name), pods[p.To.Name], p.From.VXLANTunnel)
			}
		})

		Requirement("VXL-092", "packets between pods MUST be plain on the wire within a rack, and VXLAN between the node IPs across racks", Needs(CaptureOnNodes, CaptureOnSwitches, EnterPods), Label("packets"), func(ctx SpecContext) {
			seen, conversations := wire.CapturePods(ctx, lab, lab.Topology().Nodes(), topology.WithinRacks)
			for _, c := range conversations {
				Expect(seen).To(c.PassPlain())
			}
			seen, conversations = wire.CapturePods(ctx, lab, lab.Topology().Leaves(), topology.AcrossRacks)
			for _, c := range conversations {
				Expect(seen).To(c.PassIn(observe.VXLAN))
			}
		})
	})
}

// leak is the pull request that would keep BIRD from telling other nodes of routes
// that Felix has made by the node's own interface.
const leak = "projectcalico/calico#13533"
