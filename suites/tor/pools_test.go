package tor

import (
	"maps"
	"net/netip"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	labs "github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
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

		Requirement("TOR-083", "switches and nodes MUST hear of a node's route to the whole of a disabled pool, and with disableBGPExport nobody", Needs(ChangeInterfaces), func(ctx SpecContext) {
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

		Requirement("TOR-084", "with disableBGPExport and without encapsulation a service that all nodes announce MUST be seen to answer by its endpoint's node alone, as no other node knows the endpoint", Needs(CaptureOnNodes, Clients), Label("traffic", "negative"), func(ctx SpecContext) {
			lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
				spec.ServiceLoadBalancerIPs = []v3.ServiceLoadBalancerIPBlock{{CIDR: lab.Topology().LoadBalancerIPs.First().String()}}
			})
			owner := nodes(lab)[1]
			to, pod := workload.NewLoadBalancer(ctx, lab, 1, owner, false)
			settled(ctx, lab)
			client := lab.From(lab.Topology().ByRole(topology.Client)[0].Name)
			wire.EveryWayAnswers(ctx, lab, client, to, nodes(lab), pod)

			By("hiding the blocks")
			lab.ChangeIPPools(ctx, func(spec *v3.IPPoolSpec) { spec.DisableBGPExport = true })
			settled(ctx, lab)
			outcomes, entered := attempts(ctx, lab, client, to)
			Expect(slices.Collect(maps.Keys(entered))).To(ConsistOf(nodes(lab)), "the nodes that connections came to")
			answered := 0
			for _, outcome := range outcomes {
				if outcome == probe.Answered {
					answered++
					continue
				}
				Expect(outcome).To(BeElementOf(probe.TimedOut, probe.Unreachable))
			}
			Expect(answered).To(Equal(entered[owner]), "connections that were answered, of those that came to %v", entered)
		})
	})
}

// attempts opens wire.Connections connections side by side. It returns what became of them, and
// how many came to each node.
func attempts(ctx SpecContext, lab *suite.Lab, from labs.Host, to netip.AddrPort) ([]probe.Outcome, map[string]int) {
	GinkgoHelper()
	captures := wire.CaptureOnNodes(ctx, lab, func(p observe.Packet) bool { return p.To() == to && p.Opens() && p.Direction == observe.Received })
	outcomes, err := probe.Attempts(ctx, from, to, wire.Connections)
	Expect(err).NotTo(HaveOccurred())
	entered := map[string]int{}
	for node, packets := range captures.Stop().ByHost() {
		clients := map[netip.AddrPort]bool{}
		for _, p := range packets {
			clients[p.From()] = true // a SYN is sent again
		}
		if len(clients) > 0 {
			entered[node] = len(clients)
		}
	}
	return outcomes, entered
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
