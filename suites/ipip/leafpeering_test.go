package ipip

import (
	"context"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

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

// passedOn is the issue that lets a node tell its leaf of the blocks that it hears of from
// other nodes, so that the fabric sends a client's packets to any node.
const passedOn = "projectcalico/calico#3810"

// behindBGP is the issue by which BIRD has no way to a remote block's owner: the leaf tells
// of the other racks' networks, and a node IP that is found by BGP is no next hop for BIRD.
const behindBGP = "projectcalico/calico#1515"

// ownRoutesOnly is a BGPFilter.
const ownRoutesOnly = "ipip-own-routes-only"

// leafPeering is IPIP where the nodes also tell their leaf of their blocks, so that
// the fabric has a way to pods of its own (requirements B5, B6).
func leafPeering(lab *suite.Lab) {
	Context("with leaf peering", Needs(ConfigureRouters), Label("leafpeering"), Ordered, ContinueOnFailure, func() {
		BeforeAll(func(ctx SpecContext) {
			lab.Ready(ctx)
			// A leaf's routes to other racks have the nodes' AS in their path (requirement
			// F10).
			lab.SwitchMode(ctx, "ipipleaf", func(r *calico.Resources) {
				for i := range r.BGPPeers {
					r.BGPPeers[i].Spec.NumAllowedLocalASNumbers = new(int32(1))
				}
			})
			lab.Ready(ctx)
		})

		Requirement("IPIP-080", "leaves MUST have routes to the blocks of their rack, and route those of other racks over the fabric", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			for _, leaf := range lab.Topology().Leaves() {
				for _, n := range observed.Nodes(ctx, lab) {
					for _, block := range n.Blocks {
						hops, err := observed.NextHops(ctx, lab, leaf.Name, block)
						Expect(err).NotTo(HaveOccurred())
						Expect(hops).NotTo(BeEmpty(), "next hops of %s for %s", leaf.Name, block)
						if lab.Node(n.Name).Rack == leaf.Rack {
							Expect(hops).To(ContainElement(n.Name), "next hops of %s for %s", leaf.Name, block)
						}
					}
				}
			}
		})

		Requirement("IPIP-081", "the gateway of a remote block MUST stay the node that owns it, through tunl0, though the leaf offers another way", lab.KnownWhere(calico.BIRDOwns, behindBGP), func(ctx SpecContext) {
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			offers := 0
			for _, p := range observed.NodePairs(ctx, lab, topology.AcrossRacks) {
				heard, err := observed.Paths(ctx, lab, p.From.Name)
				Expect(err).NotTo(HaveOccurred())
				for _, path := range heard.To(p.To.Blocks...) {
					if path.Peer != lab.Node(p.To.Name).Address() && path.NextHop != lab.Node(p.To.Name).Address() {
						offers++
					}
				}
			}
			// toOthers looks at the route of each node to each block of other racks.
			toOthers := func(look func(r route.Route, p observed.NodePair)) {
				for _, p := range observed.NodePairs(ctx, lab, topology.AcrossRacks) {
					for _, block := range p.To.Blocks {
						look(observed.RouteTo(ctx, lab, p.From.Name, block), p)
					}
				}
			}
			lab.IssueWhere(ctx, calico.BIRDOwns, behindBGP, func(g Gomega) {
				toOthers(func(r route.Route, p observed.NodePair) {
					g.Expect(r.NextHops).To(ConsistOf(throughTunnel(lab, p.To.Name)), "%s: %s", p.From.Name, r)
				})
			}, func(g Gomega) {
				toOthers(func(r route.Route, p observed.NodePair) {
					g.Expect(r.Kind).To(Equal(route.Unreachable), "%s: %s", p.From.Name, r)
				})
			})
			if lab.RouteOwner() == calico.BIRDOwns {
				return
			}
			// The leaf tells its best path to all but the node that it has it from.
			Expect(offers).To(BeNumerically(">", 0), "paths by another next hop than the owner")
		})

		if lab.RouteOwner() == calico.BIRDOwns {
			return // BIRD has no way to other racks (IPIP-081)
		}

		Requirement("IPIP-082", "packets between pods of different racks MUST still be inside IP packets", Needs(CaptureOnSwitches, EnterPods), Label("packets"), func(ctx SpecContext) {
			seen, conversations := wire.CapturePods(ctx, lab, lab.Topology().Leaves(), topology.AcrossRacks)
			for _, c := range conversations {
				Expect(seen).To(c.PassIn(observe.IPIP))
			}
		})

		// IPIP-083 is withdrawn: it asked this by one connection, which may be lucky.
		Requirement("IPIP-085", "an outside client MUST reach the pods on every node by every connection", Known(passedOn), Needs(Clients, SendFromNodes), Label("traffic"), func(ctx SpecContext) {
			expect.ServiceRules(ctx, lab)
			answered := 0
			KnownIssue(ctx, lab, passedOn, func(g Gomega) {
				var hanging []string
				for _, client := range lab.Topology().ByRole(topology.Client) {
					for _, pod := range workload.Pods(ctx, lab) {
						outcomes, err := probe.Attempts(ctx, lab.From(client.Name), pod.Address, expect.ClientConnections)
						Expect(err).NotTo(HaveOccurred())
						for _, outcome := range outcomes {
							if outcome == probe.Answered {
								answered++
								continue
							}
							// A connection is opened whichever way its first packet takes, and hangs then.
							Expect(outcome).To(Equal(probe.TimedOut), "from %s to the pod on %s", client.Name, pod.Node)
							hanging = append(hanging, client.Name+" to the pod on "+pod.Node)
						}
					}
				}
				g.Expect(hanging).To(BeEmpty(), "connections that get no answer")
			}, func(g Gomega) { expectPassedOn(ctx, lab, g) })
			Expect(answered).To(BeNumerically(">", 0), "connections that come in by the pod's own node are answered")
		})

		Requirement("IPIP-084", "where nodes pass on nothing that they hear, an outside client MUST reach the pods on every node by every connection, and be seen with its own address", Needs(Clients, SendFromNodes), Label("traffic", "filters"), func(ctx SpecContext) {
			expect.ServiceRules(ctx, lab)
			lab.ApplyBGPFilter(ctx, ownRoutesOnly, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{
				{Action: v3.Reject, Source: v3.BGPFilterSourceRemotePeers},
				// BIRD also offers the routes that Felix has made, as it offers all paths and not the best alone.
				{Action: v3.Reject, Interface: calico.IPIP.Device()},
			}})
			for _, peer := range lab.BGPPeers(ctx) {
				lab.ChangeBGPPeer(ctx, peer, func(spec *v3.BGPPeerSpec) { spec.Filters = append(spec.Filters, ownRoutesOnly) })
			}
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			for _, n := range observed.Nodes(ctx, lab) {
				for _, leaf := range lab.Topology().Leaves() {
					for _, block := range n.Blocks {
						if leaf.Rack == lab.Node(n.Name).Rack {
							Expect(observed.NextHops(ctx, lab, leaf.Name, block)).To(ConsistOf(n.Name), "next hops of %s for %s", leaf.Name, block)
						}
					}
				}
			}
			expect.ClientsReachPods(ctx, lab)
		})
	})
}

// expectPassedOn is the symptom of the issue: for every block a leaf, of whichever rack, has
// a node as next hop that is not the owner.
func expectPassedOn(ctx context.Context, lab *suite.Lab, g Gomega) {
	GinkgoHelper()
	nodes := topology.Names(lab.Topology().Nodes())
	for _, n := range observed.Nodes(ctx, lab) {
		for _, block := range n.Blocks {
			var others []string
			for _, leaf := range lab.Topology().Leaves() {
				hops, err := observed.NextHops(ctx, lab, leaf.Name, block)
				Expect(err).NotTo(HaveOccurred())
				others = append(others, slices.DeleteFunc(hops, func(hop string) bool { return hop == n.Name || !slices.Contains(nodes, hop) })...)
			}
			g.Expect(others).NotTo(BeEmpty(), "nodes beside the owner %s to which leaves route %s", n.Name, block)
		}
	}
}
