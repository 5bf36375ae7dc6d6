package serviceips

import (
	"net/netip"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// ranges are requirements G1, G5, G7 and G14.
func ranges(lab *suite.Lab) {
	Context("ranges", Label("routes"), func() {
		Requirement("SVC-001", "the range of cluster IPs MUST be announced by every node, and every leaf and spine use all of them by equal cost", func(ctx SpecContext) {
			expect.Announced(ctx, lab, lab.Topology().Services.First(), everyNode(lab)...)
		})

		Requirement("SVC-002", "the range of external IPs MUST be announced by every node, and every leaf and spine use all of them by equal cost", func(ctx SpecContext) {
			expect.Announced(ctx, lab, lab.Topology().ExternalIPs.First(), everyNode(lab)...)
		})

		Requirement("SVC-003", "the range of LoadBalancer IPs MUST be announced by every node, and every leaf and spine use all of them by equal cost", func(ctx SpecContext) {
			expect.Announced(ctx, lab, lab.Topology().LoadBalancerIPs.First(), everyNode(lab)...)
		})

		Requirement("SVC-004", "a node MUST have no route into an announced range in its kernel, neither its own nor what it learns from others", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			tables, err := observe.KernelTables(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			for _, node := range lab.Topology().Nodes() {
				Expect(tables[node.Name]).NotTo(BeEmpty(), node.Name)
				Expect(tables[node.Name].Within(slices.Concat(lab.Topology().Services, lab.Topology().ExternalIPs, lab.Topology().LoadBalancerIPs)...)).To(BeEmpty(), node.Name)
			}
		})

		Requirement("SVC-005", "a range that is announced no more MUST go from the whole fabric, and an address of it answer no more from outside", Needs(CaptureOnNodes, Clients), Label("changes", "traffic"), func(ctx SpecContext) {
			service := workload.NewService(ctx, lab, workload.ServiceOptions{})
			client := lab.From(lab.Topology().ByRole(topology.Client)[0].Name)
			expectEveryAnswer(ctx, lab, client, service, service.ClusterIP)
			announce(ctx, lab, announced{external: []netip.Prefix{lab.Topology().ExternalIPs.First()}})
			expect.Announced(ctx, lab, lab.Topology().Services.First())
			expect.Announced(ctx, lab, lab.Topology().ExternalIPs.First(), everyNode(lab)...)
			expectNoAnswer(ctx, client, service, service.ClusterIP)
		})

		Requirement("SVC-006", "a range that replaces another MUST be announced in its place, and services keep the addresses that are inside it alone", Needs(CaptureOnNodes, Clients), Label("changes", "traffic"), func(ctx SpecContext) {
			lower, upper := halves(lab.Topology().ExternalIPs.First())
			inLower, inUpper := lower.Addr().Next(), upper.Addr().Next()
			service := workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, ExternalIPs: []netip.Addr{inLower, inUpper}})
			announce(ctx, lab, announced{external: []netip.Prefix{upper}})
			expect.Announced(ctx, lab, lab.Topology().ExternalIPs.First())
			expect.Announced(ctx, lab, lower)
			expect.Announced(ctx, lab, upper, everyNode(lab)...)
			client := lab.From(lab.Topology().ByRole(topology.Client)[0].Name)
			expectEveryAnswer(ctx, lab, client, service, inUpper)
			expectNoAnswer(ctx, client, service, inLower)
		})

		Requirement("SVC-007", "a service with externalTrafficPolicy Cluster MUST NOT be announced by itself where its address is inside a range", Needs(Clients), func(ctx SpecContext) {
			service := workload.NewService(ctx, lab, workload.ServiceOptions{
				Type: corev1.ServiceTypeLoadBalancer, ExternalIPs: []netip.Addr{workload.ExternalIP(lab, 1)}, LoadBalancerIPs: []netip.Addr{workload.LoadBalancerIP(lab, 1)},
			})
			expectAnswer(ctx, lab.From(lab.Topology().ByRole(topology.Client)[0].Name), service, workload.LoadBalancerIP(lab, 1))
			// A service that comes later and is announced shows that this one has been seen.
			later := workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, Local: true})
			expect.Announced(ctx, lab, route.Single(later.ClusterIP), everyNode(lab)...)
			for _, address := range []netip.Addr{service.ClusterIP, workload.ExternalIP(lab, 1), workload.LoadBalancerIP(lab, 1)} {
				expect.Announced(ctx, lab, route.Single(address))
			}
		})
	})
}
