package serviceips

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	corev1 "k8s.io/api/core/v1"

	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
)

// allowed is requirement G5: the ranges are the only guard against addresses that
// anybody may write into a service. With externalTrafficPolicy Local an allowed
// address is announced by itself, so that a forbidden one can be seen not to be.
func allowed(lab *Lab) {
	Context("addresses outside of the ranges", Label("routes", "changes"), func() {
		Requirement("SVC-020", "an external IP outside of the ranges MUST NOT be announced, whatever the service", func(ctx SpecContext) {
			lower, upper := halves(lab.Topology().ExternalIPs)
			inside, outside := upper.Addr().Next(), lower.Addr().Next()
			announce(ctx, lab, announced{external: []netip.Prefix{upper}})
			lab.NewService(ctx, ServiceOptions{Type: corev1.ServiceTypeNodePort, Local: true, ExternalIPs: []netip.Addr{inside, outside}})
			lab.ExpectAnnounced(ctx, Single(inside), everyNode(lab)...)
			lab.ExpectAnnounced(ctx, Single(outside))
		})

		Requirement("SVC-021", "a LoadBalancer IP outside of the ranges MUST NOT be announced", func(ctx SpecContext) {
			lower, upper := halves(lab.Topology().LoadBalancerIPs)
			inside, outside := upper.Addr().Next(), lower.Addr().Next()
			announce(ctx, lab, announced{loadBalancer: []netip.Prefix{upper}})
			lab.NewService(ctx, ServiceOptions{Type: corev1.ServiceTypeLoadBalancer, Local: true, LoadBalancerIPs: []netip.Addr{inside, outside}})
			lab.ExpectAnnounced(ctx, Single(inside), everyNode(lab)...)
			lab.ExpectAnnounced(ctx, Single(outside))
		})

		Requirement("SVC-022", "a cluster IP MUST NOT be announced where no range of cluster IPs is, though the service's external IP is", func(ctx SpecContext) {
			announce(ctx, lab, announced{external: []netip.Prefix{lab.Topology().ExternalIPs}})
			service := lab.NewService(ctx, ServiceOptions{Type: corev1.ServiceTypeNodePort, Local: true, ExternalIPs: []netip.Addr{lab.ExternalIP(20)}})
			lab.ExpectAnnounced(ctx, Single(lab.ExternalIP(20)), everyNode(lab)...)
			lab.ExpectAnnounced(ctx, Single(service.ClusterIP))
		})

		Requirement("SVC-023", "an external IP MUST NOT be announced by the range of LoadBalancer IPs, nor a LoadBalancer IP by that of external IPs", func(ctx SpecContext) {
			announce(ctx, lab, announced{
				cluster:  []netip.Prefix{lab.Topology().Services},
				external: []netip.Prefix{lab.Topology().LoadBalancerIPs}, loadBalancer: []netip.Prefix{lab.Topology().ExternalIPs},
			})
			service := lab.NewService(ctx, ServiceOptions{
				Type: corev1.ServiceTypeLoadBalancer, Local: true,
				ExternalIPs: []netip.Addr{lab.ExternalIP(21)}, LoadBalancerIPs: []netip.Addr{lab.LoadBalancerIP(21)},
			})
			lab.ExpectAnnounced(ctx, Single(service.ClusterIP), everyNode(lab)...)
			lab.ExpectAnnounced(ctx, Single(lab.ExternalIP(21)))
			lab.ExpectAnnounced(ctx, Single(lab.LoadBalancerIP(21)))
		})
	})
}
