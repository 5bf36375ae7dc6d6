package serviceips

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	corev1 "k8s.io/api/core/v1"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// allowed is requirement G5: the ranges are the only guard against addresses that
// anybody may write into a service. With externalTrafficPolicy Local an allowed
// address is announced by itself, so that a forbidden one can be seen not to be.
func allowed(lab *suite.Lab) {
	Context("addresses outside of the ranges", Label("routes", "changes"), func() {
		Requirement("SVC-020", "an external IP outside of the ranges MUST NOT be announced, whatever the service", func(ctx SpecContext) {
			lower, upper := halves(lab.Topology().ExternalIPs.First())
			inside, outside := upper.Addr().Next(), lower.Addr().Next()
			announce(ctx, lab, announced{external: []netip.Prefix{upper}})
			workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, Local: true, ExternalIPs: []netip.Addr{inside, outside}})
			expect.Announced(ctx, lab, route.Single(inside), everyNode(lab)...)
			expect.Announced(ctx, lab, route.Single(outside))
		})

		Requirement("SVC-021", "a LoadBalancer IP outside of the ranges MUST NOT be announced", func(ctx SpecContext) {
			lower, upper := halves(lab.Topology().LoadBalancerIPs.First())
			inside, outside := upper.Addr().Next(), lower.Addr().Next()
			announce(ctx, lab, announced{loadBalancer: []netip.Prefix{upper}})
			workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeLoadBalancer, Local: true, LoadBalancerIPs: []netip.Addr{inside, outside}})
			expect.Announced(ctx, lab, route.Single(inside), everyNode(lab)...)
			expect.Announced(ctx, lab, route.Single(outside))
		})

		Requirement("SVC-022", "a cluster IP MUST NOT be announced where no range of cluster IPs is, though the service's external IP is", func(ctx SpecContext) {
			announce(ctx, lab, announced{external: []netip.Prefix{lab.Topology().ExternalIPs.First()}})
			service := workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, Local: true, ExternalIPs: []netip.Addr{workload.ExternalIP(lab, 20)}})
			expect.Announced(ctx, lab, route.Single(workload.ExternalIP(lab, 20)), everyNode(lab)...)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP))
		})

		Requirement("SVC-023", "an external IP MUST NOT be announced by the range of LoadBalancer IPs, nor a LoadBalancer IP by that of external IPs", func(ctx SpecContext) {
			announce(ctx, lab, announced{
				cluster:  []netip.Prefix{lab.Topology().Services.First()},
				external: []netip.Prefix{lab.Topology().LoadBalancerIPs.First()}, loadBalancer: []netip.Prefix{lab.Topology().ExternalIPs.First()},
			})
			service := workload.NewService(ctx, lab, workload.ServiceOptions{
				Type: corev1.ServiceTypeLoadBalancer, Local: true,
				ExternalIPs: []netip.Addr{workload.ExternalIP(lab, 21)}, LoadBalancerIPs: []netip.Addr{workload.LoadBalancerIP(lab, 21)},
			})
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), everyNode(lab)...)
			expect.Announced(ctx, lab, route.Single(workload.ExternalIP(lab, 21)))
			expect.Announced(ctx, lab, route.Single(workload.LoadBalancerIP(lab, 21)))
		})
	})
}
