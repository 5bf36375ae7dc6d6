package tor

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// secondPool is a pool beside the mode's.
const secondPool = "second"

// blocks are requirements I5 and B13: more than one block on a node, and an address on
// another node than its block.
func blocks(lab *suite.Lab) {
	Context("blocks", Label("routes", "changes"), func() {
		Requirement("TOR-085", "a node with blocks of two pools MUST announce each of them by its own prefix, and pods of both pools MUST be reached from everywhere", Needs(Clients, EnterPods), func(ctx SpecContext) {
			before := begin(ctx, lab)
			// A range that the topology has for something that this mode does not use.
			lab.ApplyIPPool(ctx, secondPool, v3.IPPoolSpec{
				CIDR: lab.Topology().LoadBalancerIPs.First().String(), BlockSize: before.Nodes[0].Blocks[0].Bits(),
				IPIPMode: v3.IPIPModeNever, VXLANMode: v3.VXLANModeNever, NodeSelector: "all()",
				AllowedUses: []v3.IPPoolAllowedUse{v3.IPPoolAllowedUseWorkload},
			})
			for _, node := range nodes(lab)[:2] {
				pod := workload.NewPodInPool(ctx, lab, node, secondPool)
				Expect(lab.Topology().LoadBalancerIPs.Contains(pod.Address.Addr())).To(BeTrue(), "%s is of the pool", pod.Address)
				settled(ctx, lab)
				var second netip.Prefix
				for _, block := range begin(ctx, lab).Blocks(node) {
					if block.Contains(pod.Address.Addr()) {
						second = block
					}
				}
				Expect(second.IsValid()).To(BeTrue(), "%s has a block of the pool", node)
				Expect(begin(ctx, lab).Blocks(node)).To(HaveLen(len(before.Blocks(node))+1), "blocks of %s", node)
				for _, other := range append(tors(lab), nodes(lab)...) {
					if other != node {
						expect.OneRoute(ctx, lab, other, second, node)
					}
				}
				for _, core := range lab.Topology().Spines() {
					expect.OneRoute(ctx, lab, core.Name, second, tors(lab)...)
				}
				expect.PodReachesAll(ctx, lab, pod)
				for _, client := range lab.Topology().ByRole(topology.Client) {
					for range expect.ClientConnections {
						expect.SeenAs(ctx, lab.From(client.Name), pod, client.Address())
					}
				}
			}
			expectOnToRs(ctx, lab, func(netip.Prefix) bool { return true })
			expect.ClientsReachPods(ctx, lab)
		})

		Requirement("TOR-086", "a borrowed address MUST be routed by nodes and switches to the node that has it, and not to its block's owner", Needs(EnterPods), func(ctx SpecContext) {
			state := begin(ctx, lab)
			pair := observed.NodePair{From: state.Nodes[0], To: state.Nodes[1]}
			pod := workload.NewPodWithBorrowedAddress(ctx, lab, pair)
			settled(ctx, lab)
			for _, host := range append(tors(lab), nodes(lab)...) {
				if host != pair.To.Name {
					expect.OneRoute(ctx, lab, host, route.Single(pod.Address.Addr()), pair.To.Name)
				}
			}
			expect.PodReachesAll(ctx, lab, pod)
			expect.RoutesGoWith(ctx, lab, pod)
		})
	})
}
