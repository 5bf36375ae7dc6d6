package serviceips

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	corev1 "k8s.io/api/core/v1"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// article is article 2, "service IP advertisement", step by step: two replicas on
// two nodes, cluster IPs announced, then externalTrafficPolicy Local, then external
// IPs instead of cluster IPs.
func article(lab *suite.Lab) {
	Context("article 2", Label("article", "traffic", "changes"), func() {
		Requirement("SVC-080", "article 2's curls from outside MUST answer and fail as it shows, step by step", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			client := lab.From(lab.Topology().ByRole(topology.Client)[0].Name)
			replicas := everyNode(lab)[1:3]
			deployment := workload.NewDeployment(ctx, lab, len(replicas), workload.OnNodes(replicas...), workload.OnePerNode())
			service := workload.NewService(ctx, lab, workload.ServiceOptions{Deployment: deployment, Type: corev1.ServiceTypeNodePort})
			pods := deployment.Ready(ctx)

			By("announcing cluster IPs: the range by equal cost over all nodes, and curl of the cluster IP answers")
			announce(ctx, lab, announced{cluster: []netip.Prefix{lab.Topology().Services.First()}})
			expect.Announced(ctx, lab, lab.Topology().Services.First(), everyNode(lab)...)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP))
			wire.EveryWayAnswers(ctx, lab, client, service.Addr(service.ClusterIP), everyNode(lab), pods...)

			By("externalTrafficPolicy Local: beside the range the service's address, over exactly the nodes that run it")
			service.Update(ctx, func(s *corev1.Service) { s.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal })
			expect.Announced(ctx, lab, lab.Topology().Services.First(), everyNode(lab)...)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), replicas...)
			wire.EveryWayAnswers(ctx, lab, client, service.Addr(service.ClusterIP), replicas, pods...)

			By("announcing external IPs instead: the cluster IPs are withdrawn, and curl of one fails")
			announce(ctx, lab, announced{external: []netip.Prefix{lab.Topology().ExternalIPs.First()}})
			expect.Announced(ctx, lab, lab.Topology().Services.First())
			expect.Announced(ctx, lab, route.Single(service.ClusterIP))
			expect.Announced(ctx, lab, lab.Topology().ExternalIPs.First(), everyNode(lab)...)
			expectNoAnswer(ctx, client, service, service.ClusterIP)

			By("giving the service an external IP: curl of it answers")
			service.Update(ctx, func(s *corev1.Service) { s.Spec.ExternalIPs = []string{workload.ExternalIP(lab, 180).String()} })
			expect.Announced(ctx, lab, route.Single(workload.ExternalIP(lab, 180)), replicas...)
			wire.EveryWayAnswers(ctx, lab, client, service.Addr(workload.ExternalIP(lab, 180)), replicas, pods...)
		})
	})
}
