package localpolicy

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/traffic"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// handover bounds how long a service may be unreachable when one of its nodes
// comes or goes. There is no promise of none: a node announces the service until
// its endpoint is gone (requirement G12), and on a node that announces it again
// kube-proxy may learn of the endpoint a moment after Calico. The node drops packets
// meanwhile, and a lost SYN is repeated after 1 s only.
const handover = 3 * time.Second

// changes are changes under traffic.
func changes(lab *suite.Lab) {
	Context("changes under traffic", Label("traffic", "changes"), func() {
		Requirement("LOC-060", "when a service grows, clients MUST go on reaching it within the handover", Needs(Clients, SendFromNodes), Timing(probe.Late), func(ctx SpecContext) {
			_, from := client(lab)
			racks := nodesOf(lab)
			deployment := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(racks[0][0], racks[1][0]), workload.OnePerNode())
			to := reached(ctx, lab, deployment, 90)
			deployment.Ready(ctx)
			waitForAnswersFrom(ctx, lab, to)
			meters := traffic.Meter(ctx, map[string]traffic.Flow{"client to service": {From: from, To: to}})
			deployment.Scale(ctx, 2)
			expect.Announced(ctx, lab, route.Single(to.Addr()), nodesWith(deployment.Ready(ctx))...)
			for name, outage := range meters.Stop(ctx) {
				Expect(outage.Longest).To(BeNumerically("<", handover), "%s: %s; last error: %v", name, outage, outage.Last)
			}
		})

		Requirement("LOC-061", "when one of a service's nodes is drained, clients MUST reach the others within the handover", Needs(Clients, SendFromNodes), Timing(probe.Late), func(ctx SpecContext) {
			_, from := client(lab)
			racks := nodesOf(lab)
			drained, stays := racks[0][1], racks[1][1]
			deployment := workload.NewDeployment(ctx, lab, 2, workload.OnNodes(drained, stays), workload.OnePerNode())
			to := reached(ctx, lab, deployment, 90)
			deployment.Ready(ctx)
			waitForAnswersFrom(ctx, lab, to)
			meters := traffic.Meter(ctx, map[string]traffic.Flow{"client to service": {From: from, To: to}})
			workload.Drain(ctx, lab, drained)
			expect.Announced(ctx, lab, route.Single(to.Addr()), stays)
			for name, outage := range meters.Stop(ctx) {
				Expect(outage.Longest).To(BeNumerically("<", handover), "%s: %s; last error: %v", name, outage, outage.Last)
			}
		})
	})
}
