package serviceips

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

// singles are requirements G6, G15 and G17: a range of one address is announced
// when a service has that address.
func singles(lab *Lab) {
	Context("ranges of one address", Label("routes", "changes"), func() {
		Requirement("SVC-010", "an external IP that is a range of its own MUST be announced by every node for a service of type NodePort that has it", func(ctx SpecContext) {
			address := lab.ExternalIP(10)
			announce(ctx, lab, announced{external: []netip.Prefix{Single(address)}})
			service := lab.NewService(ctx, ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{address}})
			lab.ExpectAnnounced(ctx, Single(address), everyNode(lab)...)
			expectAnswer(ctx, lab.At(lab.Topology().ByRole(topology.Client)[0].Name), service, address)
		})

		Requirement("SVC-011", "a range of one address MUST NOT be announced without a service that has the address", func(ctx SpecContext) {
			address := lab.ExternalIP(11)
			announce(ctx, lab, announced{external: []netip.Prefix{Single(address), Single(lab.ExternalIP(12))}})
			lab.NewService(ctx, ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{lab.ExternalIP(12)}})
			lab.ExpectAnnounced(ctx, Single(lab.ExternalIP(12)), everyNode(lab)...)
			lab.ExpectAnnounced(ctx, Single(address))
		})

		Requirement("SVC-012", "an external IP that is a range of its own MUST be announced for a service of type ClusterIP too", Known("projectcalico/calico#10945"), func(ctx SpecContext) {
			address := lab.ExternalIP(13)
			later := lab.ExternalIP(20)
			announce(ctx, lab, announced{external: []netip.Prefix{Single(address), Single(later)}})
			lab.NewService(ctx, ServiceOptions{ExternalIPs: []netip.Addr{address}})
			// The later service shows that the node has seen the ranges and the
			// service.
			lab.NewService(ctx, ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{later}})
			lab.PromiseAnnounced(ctx, Default, Single(later), everyNode(lab)...)
			KnownIssue(ctx, "projectcalico/calico#10945", func(g Gomega) {
				lab.PromiseAnnounced(ctx, g, Single(address), everyNode(lab)...)
			})
		})

		Requirement("SVC-013", "a LoadBalancer IP that is a range of its own MUST be announced by every node for the service that asked for it and has it", func(ctx SpecContext) {
			address := lab.LoadBalancerIP(10)
			announce(ctx, lab, announced{loadBalancer: []netip.Prefix{Single(address)}})
			service := lab.NewService(ctx, ServiceOptions{Type: corev1.ServiceTypeLoadBalancer, LoadBalancerIPs: []netip.Addr{address}})
			service.Update(ctx, func(s *corev1.Service) { s.Spec.LoadBalancerIP = address.String() })
			lab.ExpectAnnounced(ctx, Single(address), everyNode(lab)...)
			expectAnswer(ctx, lab.At(lab.Topology().ByRole(topology.Client)[0].Name), service, address)
		})

		Requirement("SVC-014", "a LoadBalancer IP that is a range of its own MUST be announced too for a service that got it without asking for it", Known("projectcalico/calico#11917"), func(ctx SpecContext) {
			address := lab.LoadBalancerIP(11)
			later := lab.ExternalIP(21)
			announce(ctx, lab, announced{loadBalancer: []netip.Prefix{Single(address)}, external: []netip.Prefix{Single(later)}})
			lab.NewService(ctx, ServiceOptions{Type: corev1.ServiceTypeLoadBalancer, LoadBalancerIPs: []netip.Addr{address}})
			// The later service shows that the node has seen the ranges and the
			// service.
			lab.NewService(ctx, ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{later}})
			lab.PromiseAnnounced(ctx, Default, Single(later), everyNode(lab)...)
			KnownIssue(ctx, "projectcalico/calico#11917", func(g Gomega) {
				lab.PromiseAnnounced(ctx, g, Single(address), everyNode(lab)...)
			})
		})

		Requirement("SVC-015", "with externalTrafficPolicy Local a range of one address MUST be announced by exactly the nodes that have an endpoint", func(ctx SpecContext) {
			address := lab.ExternalIP(14)
			announce(ctx, lab, announced{external: []netip.Prefix{Single(address)}})
			chosen := everyNode(lab)[1]
			deployment := lab.NewDeployment(ctx, 1, OnNodes(chosen))
			lab.NewService(ctx, ServiceOptions{Deployment: deployment, Type: corev1.ServiceTypeNodePort, Local: true, ExternalIPs: []netip.Addr{address}})
			deployment.Ready(ctx)
			lab.ExpectAnnounced(ctx, Single(address), chosen)
		})

		Requirement("SVC-016", "an address that two services share MUST be announced until the last of them is gone", func(ctx SpecContext) {
			address, later := lab.ExternalIP(15), lab.ExternalIP(19)
			announce(ctx, lab, announced{external: []netip.Prefix{Single(address), Single(later)}})
			options := ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{address}}
			first := lab.NewService(ctx, options)
			options.Port = first.Port + 1
			second := lab.NewService(ctx, options)
			lab.ExpectAnnounced(ctx, Single(address), everyNode(lab)...)
			client := lab.At(lab.Topology().ByRole(topology.Client)[0].Name)
			expectAnswer(ctx, client, first, address)
			expectAnswer(ctx, client, second, address)

			first.Delete(ctx)
			// The later service shows that the node has seen the change.
			lab.NewService(ctx, ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{later}})
			lab.ExpectAnnounced(ctx, Single(later), everyNode(lab)...)
			expectAnswer(ctx, client, second, address)
			lab.ExpectAnnounced(ctx, Single(address), everyNode(lab)...)
			second.Delete(ctx)
			lab.ExpectAnnounced(ctx, Single(address))
		})

		Requirement("SVC-017", "an address that a service gives up MUST be announced no more", func(ctx SpecContext) {
			address, other := lab.ExternalIP(16), lab.ExternalIP(17)
			announce(ctx, lab, announced{external: []netip.Prefix{Single(address), Single(other)}})
			service := lab.NewService(ctx, ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{address}})
			lab.ExpectAnnounced(ctx, Single(address), everyNode(lab)...)
			service.Update(ctx, func(s *corev1.Service) { s.Spec.ExternalIPs = []string{other.String()} })
			lab.ExpectAnnounced(ctx, Single(other), everyNode(lab)...)
			lab.ExpectAnnounced(ctx, Single(address))
		})

		Requirement("SVC-018", "a node MUST reach the addresses that it announces one by one", Known("projectcalico/calico#9152"), func(ctx SpecContext) {
			address := lab.ExternalIP(18)
			announce(ctx, lab, announced{external: []netip.Prefix{Single(address)}})
			service := lab.NewService(ctx, ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{address}})
			lab.ExpectAnnounced(ctx, Single(address), everyNode(lab)...)
			expectAnswer(ctx, lab.At(lab.Topology().ByRole(topology.Client)[0].Name), service, address)
			for _, node := range everyNode(lab) {
				expectAnswer(ctx, lab.At(node), service, service.ClusterIP)
			}
			KnownIssue(ctx, "projectcalico/calico#9152", func(g Gomega) {
				for _, node := range everyNode(lab) {
					g.Expect(probe.Attempt(ctx, lab.At(node), service.Addr(address), probe.Timeout)).To(Equal(probe.Answered), "from %s", node)
				}
			})
		})
	})
}
