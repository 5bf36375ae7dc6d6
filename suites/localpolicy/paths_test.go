package localpolicy

import (
	"maps"
	"net/netip"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// paths are what leaves and spines make of the next hops.
func paths(lab *suite.Lab) {
	Context("paths", Label("traffic"), func() {
		Requirement("LOC-050", "with Local the pod that answers MUST run on the node that the fabric delivered the connection to", Needs(CaptureOnNodes, Clients, SendFromNodes), func(ctx SpecContext) {
			_, from := client(lab)
			to := reached(ctx, lab, nil, 80)
			waitForAnswersFrom(ctx, lab, to)
			for _, c := range wire.EveryWayAnswers(ctx, lab, from, to, slices.Concat(nodesOf(lab)...)) {
				Expect(c.ServerNode).To(Equal(c.Entry), "the node of the pod that answered the connection that came to %s", c.Entry)
			}
		})

		Requirement("LOC-051", "with Cluster a connection MUST be answered by a pod on another node too than the one that it came to", Needs(CaptureOnNodes, Clients, SendFromNodes), func(ctx SpecContext) {
			_, from := client(lab)
			chosen := nodesOf(lab)[0][0]
			deployment := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(chosen))
			options := localService(deployment)
			options.Local, options.ExternalIPs = false, []netip.Addr{workload.ExternalIP(lab, 81)}
			service := workload.NewService(ctx, lab, options)
			pods := deployment.Ready(ctx)
			to := service.Addr(workload.ExternalIP(lab, 81))
			waitForAnswersFrom(ctx, lab, to)
			for _, c := range wire.EveryWayAnswers(ctx, lab, from, to, slices.Concat(nodesOf(lab)...), pods...) {
				Expect(c.ServerNode).To(Equal(chosen), "the node of the pod that answered the connection that came to %s", c.Entry)
			}
		})

		Requirement("LOC-052", "connections MUST be spread over all nodes that announce the service", Needs(Clients, SendFromNodes), func(ctx SpecContext) {
			_, from := client(lab)
			to := reached(ctx, lab, nil, 82)
			waitForAnswersFrom(ctx, lab, to)
			servers, err := probe.Spread(ctx, from, to, wire.Connections)
			Expect(err).NotTo(HaveOccurred())
			AddReportEntry("connections by pod", servers)
			var names []string
			for _, pod := range workload.Pods(ctx, lab) {
				names = append(names, pod.PodName)
			}
			Expect(slices.Collect(maps.Keys(servers))).To(ConsistOf(names), "the pods that answered")
		})

		// LOC-053 is withdrawn: connections from a rack with an endpoint MUST be answered inside
		// the rack. kube-proxy on a node of the rack takes any endpoint, so that the sentence is
		// true of the leaf alone.
		Requirement("LOC-054", "a leaf MUST deliver every connection to a service to the node of its rack that has an endpoint, and the pod there answer, though another rack has one too", Needs(CaptureOnNodes, SendFromSwitches), func(ctx SpecContext) {
			racks := nodesOf(lab)
			chosen := []string{racks[0][0], racks[1][0]}
			deployment := workload.NewDeployment(ctx, lab, len(chosen), workload.OnNodes(chosen...), workload.OnePerNode())
			to := reached(ctx, lab, deployment, 83)
			pods := deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(to.Addr()), chosen...)
			for i, leaf := range lab.Topology().Leaves() {
				for _, c := range wire.EveryWayAnswers(ctx, lab, lab.From(leaf.Name), to, chosen[i:i+1], pods...) {
					Expect(c.ServerNode).To(Equal(chosen[i]), "the node of the pod that answered %s", leaf.Name)
				}
			}
		})
	})
}

// waitForAnswersFrom waits until the service is announced as it has to be and
// kube-proxy knows it on every node that may get a connection.
func waitForAnswersFrom(ctx SpecContext, lab *suite.Lab, to netip.AddrPort) {
	GinkgoHelper()
	for _, node := range lab.Topology().Nodes() {
		Eventually(probe.Attempt).WithContext(ctx).WithArguments(lab.From(node.Name), to, probe.Silence).Should(Equal(probe.Answered), "from %s", node.Name)
	}
	// Not before: the oracle computes with the EndpointSlices that exist, and
	// Kubernetes may be late with one.
	Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
}
