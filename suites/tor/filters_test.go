package tor

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
)

// Names of the specs' BGPFilters.
const (
	filter      = "tor-filter"
	otherFilter = "tor-other-filter"
)

// filters are requirements H1 to H4.
func filters(lab *suite.Lab) {
	Context("BGPFilters", Label("filters", "changes"), func() {
		Requirement("TOR-070", "an export rule that rejects a block MUST keep it from the switches, and nothing else", func(ctx SpecContext) {
			state := begin(ctx, lab)
			kept := state.Nodes[0].Blocks[0]
			lab.ApplyBGPFilter(ctx, filter, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{rule(v3.Reject, v3.Equal, kept)}})
			useFilters(ctx, lab, filter)
			expectOnToRs(ctx, lab, func(block netip.Prefix) bool { return block != kept })
		})

		Requirement("TOR-071", "an export rule that accepts MUST let through even what Calico does not export by itself", func(ctx SpecContext) {
			management := lab.Topology().Management.Prefix
			lab.ApplyBGPFilter(ctx, filter, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{rule(v3.Accept, v3.Equal, management)}})
			useFilters(ctx, lab, filter)
			for _, tor := range tors(lab) {
				Expect(observed.NextHops(ctx, lab, tor, management)).To(ConsistOf(nodes(lab)), "%s: %s", tor, management)
			}
			expectOnToRs(ctx, lab, func(netip.Prefix) bool { return true })
		})

		Requirement("TOR-072", "an import rule that rejects MUST keep a node from taking what the switches tell it", func(ctx SpecContext) {
			lab.ApplyBGPFilter(ctx, filter, v3.BGPFilterSpec{ImportV4: []v3.BGPFilterRuleV4{rule(v3.Reject, v3.In, outside(lab))}})
			useFilters(ctx, lab, filter)
			for _, node := range nodes(lab) {
				Expect(observed.NextHops(ctx, lab, node, outside(lab))).To(BeEmpty(), "%s: %s", node, outside(lab))
				others, err := observed.Paths(ctx, lab, node)
				Expect(err).NotTo(HaveOccurred())
				Expect(others).NotTo(BeEmpty(), "what %s has from others", node)
			}
		})

		Requirement("TOR-073", "of several rules the first that applies MUST decide", func(ctx SpecContext) {
			state := begin(ctx, lab)
			let := state.Nodes[0].Blocks[0]
			lab.ApplyBGPFilter(ctx, filter, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{
				rule(v3.Accept, v3.Equal, let), rule(v3.Reject, v3.In, lab.Topology().Pods.First()),
			}})
			useFilters(ctx, lab, filter)
			expectOnToRs(ctx, lab, func(block netip.Prefix) bool { return block == let })
		})

		Requirement("TOR-074", "several filters MUST apply in the order in which the BGPPeer names them", func(ctx SpecContext) {
			lab.ApplyBGPFilter(ctx, filter, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{rule(v3.Reject, v3.In, lab.Topology().Pods.First())}})
			lab.ApplyBGPFilter(ctx, otherFilter, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{rule(v3.Accept, v3.In, lab.Topology().Pods.First())}})
			useFilters(ctx, lab, filter, otherFilter)
			expectOnToRs(ctx, lab, func(netip.Prefix) bool { return false })

			By("naming them the other way round")
			useFilters(ctx, lab, otherFilter, filter)
			expectOnToRs(ctx, lab, func(netip.Prefix) bool { return true })
		})

		Requirement("TOR-075", "a filter that is deleted MUST leave the peers that name it as they were without it", func(ctx SpecContext) {
			lab.ApplyBGPFilter(ctx, filter, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{rule(v3.Reject, v3.In, lab.Topology().Pods.First())}})
			useFilters(ctx, lab, filter)
			expectOnToRs(ctx, lab, func(netip.Prefix) bool { return false })
			Expect(lab.Calico.DeleteBGPFilter(ctx, filter)).To(Succeed())
			settled(ctx, lab)
			expectOnToRs(ctx, lab, func(netip.Prefix) bool { return true })
		})

		Requirement("TOR-076", "a rule with a prefix length MUST apply to prefixes of such lengths alone", func(ctx SpecContext) {
			state := begin(ctx, lab)
			// That the filter is at work shows by its other rule.
			other := state.Nodes[0].Blocks[0]
			length := int32(other.Bits())
			longer := length + 1
			tooLong := rule(v3.Reject, v3.In, lab.Topology().Pods.First())
			tooLong.PrefixLength = &v3.BGPFilterPrefixLengthV4{Min: &longer}
			lab.ApplyBGPFilter(ctx, filter, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{tooLong, rule(v3.Reject, v3.Equal, other)}})
			useFilters(ctx, lab, filter)
			expectOnToRs(ctx, lab, func(block netip.Prefix) bool { return block != other })

			By("making the length that of the blocks")
			tooLong.PrefixLength.Min = &length
			lab.ApplyBGPFilter(ctx, filter, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{tooLong}})
			settled(ctx, lab)
			expectOnToRs(ctx, lab, func(netip.Prefix) bool { return false })
		})

		Requirement("TOR-077", "a rule with NotEqual or NotIn MUST apply to every prefix but that one, or those", func(ctx SpecContext) {
			state := begin(ctx, lab)
			services := lab.Topology().Services.First()
			lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
				spec.ServiceClusterIPs = []v3.ServiceClusterIPBlock{{CIDR: services.String()}}
			})
			settled(ctx, lab)
			expectServicesOnToRs(ctx, lab, services, true)
			kept := state.Nodes[0].Blocks[0]
			lab.ApplyBGPFilter(ctx, filter, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{rule(v3.Reject, v3.NotEqual, kept)}})
			useFilters(ctx, lab, filter)
			expectOnToRs(ctx, lab, func(block netip.Prefix) bool { return block == kept })
			expectServicesOnToRs(ctx, lab, services, false)

			By("rejecting what is not in the pool")
			lab.ApplyBGPFilter(ctx, filter, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{rule(v3.Reject, v3.NotIn, lab.Topology().Pods.First())}})
			settled(ctx, lab)
			expectOnToRs(ctx, lab, func(netip.Prefix) bool { return true })
			expectServicesOnToRs(ctx, lab, services, false)

			By("rejecting what is not in the range of services")
			lab.ApplyBGPFilter(ctx, filter, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{rule(v3.Reject, v3.NotIn, services)}})
			settled(ctx, lab)
			expectOnToRs(ctx, lab, func(netip.Prefix) bool { return false })
			expectServicesOnToRs(ctx, lab, services, true)
		})

		Requirement("TOR-078", "a rule with a largest prefix length MUST leave longer prefixes alone", func(ctx SpecContext) {
			state := begin(ctx, lab)
			// That the filter is at work shows by its other rule.
			other := state.Nodes[0].Blocks[0]
			length := int32(other.Bits())
			shorter := length - 1
			limited := rule(v3.Reject, v3.In, lab.Topology().Pods.First())
			limited.PrefixLength = &v3.BGPFilterPrefixLengthV4{Max: &shorter}
			lab.ApplyBGPFilter(ctx, filter, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{limited, rule(v3.Reject, v3.Equal, other)}})
			useFilters(ctx, lab, filter)
			expectOnToRs(ctx, lab, func(block netip.Prefix) bool { return block != other })

			By("making the length that of the blocks")
			limited.PrefixLength.Max = &length
			lab.ApplyBGPFilter(ctx, filter, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{limited}})
			settled(ctx, lab)
			expectOnToRs(ctx, lab, func(netip.Prefix) bool { return false })
		})

		Requirement("TOR-079", "an export rule that accepts MUST let a pool with disableBGPExport through to the switches, and to nobody else", func(ctx SpecContext) {
			state := begin(ctx, lab)
			lab.ChangeIPPools(ctx, func(spec *v3.IPPoolSpec) { spec.DisableBGPExport = true })
			lab.ApplyBGPFilter(ctx, filter, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{rule(v3.Accept, v3.In, lab.Topology().Pods.First())}})
			useFilters(ctx, lab, filter)
			expectOnToRs(ctx, lab, func(netip.Prefix) bool { return true })
			for _, node := range nodes(lab) {
				for _, owner := range nodes(lab) {
					for _, block := range state.Blocks(owner) {
						if owner != node {
							expect.OneRoute(ctx, lab, node, block)
						}
					}
				}
			}
		})
	})
}

