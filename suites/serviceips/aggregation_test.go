package serviceips

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	corev1 "k8s.io/api/core/v1"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// aggregation is requirement G9.
func aggregation(lab *suite.Lab) {
	Context("LoadBalancer IPs without aggregation", Label("routes", "changes"), func() {
		Requirement("SVC-060", "with serviceLoadBalancerAggregation Disabled the range of LoadBalancer IPs MUST NOT be announced, and each service's address be by every node", func(ctx SpecContext) {
			disaggregate(ctx, lab)
			address := workload.LoadBalancerIP(lab, 30)
			workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeLoadBalancer, LoadBalancerIPs: []netip.Addr{address}})
			expect.Announced(ctx, lab, route.Single(address), everyNode(lab)...)
			expect.Announced(ctx, lab, lab.Topology().LoadBalancerIPs.First())
		})

		Requirement("SVC-061", "such an address MUST be withdrawn everywhere when the last endpoint anywhere is gone, and come back with an endpoint", func(ctx SpecContext) {
			disaggregate(ctx, lab)
			address := workload.LoadBalancerIP(lab, 31)
			deployment := workload.NewDeployment(ctx, lab, 1)
			workload.NewService(ctx, lab, workload.ServiceOptions{Deployment: deployment, Type: corev1.ServiceTypeLoadBalancer, LoadBalancerIPs: []netip.Addr{address}})
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(address), everyNode(lab)...)
			deployment.Scale(ctx, 0)
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(address))
			deployment.Scale(ctx, 1)
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(address), everyNode(lab)...)
		})

		Requirement("SVC-062", "with externalTrafficPolicy Local such an address MUST be announced by exactly the nodes that have an endpoint", func(ctx SpecContext) {
			disaggregate(ctx, lab)
			address, chosen := workload.LoadBalancerIP(lab, 32), everyNode(lab)[2]
			deployment := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(chosen))
			workload.NewService(ctx, lab, workload.ServiceOptions{Deployment: deployment, Type: corev1.ServiceTypeLoadBalancer, Local: true, LoadBalancerIPs: []netip.Addr{address}})
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(address), chosen)
		})
	})
}

// disaggregate has LoadBalancer IPs announced one by one, and no other service
// addresses.
func disaggregate(ctx SpecContext, lab *suite.Lab) {
	GinkgoHelper()
	disabled := v3.ServiceLoadBalancerAggregationDisabled
	announce(ctx, lab, announced{loadBalancer: []netip.Prefix{lab.Topology().LoadBalancerIPs.First()}})
	lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) { spec.ServiceLoadBalancerAggregation = &disabled })
}
