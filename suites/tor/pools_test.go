package tor

import (
	"net/netip"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/oracle"
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

		Requirement("TOR-082", "a node that was given a route within a pool MUST tell switches and nodes of it as of a block of its own, and nobody of a route outside of all pools", Needs(ChangeInterfaces), func(ctx SpecContext) {
			state := begin(ctx, lab)
			node := nodes(lab)[0]
			inPool, outside := freeBlock(lab, state), lab.Topology().ExternalIPs.First()
			lab.AddBlackhole(ctx, node, inPool)
			lab.AddBlackhole(ctx, node, outside)
			settled(ctx, lab)
			for _, other := range append(tors(lab), nodes(lab)[1:]...) {
				Expect(observed.NextHops(ctx, lab, other, inPool)).To(ConsistOf(node), "%s: %s", other, inPool)
				Expect(observed.NextHops(ctx, lab, other, outside)).To(BeEmpty(), "%s: %s", other, outside)
			}
		})

		Requirement("TOR-083", "a node's route to the whole of a disabled pool MUST be told switches and nodes of, and with disableBGPExport nobody", Needs(ChangeInterfaces), func(ctx SpecContext) {
			node, remote := nodes(lab)[1], lab.Topology().ExternalIPs.First()
			const name = "remote"
			lab.ApplyIPPool(ctx, name, v3.IPPoolSpec{CIDR: remote.String(), Disabled: true, IPIPMode: v3.IPIPModeNever, VXLANMode: v3.VXLANModeNever, NodeSelector: "all()"})
			lab.AddBlackhole(ctx, node, remote)
			others := append(tors(lab), slices.DeleteFunc(nodes(lab), func(name string) bool { return name == node })...)
			settled(ctx, lab)
			for _, other := range others {
				Expect(observed.NextHops(ctx, lab, other, remote)).To(ConsistOf(node), "%s: %s", other, remote)
			}

			By("keeping it from BGP")
			Expect(lab.Calico.UpdateIPPool(ctx, name, func(spec *v3.IPPoolSpec) { spec.DisableBGPExport = true })).To(Succeed())
			settled(ctx, lab)
			for _, other := range others {
				Expect(observed.NextHops(ctx, lab, other, remote)).To(BeEmpty(), "%s: %s", other, remote)
			}
			expectOnToRs(ctx, lab, func(netip.Prefix) bool { return true })
		})
	})
}

// freeBlock is a block of the pool that no node has.
func freeBlock(lab *suite.Lab, state oracle.State) netip.Prefix {
	GinkgoHelper()
	pool := lab.Topology().Pods.First()
	taken := state.Blocks(nodes(lab)...)
	Expect(taken).NotTo(BeEmpty(), "blocks of nodes")
	block := taken[0]
	for slices.Contains(taken, block) {
		// The next one, and the first after the last.
		address := block.Addr()
		for block.Contains(address) {
			address = address.Next()
		}
		if !pool.Contains(address) {
			address = pool.Addr()
		}
		block = netip.PrefixFrom(address, block.Bits())
	}
	return block
}