// expectServicesOnToRs expects that the switches have a range of services by all nodes, or
// do not have it.
func expectServicesOnToRs(ctx SpecContext, lab *suite.Lab, services netip.Prefix, there bool) {
	GinkgoHelper()
	var want []string
	if there {
		want = nodes(lab)
	}
	for _, tor := range tors(lab) {
		expect.OneRoute(ctx, lab, tor, services, want...)
	}
}

// rule is a rule about prefixes.
func rule(action v3.BGPFilterAction, operator v3.BGPFilterMatchOperator, prefix netip.Prefix) v3.BGPFilterRuleV4 {
	return v3.BGPFilterRuleV4{Action: action, MatchOperator: operator, CIDR: prefix.String()}
}

// useFilters has the nodes use filters with the switches, and waits until that shows.
func useFilters(ctx SpecContext, lab *suite.Lab, names ...string) {
	GinkgoHelper()
	changeToRPeers(ctx, lab, func(spec *v3.BGPPeerSpec) { spec.Filters = names })
	settled(ctx, lab)
}

// expectOnToRs looks which nodes' blocks the switches have: exactly those that are
// chosen, via their owners.
func expectOnToRs(ctx SpecContext, lab *suite.Lab, chosen func(netip.Prefix) bool) {
	GinkgoHelper()
	state := begin(ctx, lab)
	for _, tor := range tors(lab) {
		for _, node := range state.Nodes {
			for _, block := range node.Blocks {
				want := []string{}
				if chosen(block) {
					want = append(want, node.Name)
				}
				Expect(observed.NextHops(ctx, lab, tor, block)).To(ConsistOf(want), "%s: %s", tor, block)
			}
		}
	}
}
