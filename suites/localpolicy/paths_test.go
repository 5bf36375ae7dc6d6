package localpolicy

import (
	"maps"
	"net/netip"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// connections is how many new connections are made where a hash spreads them: with
// four equal ways, the chance that one of them gets none is below 4 x 0.75^60, one
// in eight million.
const connections = 60

// paths are what leaves and spines make of the next hops.
func paths(lab *suite.Lab) {
	Context("paths", Label("traffic"), func() {
		Requirement("LOC-050", "with Local the pod that answers MUST run on the node that the fabric delivered the connection to", Needs(CaptureOnNodes, Clients, SendFromNodes), func(ctx SpecContext) {
			_, from := client(lab)
			to := reached(ctx, lab, nil, 80)
			waitForAnswersFrom(ctx, lab, to)
			nodeOf := map[string]string{}
			for _, pod := range workload.Pods(ctx, lab) {
				nodeOf[pod.PodName] = pod.Node
			}
			captures := wire.CaptureOnNodes(ctx, lab, func(p observe.Packet) bool { return p.To() == to && p.Opens() && p.Direction == observe.Received })
			answers := map[netip.AddrPort]string{}
			for range connections {
				answer, err := probe.Ask(ctx, from, to)
				Expect(err).NotTo(HaveOccurred())
				answers[answer.Local] = nodeOf[answer.Server]
			}
			entered := map[netip.AddrPort][]string{}
			for node, packets := range captures.Stop().ByHost() {
				for _, p := range packets {
					if !slices.Contains(entered[p.From()], node) {
						entered[p.From()] = append(entered[p.From()], node)
					}
				}
			}
			for flow, node := range answers {
				Expect(entered[flow]).To(ConsistOf(node), "the nodes that the connection from %s came to, which a pod on %s answered", flow, node)
			}
		})

		Requirement("LOC-051", "with Cluster a connection MUST be answered by a pod on another node too than the one that it came to", Needs(CaptureOnNodes, Clients, SendFromNodes), func(ctx SpecContext) {
			_, from := client(lab)
			chosen := nodesOf(lab)[0][0]
			deployment := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(chosen))
			options := localService(deployment)
			options.Local, options.ExternalIPs = false, []netip.Addr{workload.ExternalIP(lab, 81)}
			service := workload.NewService(ctx, lab, options)
			deployment.Ready(ctx)
			to := service.Addr(workload.ExternalIP(lab, 81))
			waitForAnswersFrom(ctx, lab, to)
			captures := wire.CaptureOnNodes(ctx, lab, func(p observe.Packet) bool { return p.To() == to && p.Opens() && p.Direction == observe.Received })
			servers, err := probe.Spread(ctx, from, to, connections)
			Expect(err).NotTo(HaveOccurred())
			Expect(servers).To(HaveLen(1), "the pods that answered")
			entered := map[string]int{}
			for node, packets := range captures.Stop().ByHost() {
				if len(packets) > 0 {
					entered[node] = len(packets)
				}
			}
			Expect(slices.Collect(maps.Keys(entered))).To(ConsistOf(slices.Concat(nodesOf(lab)...)), "the nodes that connections came to")
		})

		Requirement("LOC-052", "connections MUST be spread over all nodes that announce the service", Needs(Clients, SendFromNodes), func(ctx SpecContext) {
			_, from := client(lab)
			to := reached(ctx, lab, nil, 82)
			waitForAnswersFrom(ctx, lab, to)
			servers, err := probe.Spread(ctx, from, to, connections)
			Expect(err).NotTo(HaveOccurred())
			AddReportEntry("connections by pod", servers)
			var names []string
			for _, pod := range workload.Pods(ctx, lab) {
				names = append(names, pod.PodName)
			}
			Expect(slices.Collect(maps.Keys(servers))).To(ConsistOf(names), "the pods that answered")
		})

		Requirement("LOC-053", "connections from a rack with an endpoint MUST be answered inside the rack", Needs(SendFromSwitches), func(ctx SpecContext) {
			racks := nodesOf(lab)
			chosen := []string{racks[0][0], racks[1][0]}
			deployment := workload.NewDeployment(ctx, lab, len(chosen), workload.OnNodes(chosen...), workload.OnePerNode())
			to := reached(ctx, lab, deployment, 83)
			nodeOf := map[string]string{}
			for _, pod := range deployment.Ready(ctx) {
				nodeOf[pod.PodName] = pod.Node
			}
			expect.Announced(ctx, lab, route.Single(to.Addr()), chosen...)
			for i, leaf := range lab.Topology().Leaves() {
				Eventually(probe.Attempt).WithContext(ctx).WithArguments(lab.From(leaf.Name), to, probe.Silence).Should(Equal(probe.Answered), "from %s", leaf.Name)
				servers, err := probe.Spread(ctx, lab.From(leaf.Name), to, connections/6)
				Expect(err).NotTo(HaveOccurred())
				for server := range servers {
					Expect(nodeOf[server]).To(Equal(chosen[i]), "the node of the pod that answered %s", leaf.Name)
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
