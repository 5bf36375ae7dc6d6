package serviceips

import (
	"net/netip"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	. "github.com/rackproof/rackproof/framework/requirement"
	. "github.com/rackproof/rackproof/framework/suite"
)

// exclusion is requirement G8.
func exclusion(lab *Lab) {
	Context("excluded nodes", Label("routes", "changes"), func() {
		Requirement("SVC-030", "a node that is excluded from load balancers MUST withdraw all ranges of service addresses, and go on announcing its blocks", func(ctx SpecContext) {
			state, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			excluded, rest := oneAndOthers(lab)
			lab.ExcludeFromLoadBalancers(ctx, excluded)
			for _, prefix := range []netip.Prefix{lab.Topology().Services, lab.Topology().ExternalIPs, lab.Topology().LoadBalancerIPs} {
				lab.ExpectAnnounced(ctx, prefix, rest...)
			}
			blocks := state.Blocks(excluded)
			Expect(blocks).NotTo(BeEmpty(), "blocks of %s", excluded)
			for _, block := range blocks {
				lab.ExpectAnnounced(ctx, block, excluded)
			}
		})

		Requirement("SVC-031", "an excluded node MUST withdraw the single addresses of a service too, and announce none of a new service", func(ctx SpecContext) {
			excluded, rest := oneAndOthers(lab)
			before := lab.NewService(ctx, ServiceOptions{Type: corev1.ServiceTypeNodePort, Local: true})
			lab.ExpectAnnounced(ctx, Single(before.ClusterIP), everyNode(lab)...)
			lab.ExcludeFromLoadBalancers(ctx, excluded)
			lab.ExpectAnnounced(ctx, Single(before.ClusterIP), rest...)
			after := lab.NewService(ctx, ServiceOptions{Type: corev1.ServiceTypeNodePort, Local: true})
			lab.ExpectAnnounced(ctx, Single(after.ClusterIP), rest...)
		})

		Requirement("SVC-032", "a node whose exclusion ends MUST announce everything again", func(ctx SpecContext) {
			excluded, rest := oneAndOthers(lab)
			service := lab.NewService(ctx, ServiceOptions{Type: corev1.ServiceTypeNodePort, Local: true})
			lab.ExcludeFromLoadBalancers(ctx, excluded)
			lab.ExpectAnnounced(ctx, Single(service.ClusterIP), rest...)
			lab.UnlabelNode(ctx, excluded, corev1.LabelNodeExcludeBalancers)
			lab.ExpectAnnounced(ctx, Single(service.ClusterIP), everyNode(lab)...)
			lab.ExpectAnnounced(ctx, lab.Topology().Services, everyNode(lab)...)
		})

		Requirement("SVC-033", "the exclusion label MUST count with the value true alone", func(ctx SpecContext) {
			excluded, rest := oneAndOthers(lab)
			lab.ExcludeFromLoadBalancers(ctx, excluded)
			lab.ExpectAnnounced(ctx, lab.Topology().Services, rest...)
			lab.LabelNode(ctx, excluded, corev1.LabelNodeExcludeBalancers, "false")
			lab.ExpectAnnounced(ctx, lab.Topology().Services, everyNode(lab)...)
		})

		Requirement("SVC-034", "an excluded node MUST NOT route service addresses to other nodes, and its pods MUST still reach services", Label("traffic"), func(ctx SpecContext) {
			excluded, rest := oneAndOthers(lab)
			service := lab.NewService(ctx, ServiceOptions{Type: corev1.ServiceTypeNodePort, Local: true})
			lab.ExcludeFromLoadBalancers(ctx, excluded)
			lab.ExpectAnnounced(ctx, Single(service.ClusterIP), rest...)
			for _, prefix := range []netip.Prefix{lab.Topology().Services, Single(service.ClusterIP)} {
				Expect(lab.NextHops(ctx, excluded, prefix)).To(BeEmpty(), "%s: %s", excluded, prefix)
			}
			expectAnswer(ctx, lab.Pods(ctx)[excluded], service, service.ClusterIP)
		})
	})
}

// oneAndOthers picks a node.
func oneAndOthers(lab *Lab) (one string, others []string) {
	all := everyNode(lab)
	one = all[len(all)-1]
	return one, slices.DeleteFunc(all, func(name string) bool { return name == one })
}
