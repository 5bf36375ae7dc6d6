package vxlan

import (
	"net/netip"

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
			Eventually(lab.Routes(remoteBlocks(lab))).WithContext(ctx).Should(Agree())
			for _, p := range pairs(lab, stateOf(ctx, lab), true) {
				hop := route.NextHop{Via: nodeOf(lab, p.to.Name).Address(), Dev: nodeOf(lab, p.from.Name).Interfaces[0].Name, Onlink: true}
				for _, block := range p.to.Blocks {
					r := routeTo(ctx, lab, p.from.Name, block)
					Expect(r.NextHops).To(ConsistOf(hop), "%s: %s", p.from.Name, r)
					Expect(r.Origin).To(Equal(route.OriginFelix), "%s: %s", p.from.Name, r)
				}
			}
		})

		Requirement("VXL-071", "a block of a node in another subnet MUST be routed through vxlan.calico", func(ctx SpecContext) {
			Eventually(lab.Routes(remoteBlocks(lab))).WithContext(ctx).Should(Agree())
			for _, p := range pairs(lab, stateOf(ctx, lab), false) {
				for _, block := range p.to.Blocks {
					Expect(routeTo(ctx, lab, p.from.Name, block).NextHops).To(
						ConsistOf(route.NextHop{Via: p.to.VXLANTunnel, Dev: tunnel(), Onlink: true}), "%s: %s", p.from.Name, block)
				}
			}
		})

		Requirement("VXL-072", "BIRD MUST put no route of the pool into a kernel, and each own block MUST have one blackhole, by Felix", func(ctx SpecContext) {
			Eventually(lab.Routes(inPool(lab))).WithContext(ctx).Should(Agree())
			Expect(fromBIRD(ctx, lab)).To(BeZero())
			for _, n := range stateOf(ctx, lab).Nodes {
				for _, block := range n.Blocks {
					own := routeTo(ctx, lab, n.Name, block)
					Expect(own.Kind).To(Equal(route.Blackhole), "%s: %s", n.Name, own)
					Expect(own.Origin).To(Equal(route.OriginFelix), "%s: %s", n.Name, own)
				}
			}
		})

		Requirement("VXL-073", "a node whose address has a subnet of its own MUST send to every node through the tunnel, and the others to it by their own subnets", Label("changes"), func(ctx SpecContext) {
			p := pairs(lab, stateOf(ctx, lab), true)[0]
			alone := netip.PrefixFrom(nodeOf(lab, p.from.Name).Address(), 32).String()
			lab.AnnotateNode(ctx, p.from.Name, calico.IPv4AddressAnnotation, &alone)
			Eventually(func() []string { return devices(ctx, lab, p) }).WithContext(ctx).Should(HaveEach(tunnel()))
			Eventually(lab.Routes(inPool(lab))).WithContext(ctx).Should(Agree())
			Expect(devices(ctx, lab, pair{p.to, p.from})).To(HaveEach(nodeOf(lab, p.to.Name).Interfaces[0].Name))
			pods := lab.Pods(ctx)
			expectSeenAs(ctx, pods[p.from.Name], pods[p.to.Name], pods[p.from.Name].Address.Addr())
		})
	})

	Context("exports", Label("paths"), func() {
		Requirement("VXL-080", "a node MUST NOT tell other nodes of routes through the tunnel", func(ctx SpecContext) {
			Eventually(lab.Paths(EveryPath)).WithContext(ctx).Should(Agree())
			for _, p := range pairs(lab, stateOf(ctx, lab), false) {
				exported, err := observe.Exports(ctx, lab.At(p.from.Name))
				Expect(err).NotTo(HaveOccurred())
				Expect(exported).NotTo(BeEmpty(), "peers of %s", p.from.Name)
				for peer, prefixes := range exported {
					Expect(prefixes).NotTo(BeEmpty(), "what %s exports to %s", p.from.Name, peer)
					Expect(prefixes).NotTo(ContainElements(p.to.Blocks), "what %s exports to %s", p.from.Name, peer)
				}
			}
		})

		Requirement("VXL-081", "a node MUST NOT tell other nodes of blocks of its subnet that it does not own", Known(leak), func(ctx SpecContext) {
			state := stateOf(ctx, lab)
			KnownIssue(ctx, leak, func(g Gomega) {
				for _, n := range state.Nodes {
					exported, err := observe.Exports(ctx, lab.At(n.Name))
					Expect(err).NotTo(HaveOccurred())
					for peer, prefixes := range exported {
						g.Expect(prefixes).To(HaveEach(BeElementOf(n.Blocks)), "what %s exports to %s", n.Name, peer)
					}
				}
			})
		})
	})

	Context("traffic", Label("traffic"), func() {
		Requirement("VXL-090", "a pod MUST reach the pods of its rack and of others with its own address", func(ctx SpecContext) {
			pods, state := lab.Pods(ctx), stateOf(ctx, lab)
			for _, p := range append(pairs(lab, state, false), pairs(lab, state, true)...) {
				expectSeenAs(ctx, pods[p.from.Name], pods[p.to.Name], pods[p.from.Name].Address.Addr())
			}
		})

		Requirement("VXL-091", "a node MUST reach pods of its rack from its node IP, and those of other racks from its tunnel address", func(ctx SpecContext) {
			pods, state := lab.Pods(ctx), stateOf(ctx, lab)
			for _, p := range pairs(lab, state, true) {
				expectSeenAs(ctx, lab.At(p.from.Name), pods[p.to.Name], nodeOf(lab, p.from.Name).Address())
			}
			for _, p := range pairs(lab, state, false) {
				expectSeenAs(ctx, lab.At(p.from.Name), pods[p.to.Name], p.from.VXLANTunnel)
			}
		})

		Requirement("VXL-092", "packets between pods MUST be plain on the wire within a rack, and VXLAN between the node IPs across racks", Label("packets"), func(ctx SpecContext) {
			state := stateOf(ctx, lab)
			for _, p := range pairs(lab, state, true) {
				seen, conversation := overhear(ctx, lab, p, nodeOf(lab, p.from.Name), nodeOf(lab, p.to.Name))
				Expect(seen).To(conversation.PassPlain())
			}
			for _, p := range pairs(lab, state, false) {
				seen, conversation := overhear(ctx, lab, p, lab.Topology().Leaves()...)
				Expect(seen).To(conversation.PassIn(observe.VXLAN))
			}
		})
	})
}

// leak is the pull request that would keep BIRD from telling other nodes of routes
// that Felix has made by the node's own interface.
const leak = "projectcalico/calico#13533"
