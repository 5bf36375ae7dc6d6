package vxlan

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// services are requirements G1, G2 and G16 where the pods' packets travel in VXLAN: the nodes
// peer with their leaves too, which have to know where services are.
func services(lab *suite.Lab) {
	Context("services beside tunnels", Needs(ConfigureRouters), Label("services", "traffic", "changes"), Ordered, ContinueOnFailure, func() {
		var (
			nodes []string
			// server is the last node, which is alone in its rack.
			server, client string
		)
		BeforeAll(func(ctx SpecContext) {
			lab.Ready(ctx)
			nodes = topology.Names(lab.Topology().Nodes())
			server, client = nodes[len(nodes)-1], lab.Topology().ByRole(topology.Client)[0].Name
			lab.SwitchMode(ctx, "vxlanreflector", func(r *calico.Resources) {
				r.BGPConfigurations[0].Spec.ServiceLoadBalancerIPs = []v3.ServiceLoadBalancerIPBlock{{CIDR: lab.Topology().LoadBalancerIPs.First().String()}}
			})
			lab.Ready(ctx)
		})

		Requirement("VXL-100", "a service in a range that all nodes announce MUST answer a client outside over every node, and a node without an endpoint send the connection on in VXLAN, from its tunnel address", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			to, pod := workload.NewLoadBalancer(ctx, lab, 1, server, false)
			expect.Announced(ctx, lab, lab.Topology().LoadBalancerIPs.First(), nodes...)
			wire.AnswersThroughTunnel(ctx, lab, lab.From(client), to, pod, observe.VXLAN)
		})

		Requirement("VXL-101", "with externalTrafficPolicy Local a service MUST be announced by its endpoint's node alone beside the tunnels, and the pod see the client's own address", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			to, pod := workload.NewLoadBalancer(ctx, lab, 2, server, true)
			expect.Announced(ctx, lab, route.Single(to.Addr()), server)
			wire.AnswersAtItsNode(ctx, lab, lab.From(client), to, pod)
		})

		Requirement("VXL-102", "with disableBGPExport leaves and spines MUST lose the routes to blocks, nodes keep theirs through vxlan.calico, and a service go on to answer over every node", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			for _, leaf := range lab.Topology().Leaves() {
				Expect(observed.Table(ctx, lab, leaf.Name).Within(lab.Topology().Pods...)).NotTo(BeEmpty(), "routes of %s to blocks before", leaf.Name)
			}
			began := time.Now()
			lab.ChangeIPPools(ctx, func(spec *v3.IPPoolSpec) { spec.DisableBGPExport = true })
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			expect.NoPodRoutes(ctx, lab, lab.Topology().Leaves()...)
			expect.NoPodRoutes(ctx, lab, lab.Topology().Spines()...)
			Expect(lab.LostRoutes(began, nodes...)).To(BeEmpty(), "routes that nodes have lost")
			for _, p := range observed.NodePairs(ctx, lab, topology.AllPairs) {
				for _, block := range p.To.Blocks {
					Expect(observed.RouteTo(ctx, lab, p.From.Name, block).NextHops).To(ConsistOf(throughTunnel(p.To)), "%s: %s", p.From.Name, block)
				}
			}
			to, pod := workload.NewLoadBalancer(ctx, lab, 3, server, false)
			expect.Announced(ctx, lab, lab.Topology().LoadBalancerIPs.First(), nodes...)
			wire.AnswersThroughTunnel(ctx, lab, lab.From(client), to, pod, observe.VXLAN)
		})
	})
}
