package serviceips

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// singles are requirements G6, G15 and G17: a range of one address is announced
// when a service has that address.
func singles(lab *suite.Lab) {
	Context("ranges of one address", Label("routes", "changes"), func() {
		Requirement("SVC-010", "an external IP that is a range of its own MUST be announced by every node for a service of type NodePort that has it", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			address := workload.ExternalIP(lab, 10)
			announce(ctx, lab, announced{external: []netip.Prefix{route.Single(address)}})
			service := workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{address}})
			expect.Announced(ctx, lab, route.Single(address), everyNode(lab)...)
			expectEveryAnswer(ctx, lab, lab.From(lab.Topology().ByRole(topology.Client)[0].Name), service, address)
		})

		Requirement("SVC-011", "a range of one address MUST NOT be announced without a service that has the address", func(ctx SpecContext) {
			address := workload.ExternalIP(lab, 11)
			announce(ctx, lab, announced{external: []netip.Prefix{route.Single(address), route.Single(workload.ExternalIP(lab, 12))}})
			workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{workload.ExternalIP(lab, 12)}})
			expect.Announced(ctx, lab, route.Single(workload.ExternalIP(lab, 12)), everyNode(lab)...)
			expect.Announced(ctx, lab, route.Single(address))
		})

		Requirement("SVC-012", "an external IP that is a range of its own MUST be announced for a service of type ClusterIP too", Known("projectcalico/calico#10945"), func(ctx SpecContext) {
			address := workload.ExternalIP(lab, 13)
			later := workload.ExternalIP(lab, 20)
			announce(ctx, lab, announced{external: []netip.Prefix{route.Single(address), route.Single(later)}})
			workload.NewService(ctx, lab, workload.ServiceOptions{ExternalIPs: []netip.Addr{address}})
			// The later service shows that the node has seen the ranges and the
			// service.
			workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{later}})
			expect.FabricRoutes(ctx, lab, Default, route.Single(later), everyNode(lab)...)
			KnownIssue(ctx, lab, "projectcalico/calico#10945",
				func(g Gomega) { expect.FabricRoutes(ctx, lab, g, route.Single(address), everyNode(lab)...) },
				func(g Gomega) { expect.FabricRoutes(ctx, lab, g, route.Single(address)) })
		})

		Requirement("SVC-013", "a LoadBalancer IP that is a range of its own MUST be announced by every node for the service that asked for it and has it", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			address := workload.LoadBalancerIP(lab, 10)
			announce(ctx, lab, announced{loadBalancer: []netip.Prefix{route.Single(address)}})
			service := workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeLoadBalancer, LoadBalancerIPs: []netip.Addr{address}})
			service.Update(ctx, func(s *corev1.Service) { s.Spec.LoadBalancerIP = address.String() })
			expect.Announced(ctx, lab, route.Single(address), everyNode(lab)...)
			expectEveryAnswer(ctx, lab, lab.From(lab.Topology().ByRole(topology.Client)[0].Name), service, address)
		})

		Requirement("SVC-014", "a LoadBalancer IP that is a range of its own MUST be announced too for a service that got it without asking for it", Known("projectcalico/calico#11917"), func(ctx SpecContext) {
			address := workload.LoadBalancerIP(lab, 11)
			later := workload.ExternalIP(lab, 21)
			announce(ctx, lab, announced{loadBalancer: []netip.Prefix{route.Single(address)}, external: []netip.Prefix{route.Single(later)}})
			workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeLoadBalancer, LoadBalancerIPs: []netip.Addr{address}})
			// The later service shows that the node has seen the ranges and the
			// service.
			workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{later}})
			expect.FabricRoutes(ctx, lab, Default, route.Single(later), everyNode(lab)...)
			KnownIssue(ctx, lab, "projectcalico/calico#11917",
				func(g Gomega) { expect.FabricRoutes(ctx, lab, g, route.Single(address), everyNode(lab)...) },
				func(g Gomega) { expect.FabricRoutes(ctx, lab, g, route.Single(address)) })
		})

		Requirement("SVC-015", "with externalTrafficPolicy Local a range of one address MUST be announced by exactly the nodes that have an endpoint", func(ctx SpecContext) {
			address := workload.ExternalIP(lab, 14)
			announce(ctx, lab, announced{external: []netip.Prefix{route.Single(address)}})
			chosen := everyNode(lab)[1]
			deployment := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(chosen))
			workload.NewService(ctx, lab, workload.ServiceOptions{Deployment: deployment, Type: corev1.ServiceTypeNodePort, Local: true, ExternalIPs: []netip.Addr{address}})
			deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(address), chosen)
		})

		Requirement("SVC-019", "a range of one address MUST be seen to stay announced by every node when its service has no endpoint left, as endpoints count with externalTrafficPolicy Local alone", Label("negative"), func(ctx SpecContext) {
			address, later := workload.ExternalIP(lab, 22), workload.ExternalIP(lab, 23)
			announce(ctx, lab, announced{external: []netip.Prefix{route.Single(address), route.Single(later)}})
			deployment := workload.NewDeployment(ctx, lab, 1)
			service := workload.NewService(ctx, lab, workload.ServiceOptions{Deployment: deployment, Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{address}})
			deployment.Ready(ctx)
			witness := workload.NewDeployment(ctx, lab, len(everyNode(lab)), workload.OnePerNode())
			seen := workload.NewService(ctx, lab, workload.ServiceOptions{Selector: map[string]string{}, Local: true, Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{later}})
			expect.Announced(ctx, lab, route.Single(address), everyNode(lab)...)
			deployment.Scale(ctx, 0)
			Eventually(service.EndpointNodes).WithContext(ctx).Should(BeEmpty())
			// EndpointSlices come to a node in one order: who announces the later service has
			// seen the last endpoint go.
			seen.NewEndpointSlice(ctx, witness.Ready(ctx)...)
			expect.Announced(ctx, lab, route.Single(later), everyNode(lab)...)
			expect.Announced(ctx, lab, route.Single(address), everyNode(lab)...)
		})

		Requirement("SVC-016", "an address that two services share MUST be announced until the last of them is gone", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			address, later := workload.ExternalIP(lab, 15), workload.ExternalIP(lab, 19)
			announce(ctx, lab, announced{external: []netip.Prefix{route.Single(address), route.Single(later)}})
			options := workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{address}}
			first := workload.NewService(ctx, lab, options)
			options.Port = first.Port + 1
			second := workload.NewService(ctx, lab, options)
			expect.Announced(ctx, lab, route.Single(address), everyNode(lab)...)
			client := lab.From(lab.Topology().ByRole(topology.Client)[0].Name)
			expectEveryAnswer(ctx, lab, client, first, address)
			expectEveryAnswer(ctx, lab, client, second, address)

			first.Delete(ctx)
			// The later service shows that the node has seen the change.
			workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{later}})
			expect.Announced(ctx, lab, route.Single(later), everyNode(lab)...)
			expectEveryAnswer(ctx, lab, client, second, address)
			expect.Announced(ctx, lab, route.Single(address), everyNode(lab)...)
			second.Delete(ctx)
			expect.Announced(ctx, lab, route.Single(address))
		})

		Requirement("SVC-017", "an address that a service gives up MUST be announced no more", func(ctx SpecContext) {
			address, other := workload.ExternalIP(lab, 16), workload.ExternalIP(lab, 17)
			announce(ctx, lab, announced{external: []netip.Prefix{route.Single(address), route.Single(other)}})
			service := workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{address}})
			expect.Announced(ctx, lab, route.Single(address), everyNode(lab)...)
			service.Update(ctx, func(s *corev1.Service) { s.Spec.ExternalIPs = []string{other.String()} })
			expect.Announced(ctx, lab, route.Single(other), everyNode(lab)...)
			expect.Announced(ctx, lab, route.Single(address))
		})

		Requirement("SVC-018", "a node MUST reach the addresses that it announces one by one", Needs(Clients, SendFromNodes), Known("projectcalico/calico#9152"), func(ctx SpecContext) {
			address := workload.ExternalIP(lab, 18)
			announce(ctx, lab, announced{external: []netip.Prefix{route.Single(address)}})
			service := workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{address}})
			expect.Announced(ctx, lab, route.Single(address), everyNode(lab)...)
			expectAnswer(ctx, lab.From(lab.Topology().ByRole(topology.Client)[0].Name), service, address)
			for _, node := range everyNode(lab) {
				expectAnswer(ctx, lab.From(node), service, service.ClusterIP)
			}
			fromNodes := func(g Gomega, want probe.Outcome) {
				for _, node := range everyNode(lab) {
					outcome, err := probe.Attempt(ctx, lab.From(node), service.Addr(address), probe.Timeout)
					Expect(err).NotTo(HaveOccurred(), "from %s", node)
					g.Expect(outcome).To(Equal(want), "from %s", node)
				}
			}
			KnownIssue(ctx, lab, "projectcalico/calico#9152",
				func(g Gomega) { fromNodes(g, probe.Answered) },
				func(g Gomega) { fromNodes(g, probe.Blackholed) })
		})
	})
}
