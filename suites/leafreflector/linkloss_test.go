package leafreflector

import (
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/traffic"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// connections is how many new connections are made where a hash spreads them over
// equal paths: enough that a path that swallows them is all but sure to be hit
// (with two paths, the chance to miss it is 2^-40).
const connections = 40

// goneAtMost bounds how long traffic may be gone when a carrier is lost (requirement F9).
// Both ends hear of it at once, without the hold timer. Leaf and spine need less than a
// second to take their routes back; a connection that begins just before that loses its
// SYN, and counts until the attempt is given up after 0.95 s. How long it was is in the
// report.
const goneAtMost = 2 * time.Second

const (
	// flaps is how often a link goes and comes back.
	flaps = 3
	// backAtMost is how long a way may be missing once its link is back. A router connects every
	// second: its first attempt may come before the other end's link, and the next ones meet.
	backAtMost = 3 * time.Second
)

// linkLoss is requirement F9 in the fabric.
func linkLoss(lab *suite.Lab) {
	Context("loss of a link", Label("failure"), func() {
		Requirement("LEAF-050", "when a leaf loses a spine, the equal-cost sets MUST shrink to the other spine", Needs(CutLinks), Label("routes"), func(ctx SpecContext) {
			link := uplinks(lab)[0]
			lab.CutLink(ctx, link.Name)
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			// The other leaves hear of this one's rack over the spines that are left to it.
			var left []string
			for _, spine := range lab.Topology().Spines() {
				if _, lost := link.End(spine.Name); !lost {
					left = append(left, spine.Name)
				}
			}
			cut := leafOf(lab, link)
			expect.BlockRoutes(ctx, lab, lab.Topology().Leaves(), topology.AcrossRacks, func(host, owner topology.Host) []string {
				if host.Name == cut.Name || owner.Rack == cut.Rack {
					return left
				}
				return topology.Names(lab.Topology().Spines())
			})
		})

		Requirement("LEAF-051", "when a leaf loses a spine, traffic MUST go on", Needs(Clients, CutLinks, EnterPods), Timing(probe.Late), Label("traffic"), func(ctx SpecContext) {
			client, pods := lab.Topology().ByRole(topology.Client)[0], workload.Pods(ctx, lab)
			link := uplinks(lab)[0]
			leaf := leafOf(lab, link)
			inRack := pods[nodeOf(lab, func(n topology.Host) bool { return n.Rack == leaf.Rack }).Name]
			outside := pods[nodeOf(lab, func(n topology.Host) bool { return n.Rack != leaf.Rack }).Name]

			meters := traffic.Meter(ctx, map[string]traffic.Flow{
				"client to pod": {From: lab.From(client.Name), To: inRack.Address},
				"pod to pod":    {From: outside, To: inRack.Address},
			})
			lab.CutLink(ctx, link.Name)
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			for range connections {
				Expect(probe.ClientAddress(ctx, lab.From(client.Name), inRack.Address)).To(Equal(client.Address()))
				Expect(probe.ClientAddress(ctx, outside, inRack.Address)).To(Equal(outside.Address.Addr()))
			}
			meters.ExpectRecovered(ctx, goneAtMost)
		})

		Requirement("LEAF-052", "when the link comes back, the equal-cost sets MUST be what they were", Needs(CutLinks), Label("routes"), func(ctx SpecContext) {
			link := uplinks(lab)[0].Name
			lab.CutLink(ctx, link)
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			lab.RestoreLink(ctx, link)
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			expect.BlockRoutes(ctx, lab, lab.Topology().Leaves(), topology.AcrossRacks, func(_, _ topology.Host) []string { return topology.Names(lab.Topology().Spines()) })
		})

		Requirement("LEAF-054", "each time that a leaf's uplink has gone and come back, every leaf MUST have all spines again for the other racks' blocks within 3 s", Needs(CutLinks), Timing(probe.Late), Label("routes"), func(ctx SpecContext) {
			link := uplinks(lab)[0]
			cut, nodes := leafOf(lab, link), observed.Nodes(ctx, lab)
			spines := topology.Names(lab.Topology().Spines())
			left := slices.DeleteFunc(slices.Clone(spines), func(spine string) bool {
				_, lost := link.End(spine)
				return lost
			})
			over := func(want []string) func(Gomega) {
				return func(g Gomega) {
					for _, leaf := range lab.Topology().Leaves() {
						for _, n := range nodes {
							rack := lab.Node(n.Name).Rack
							if rack == leaf.Rack || rack != cut.Rack && leaf.Rack != cut.Rack {
								continue // the link is on none of its ways
							}
							for _, block := range n.Blocks {
								g.Expect(observed.NextHops(ctx, lab, leaf.Name, block)).To(ConsistOf(want), "%s: %s", leaf.Name, block)
							}
						}
					}
				}
			}
			Eventually(over(spines)).WithContext(ctx).Should(Succeed())
			for range flaps {
				lab.CutLink(ctx, link.Name)
				Eventually(over(left)).WithContext(ctx).Should(Succeed())
				lab.RestoreLink(ctx, link.Name)
				restored := time.Now()
				Eventually(over(spines)).WithContext(ctx).WithTimeout(backAtMost).Should(Succeed())
				AddReportEntry("all spines again after", time.Since(restored).Round(time.Millisecond).String())
			}
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
		})

		Requirement("LEAF-053", "when a leaf loses every spine, the other racks' blocks MUST go from its rack, and traffic in the rack go on", Needs(CutLinks, EnterPods), func(ctx SpecContext) {
			links := uplinks(lab)
			leaf := leafOf(lab, links[0])
			for _, link := range links {
				if leafOf(lab, link).Name == leaf.Name {
					lab.CutLink(ctx, link.Name)
				}
			}
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			expect.BlockRoutes(ctx, lab, lab.Topology().Rack(leaf.Rack), topology.AcrossRacks, func(_, _ topology.Host) []string { return nil })
			expect.PodsReach(ctx, lab, func(from, to *topology.Host) bool { return from.Rack == leaf.Rack && to.Rack == leaf.Rack })
		})
	})
}

// uplinks are the links between leaves and spines.
func uplinks(lab *suite.Lab) []topology.Link {
	GinkgoHelper()
	var links []topology.Link
	for _, link := range lab.Topology().Links {
		roles := map[topology.Role]bool{}
		for _, end := range link.Ends {
			host, ok := lab.Topology().Host(end.Host)
			Expect(ok).To(BeTrue(), end.Host)
			roles[host.Role] = true
		}
		if roles[topology.Leaf] && roles[topology.Spine] {
			links = append(links, link)
		}
	}
	Expect(len(links)).To(BeNumerically(">", 1), "links between leaves and spines")
	return links
}

func leafOf(lab *suite.Lab, link topology.Link) topology.Host {
	GinkgoHelper()
	for _, leaf := range lab.Topology().Leaves() {
		if _, ok := link.End(leaf.Name); ok {
			return leaf
		}
	}
	Fail("link " + link.Name + " ends at no leaf")
	return topology.Host{}
}

// leafOfRack is the leaf of a rack.
func leafOfRack(lab *suite.Lab, rack string) topology.Host {
	GinkgoHelper()
	for _, leaf := range lab.Topology().Leaves() {
		if leaf.Rack == rack {
			return leaf
		}
	}
	Fail("rack " + rack + " has no leaf")
	return topology.Host{}
}

func nodeOf(lab *suite.Lab, chosen func(topology.Host) bool) topology.Host {
	GinkgoHelper()
	for _, node := range lab.Topology().Nodes() {
		if chosen(node) {
			return node
		}
	}
	Fail("the topology has no such node")
	return topology.Host{}
}
