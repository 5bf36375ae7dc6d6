package serviceips

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	corev1 "k8s.io/api/core/v1"

	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
)

// aggregation is requirement G9.
func aggregation(lab *Lab) {
	Context("LoadBalancer IPs without aggregation", Label("routes", "changes"), func() {
		Requirement("SVC-060", "with serviceLoadBalancerAggregation Disabled the range of LoadBalancer IPs MUST NOT be announced, and each service's address be by every node", func(ctx SpecContext) {
			disaggregate(ctx, lab)
			address := lab.LoadBalancerIP(30)
			lab.NewService(ctx, ServiceOptions{Type: corev1.ServiceTypeLoadBalancer, LoadBalancerIPs: []netip.Addr{address}})
			lab.ExpectAnnounced(ctx, Single(address), everyNode(lab)...)
			lab.ExpectAnnounced(ctx, lab.Topology().LoadBalancerIPs)
		})

		Requirement("SVC-061", "such an address MUST be withdrawn everywhere when the last endpoint anywhere is gone, and come back with an endpoint", func(ctx SpecContext) {
			disaggregate(ctx, lab)
			address := lab.LoadBalancerIP(31)
			deployment := lab.NewDeployment(ctx, 1)
			lab.NewService(ctx, ServiceOptions{Deployment: deployment, Type: corev1.ServiceTypeLoadBalancer, LoadBalancerIPs: []netip.Addr{address}})
			deployment.Ready(ctx)
			lab.ExpectAnnounced(ctx, Single(address), everyNode(lab)...)
			deployment.Scale(ctx, 0)
			deployment.Ready(ctx)
			lab.ExpectAnnounced(ctx, Single(address))
			deployment.Scale(ctx, 1)
			deployment.Ready(ctx)
			lab.ExpectAnnounced(ctx, Single(address), everyNode(lab)...)
		})

		Requirement("SVC-062", "with externalTrafficPolicy Local such an address MUST be announced by exactly the nodes that have an endpoint", func(ctx SpecContext) {
			disaggregate(ctx, lab)
			address, chosen := lab.LoadBalancerIP(32), everyNode(lab)[2]
			deployment := lab.NewDeployment(ctx, 1, OnNodes(chosen))
			lab.NewService(ctx, ServiceOptions{Deployment: deployment, Type: corev1.ServiceTypeLoadBalancer, Local: true, LoadBalancerIPs: []netip.Addr{address}})
			deployment.Ready(ctx)
			lab.ExpectAnnounced(ctx, Single(address), chosen)
		})
	})
}

// disaggregate has LoadBalancer IPs announced one by one, and no other service
// addresses.
func disaggregate(ctx SpecContext, lab *Lab) {
	GinkgoHelper()
	disabled := v3.ServiceLoadBalancerAggregationDisabled
	announce(ctx, lab, announced{loadBalancer: []netip.Prefix{lab.Topology().LoadBalancerIPs}})
	lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) { spec.ServiceLoadBalancerAggregation = &disabled })
}
