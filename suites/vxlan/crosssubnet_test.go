package vxlan

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	. "github.com/rackproof/rackproof/framework/suite"
)

// crossSubnet are requirements C1, C2, C4 and C7 for VXLAN.
func crossSubnet(lab *Lab) {
	Context("routes", Label("routes"), func() {
		Requirement("VXL-070", "a block of a node in the same subnet MUST be routed to the node IP by the node's own interface, on-link", func(ctx SpecContext) {
			Eventually(lab.Routes(lab.RemoteBlocks())).WithContext(ctx).Should(Agree())
			for _, p := range lab.NodePairs(ctx, WithinRacks) {
				hop := route.NextHop{Via: lab.NodeIP(p.To.Name), Dev: lab.NodeInterface(p.From.Name), Onlink: true}
				for _, block := range p.To.Blocks {
					r := lab.RouteTo(ctx, p.From.Name, block)
					Expect(r.NextHops).To(ConsistOf(hop), "%s: %s", p.From.Name, r)
					Expect(r.Origin).To(Equal(route.OriginFelix), "%s: %s", p.From.Name, r)
				}
			}
		})

		Requirement("VXL-071", "a block of a node in another subnet MUST be routed through vxlan.calico", func(ctx SpecContext) {
			Eventually(lab.Routes(lab.RemoteBlocks())).WithContext(ctx).Should(Agree())
			for _, p := range lab.NodePairs(ctx, AcrossRacks) {
				for _, block := range p.To.Blocks {
					Expect(lab.RouteTo(ctx, p.From.Name, block).NextHops).To(ConsistOf(throughTunnel(p.To)), "%s: %s", p.From.Name, block)
				}
			}
		})

		Requirement("VXL-072", "BIRD MUST put no route of the pool into a kernel, and each own block MUST have one blackhole, by Felix", func(ctx SpecContext) {
			Eventually(lab.Routes(lab.PodRoutes())).WithContext(ctx).Should(Agree())
			Expect(lab.FromBIRD(ctx)).To(BeZero())
			lab.ExpectOwnBlackholes(ctx)
		})

		Requirement("VXL-073", "a node whose address has a subnet of its own MUST send to every node through the tunnel, and the others to it by their own subnets", Label("changes"), func(ctx SpecContext) {
			p := lab.NodePairs(ctx, WithinRacks)[0]
			alone := Single(lab.NodeIP(p.From.Name)).String()
			lab.AnnotateNode(ctx, p.From.Name, calico.IPv4AddressAnnotation, &alone)
			Eventually(func() []string { return lab.DevicesTo(ctx, p) }).WithContext(ctx).Should(HaveEach(tunnel()))
			Eventually(lab.Routes(lab.PodRoutes())).WithContext(ctx).Should(Agree())
			Expect(lab.DevicesTo(ctx, NodePair{From: p.To, To: p.From})).To(HaveEach(lab.NodeInterface(p.To.Name)))
			pods := lab.Pods(ctx)
			lab.ExpectSeenAs(ctx, pods[p.From.Name], pods[p.To.Name], pods[p.From.Name].Address.Addr())
		})
	})

	Context("exports", Label("paths"), func() {
		Requirement("VXL-080", "a node MUST NOT tell other nodes of routes through the tunnel", func(ctx SpecContext) {
			Eventually(lab.Paths(EveryPath)).WithContext(ctx).Should(Agree())
			lab.ExpectBlocksNotExported(ctx, AcrossRacks)
		})

		Requirement("VXL-081", "a node MUST NOT tell other nodes of blocks of its subnet that it does not own", Known(leak), func(ctx SpecContext) {
			Eventually(lab.Paths(EveryPath)).WithContext(ctx).Should(Agree())
			KnownIssue(ctx, leak, func(g Gomega) { lab.PromiseNeighborsNotExported(ctx, g) })
		})
	})

	Context("traffic", Label("traffic"), func() {
		Requirement("VXL-090", "a pod MUST reach the pods of its rack and of others with its own address", func(ctx SpecContext) {
			lab.ExpectPodsReach(ctx, AllPairs)
		})

		Requirement("VXL-091", "a node MUST reach pods of its rack from its node IP, and those of other racks from its tunnel address", func(ctx SpecContext) {
			pods := lab.Pods(ctx)
			for _, p := range lab.NodePairs(ctx, WithinRacks) {
				lab.ExpectSeenAs(ctx, lab.At(p.From.Name), pods[p.To.Name], lab.NodeIP(p.From.Name))
			}
			for _, p := range lab.NodePairs(ctx, AcrossRacks) {
				lab.ExpectSeenAs(ctx, lab.At(p.From.Name), pods[p.To.Name], p.From.VXLANTunnel)
			}
		})

		Requirement("VXL-092", "packets between pods MUST be plain on the wire within a rack, and VXLAN between the node IPs across racks", Label("packets"), func(ctx SpecContext) {
			seen, conversations := lab.Overhear(ctx, lab.Topology().Nodes(), WithinRacks)
			for _, c := range conversations {
				Expect(seen).To(c.PassPlain())
			}
			seen, conversations = lab.Overhear(ctx, lab.Topology().Leaves(), AcrossRacks)
			for _, c := range conversations {
				Expect(seen).To(c.PassIn(observe.VXLAN))
			}
		})
	})
}

// leak is the pull request that would keep BIRD from telling other nodes of routes
// that Felix has made by the node's own interface.
const leak = "projectcalico/calico#13533"
