package crosssubnet

import (
	. "github.com/onsi/ginkgo/v2"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// services are requirements G1, G2 and G16 where packets between subnets alone are in tunnels: the
// nodes peer with their leaves too, which have to know where services are.
func services(lab *suite.Lab) {
	if lab.RouteOwner() == calico.BIRDOwns {
		return // BIRD has no way to other racks behind a leaf that tells of them (IPIP-081)
	}
	Context("services beside tunnels", Needs(ConfigureRouters), Label("services", "traffic", "changes"), Ordered, ContinueOnFailure, func() {
		var (
			nodes []string
			// server is the first node: its rack has another one.
			server, client string
		)
		BeforeAll(func(ctx SpecContext) {
			lab.Ready(ctx)
			nodes = topology.Names(lab.Topology().Nodes())
			server, client = nodes[0], lab.Topology().ByRole(topology.Client)[0].Name
			lab.SwitchMode(ctx, "crosssubnetreflector", func(r *calico.Resources) {
				r.BGPConfigurations[0].Spec.ServiceLoadBalancerIPs = []v3.ServiceLoadBalancerIPBlock{{CIDR: lab.Topology().LoadBalancerIPs.First().String()}}
			})
			lab.Ready(ctx)
		})

		Requirement("CRS-080", "a service in a range that all nodes announce MUST answer a client outside over every node; a node without an endpoint MUST send the connection on plain and from its node IP within the rack, else inside IP packets and from its tunnel address", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			to, pod := workload.NewLoadBalancer(ctx, lab, 1, server, false)
			expect.Announced(ctx, lab, lab.Topology().LoadBalancerIPs.First(), nodes...)
			wire.AnswersBetweenSubnets(ctx, lab, lab.From(client), to, pod, observe.IPIP)
		})

		Requirement("CRS-081", "with externalTrafficPolicy Local a service MUST be announced by its endpoint's node alone beside the tunnels, and the pod see the client's own address", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			to, pod := workload.NewLoadBalancer(ctx, lab, 2, server, true)
			expect.Announced(ctx, lab, route.Single(to.Addr()), server)
			wire.AnswersAtItsNode(ctx, lab, lab.From(client), to, pod)
		})
	})
}
