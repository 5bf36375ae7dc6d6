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

// pools are requirements I1 and I2.
func pools(lab *suite.Lab) {
	Context("pools", Label("routes", "changes"), func() {
		Requirement("TOR-080", "a pool with disableBGPExport MUST be announced to nobody, neither switches nor nodes, and be announced again without it", func(ctx SpecContext) {
			state := begin(ctx, lab)
			lab.ChangeIPPools(ctx, func(spec *v3.IPPoolSpec) { spec.DisableBGPExport = true })
			settled(ctx, lab)
			expectOnToRs(ctx, lab, func(netip.Prefix) bool { return false })
			for _, node := range nodes(lab) {
				for _, owner := range nodes(lab) {
					for _, block := range state.Blocks(owner) {
						if owner != node {
							Expect(observed.NextHops(ctx, lab, node, block)).To(BeEmpty(), "%s: %s", node, block)
						}
					}
				}
			}

			By("exporting it again")
			lab.ChangeIPPools(ctx, func(spec *v3.IPPoolSpec) { spec.DisableBGPExport = false })
			settled(ctx, lab)
			expectOnToRs(ctx, lab, func(netip.Prefix) bool { return true })
		})

		Requirement("TOR-081", "a pool that is disabled MUST go on being announced, as its addresses are still in use", Needs(Clients), func(ctx SpecContext) {
			lab.ChangeIPPools(ctx, func(spec *v3.IPPoolSpec) { spec.Disabled = true })
			// Something that shows that the change has been seen comes with it.
			begin(ctx, lab)
			lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
				spec.ServiceClusterIPs = []v3.ServiceClusterIPBlock{{CIDR: lab.Topology().Services.First().String()}}
			})
			settled(ctx, lab)
			for _, tor := range tors(lab) {
				Expect(observed.NextHops(ctx, lab, tor, lab.Topology().Services.First())).To(ConsistOf(nodes(lab)), "%s: %s", tor, lab.Topology().Services.First())
			}
			expectOnToRs(ctx, lab, func(netip.Prefix) bool { return true })
			expect.ClientsReachPods(ctx, lab)
		})
	})
}
