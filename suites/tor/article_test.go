package tor

import (
	"context"
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/calicoctl"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// Exit statuses of curl (curl(1), EXIT CODES).
const (
	curlAnswered    = 0
	curlUnconnected = 7 // failed to connect: a router on the way says that it has no route
	curlTimedOut    = 28
)

// article is article 2 on its own topology, with its own files: the mode's BGPPeer with the
// first switch makes way for the article's.
func article(lab *suite.Lab) {
	Context("article 2", Needs(Calicoctl), Label("article", "changes"), func() {
		Requirement("TOR-140", "article 2's files, applied unchanged, MUST announce and withdraw its ranges, and the exit status of curl outside follow at each step", Needs(Clients), Label("traffic", "routes"), func(ctx SpecContext) {
			client := lab.Topology().ByRole(topology.Client)[0].Name
			replicas := nodes(lab)[1:]
			deployment := workload.NewDeployment(ctx, lab, len(replicas), workload.OnNodes(replicas...), workload.OnePerNode())
			service := workload.NewService(ctx, lab, workload.ServiceOptions{Deployment: deployment})
			deployment.Ready(ctx)
			services, external := lab.Topology().Services.First(), lab.Topology().ExternalIPs.First()
			peerByArticle(ctx, lab)
			Expect(curl(ctx, lab, client, service.Addr(service.ClusterIP))).To(Equal(curlUnconnected), "curl of the cluster IP before it is announced")

			By("announcing cluster IPs: the range over all nodes")
			applyArticle(ctx, lab, "service-cluster-ips.yaml")
			expect.Announced(ctx, lab, services, nodes(lab)...)
			Eventually(curl).WithContext(ctx).WithArguments(lab, client, service.Addr(service.ClusterIP)).Should(Equal(curlAnswered), "curl of the cluster IP")

			By("type NodePort with externalTrafficPolicy Local: the single address over the nodes that run it")
			service.Update(ctx, func(s *corev1.Service) {
				s.Spec.Type, s.Spec.ExternalTrafficPolicy = corev1.ServiceTypeNodePort, corev1.ServiceExternalTrafficPolicyLocal
			})
			expect.Announced(ctx, lab, route.Single(service.ClusterIP), replicas...)
			Expect(curl(ctx, lab, client, service.Addr(service.ClusterIP))).To(Equal(curlAnswered), "curl of the cluster IP")

			By("the article's calicoctl create of what is there: refused, and nothing changes")
			answer := calicoctl.Command(ctx, lab, nodes(lab)[0], string(file("service-external-ips.yaml")), "calicoctl", "create", "-f", "-")
			Expect(answer.Status).NotTo(BeZero(), "calicoctl create")
			expect.Announced(ctx, lab, services, nodes(lab)...)

			By("announcing external IPs instead: the cluster IPs are withdrawn")
			applyArticle(ctx, lab, "service-external-ips.yaml")
			expect.Announced(ctx, lab, services)
			expect.Announced(ctx, lab, route.Single(service.ClusterIP))
			expect.Announced(ctx, lab, external, nodes(lab)...)
			Expect(curl(ctx, lab, client, service.Addr(service.ClusterIP))).To(Equal(curlUnconnected), "curl of the cluster IP: no switch has a route any more")
			address := workload.ExternalIP(lab, 180)
			Expect(curl(ctx, lab, client, service.Addr(address))).To(Equal(curlTimedOut), "curl of an external IP that no service has: nodes drop it")

			By("giving the service an external IP")
			service.Update(ctx, func(s *corev1.Service) { s.Spec.ExternalIPs = []string{address.String()} })
			expect.Announced(ctx, lab, route.Single(address), replicas...)
			Eventually(curl).WithContext(ctx).WithArguments(lab, client, service.Addr(address)).Should(Equal(curlAnswered), "curl of the external IP")
		})

		Requirement("TOR-141", "after article 2's BGPPeer calicoctl node status MUST show the article's switch as a peer of type global beside the mesh", Label("sessions"), func(ctx SpecContext) {
			peerByArticle(ctx, lab)
			for _, node := range nodes(lab) {
				want := []calicoctl.Peer{}
				for _, tor := range lab.Topology().Leaves() {
					want = append(want, calicoctl.Peer{Address: tor.RouterID, Type: session.Global, Established: true})
				}
				for _, other := range lab.Topology().Nodes() {
					if other.Name != node {
						want = append(want, calicoctl.Peer{Address: other.Address(), Type: session.NodeToNodeMesh, Established: true})
					}
				}
				Eventually(calicoctl.Status).WithContext(ctx).WithArguments(lab, node).Should(ConsistOf(want), "calicoctl node status on %s", node)
			}
			calicoctl.ExpectStatus(ctx, lab, nodes(lab)...)
		})
	})
}

// peerByArticle replaces the mode's BGPPeer with the first switch by the article's, until the
// spec ends.
func peerByArticle(ctx SpecContext, lab *suite.Lab) {
	GinkgoHelper()
	lab.RestoreDesign(ctx)
	lab.DeleteBGPPeer(ctx, tors(lab)[0])
	applyArticle(ctx, lab, "bgppeer-global-64512.yaml")
	settled(ctx, lab)
}

func applyArticle(ctx SpecContext, lab *suite.Lab, name string) {
	GinkgoHelper()
	calicoctl.Apply(ctx, lab, nodes(lab)[0], file(name))
}

// file is one of article 2's.
func file(name string) []byte {
	GinkgoHelper()
	data, err := fixtures.ArticleFile(2, name)
	Expect(err).NotTo(HaveOccurred())
	return data
}

// curl is the exit status of curl -m, as the article runs it, with a shorter time.
func curl(ctx context.Context, lab *suite.Lab, host string, to netip.AddrPort) (int, error) {
	return probe.CurlStatus(ctx, lab.Lab, host, to, 2*time.Second)
}
