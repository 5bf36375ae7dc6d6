package serviceips

import (
	"maps"
	"net/netip"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// exclusion is requirement G8.
func exclusion(lab *suite.Lab) {
	Context("excluded nodes", Label("routes", "changes"), func() {
		Requirement("SVC-030", "a node that is excluded from load balancers MUST withdraw all ranges of service addresses, and go on announcing its blocks", func(ctx SpecContext) {
			state, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			excluded, rest := oneAndOthers(lab)
			workload.ExcludeFromLoadBalancers(ctx, lab, excluded)
			for _, prefix := range []netip.Prefix{lab.Topology().Services.First(), lab.Topology().ExternalIPs.First(), lab.Topology().LoadBalancerIPs.First()} {
				expect.Announced(ctx, lab, prefix, rest...)
			}
			blocks := state.Blocks(excluded)
			Expect(blocks).NotTo(BeEmpty(), "blocks of %s", excluded)
			for _, block := range blocks {
				expect.Announced(ctx, lab, block, excluded)
			}
		})

		Requirement("SVC-031", "an excluded node MUST withdraw the single addresses of a service too, and announce none of a new service", func(ctx SpecContext) {
			excluded, rest := oneAndOthers(lab)
			// All of a service's addresses that are inside ranges: see addressesOf.
			local := func(n int) []netip.Addr {
				service := workload.NewService(ctx, lab, workload.ServiceOptions{
					Type: corev1.ServiceTypeLoadBalancer, Local: true,
					ExternalIPs: []netip.Addr{workload.ExternalIP(lab, n)}, LoadBalancerIPs: []netip.Addr{workload.LoadBalancerIP(lab, n)},
				})
				return addressesOf(lab, service, n)
			}
			before := local(30)
			for _, address := range before {
				expect.Announced(ctx, lab, route.Single(address), everyNode(lab)...)
			}
			workload.ExcludeFromLoadBalancers(ctx, lab, excluded)
			for _, address := range before {
				expect.Announced(ctx, lab, route.Single(address), rest...)
			}
			for _, address := range local(31) {
				expect.Announced(ctx, lab, route.Single(address), rest...)
			}
		})

		Requirement("SVC-032", "a node whose exclusion ends MUST announce everything again", func(ctx SpecContext) {
			excluded, rest := oneAndOthers(lab)
			service := workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, Local: true})
			workload.ExcludeFromLoadBalancers(ctx, lab, excluded)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), rest...)
			workload.UnlabelNode(ctx, lab, excluded, corev1.LabelNodeExcludeBalancers)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), everyNode(lab)...)
			expect.Announced(ctx, lab, lab.Topology().Services.First(), everyNode(lab)...)
		})

		Requirement("SVC-033", "the exclusion label MUST count with the value true alone", func(ctx SpecContext) {
			excluded, rest := oneAndOthers(lab)
			workload.ExcludeFromLoadBalancers(ctx, lab, excluded)
			expect.Announced(ctx, lab, lab.Topology().Services.First(), rest...)
			workload.LabelNode(ctx, lab, excluded, corev1.LabelNodeExcludeBalancers, "false")
			expect.Announced(ctx, lab, lab.Topology().Services.First(), everyNode(lab)...)
		})

		Requirement("SVC-034", "an excluded node MUST NOT route service addresses to other nodes, and its pods MUST still reach services", Needs(EnterPods), Label("traffic"), func(ctx SpecContext) {
			excluded, rest := oneAndOthers(lab)
			service := workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeNodePort, Local: true})
			workload.ExcludeFromLoadBalancers(ctx, lab, excluded)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), rest...)
			for _, prefix := range []netip.Prefix{lab.Topology().Services.First(), route.Single(service.ClusterIP)} {
				Expect(observed.NextHops(ctx, lab, excluded, prefix)).To(BeEmpty(), "%s: %s", excluded, prefix)
			}
			pods := workload.Pods(ctx, lab)
			expectAnswer(ctx, pods[excluded], service, service.ClusterIP)
			servers, err := probe.Spread(ctx, pods[excluded], service.Addr(service.ClusterIP), wire.Connections)
			Expect(err).NotTo(HaveOccurred())
			var names []string
			for _, pod := range pods {
				names = append(names, pod.PodName)
			}
			Expect(slices.Collect(maps.Keys(servers))).To(ConsistOf(names), "the pods that answered the pod on %s", excluded)
		})
	})
}

// oneAndOthers picks a node.
func oneAndOthers(lab *suite.Lab) (one string, others []string) {
	all := everyNode(lab)
	one = all[len(all)-1]
	return one, slices.DeleteFunc(all, func(name string) bool { return name == one })
}
