package localpolicy

import (
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/traffic"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// handover bounds how long a service may be unreachable when one of its nodes comes or
// goes. There is no promise of none: a node announces the service until its endpoint is
// gone (requirement G12), and on a node that announces it again kube-proxy may learn of the
// endpoint a moment after Calico. Both hear of it from the same EndpointSlice, and have a
// second for it. The node drops packets meanwhile: an attempt that begins at the end of
// that loses its SYN and is given up after 0.95 s.
const handover = 2 * time.Second

// changes are changes under traffic.
func changes(lab *suite.Lab) {
	Context("changes under traffic", Label("traffic", "changes"), func() {
		Requirement("LOC-060", "when a service grows, clients MUST go on reaching it within the handover", Needs(CaptureOnNodes, Clients, SendFromNodes), Timing(probe.Late), func(ctx SpecContext) {
			_, from := client(lab)
			racks := nodesOf(lab)
			deployment := workload.NewDeployment(ctx, lab, 1, workload.OnNodes(racks[0][0], racks[1][0]), workload.OnePerNode())
			to := reached(ctx, lab, deployment, 90)
			deployment.Ready(ctx)
			waitForAnswersFrom(ctx, lab, to)
			meters := traffic.Meter(ctx, map[string]traffic.Flow{"client to service": {From: from, To: to}})
			deployment.Scale(ctx, 2)
			pods := deployment.Ready(ctx)
			expect.Announced(ctx, lab, route.Single(to.Addr()), nodesWith(pods)...)
			wire.EveryWayAnswers(ctx, lab, from, to, nodesWith(pods), pods...)
			meters.ExpectRecovered(ctx, handover)
		})

		Requirement("LOC-061", "when one of a service's nodes is drained, clients MUST reach the others within the handover", Needs(CaptureOnNodes, Clients, SendFromNodes), Timing(probe.Late), func(ctx SpecContext) {
			_, from := client(lab)
			racks := nodesOf(lab)
			drained, stays := racks[0][1], racks[1][1]
			deployment := workload.NewDeployment(ctx, lab, 2, workload.OnNodes(drained, stays), workload.OnePerNode())
			to := reached(ctx, lab, deployment, 90)
			pods := deployment.Ready(ctx)
			waitForAnswersFrom(ctx, lab, to)
			meters := traffic.Meter(ctx, map[string]traffic.Flow{"client to service": {From: from, To: to}})
			workload.Drain(ctx, lab, drained)
			expect.Announced(ctx, lab, route.Single(to.Addr()), stays)
			wire.EveryWayAnswers(ctx, lab, from, to, []string{stays}, pods...)
			meters.ExpectRecovered(ctx, handover)
		})
	})
}
