package ipip

import (
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

// singlesPool is a pool whose blocks have one address each.
const singlesPool = "singles"

// singles is requirement B12.
func singles(lab *suite.Lab) {
	Context("blocks of one address", Label("routes", "blocksize"), func() {
		Requirement("IPIP-065", "a pod in a block of one address MUST start and be reached through tunl0, with no blackhole for the block", Needs(EnterPods), func(ctx SpecContext) {
			lab.ApplyIPPool(ctx, singlesPool, v3.IPPoolSpec{
				// A range that the topology has for something that this lab does not use.
				CIDR: lab.Topology().LoadBalancerIPs.First().String(), BlockSize: lab.Topology().LoadBalancerIPs.First().Addr().BitLen(),
				IPIPMode: v3.IPIPModeAlways, VXLANMode: v3.VXLANModeNever, NodeSelector: "all()",
				AllowedUses: []v3.IPPoolAllowedUse{v3.IPPoolAllowedUseWorkload},
			})
			p := observed.NodePairs(ctx, lab, topology.AcrossRacks)[0]
			pod := workload.NewPodInPool(ctx, lab, p.To.Name, singlesPool)
			address := pod.Address.Addr()
			Expect(lab.Topology().LoadBalancerIPs.Contains(address)).To(BeTrue(), "%s is of the pool", address)
			Eventually(expect.Routes(lab, expect.Within(lab.Topology().LoadBalancerIPs...))).WithContext(ctx).Should(expect.Agree())

			own := observed.RouteTo(ctx, lab, p.To.Name, route.Single(address))
			Expect(own.Kind).To(Equal(route.Unicast), "%s: %s", p.To.Name, own)
			expect.PodRouted(ctx, lab, pod, func(topology.Host) route.NextHop { return throughTunnel(lab, pod.Node) })
			expect.PodReachesAll(ctx, lab, pod)
		})
	})
}
