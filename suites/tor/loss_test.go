package tor

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/traffic"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// noticed is how long the outage of a switch that is cut off may last: the hold time
// that it has with everybody (FRR 3 s, BIRD 5 s), and what a connection takes that was
// begun just before that was over (a lost SYN is sent again after 1 s).
const noticed = 7 * time.Second

// loss is requirement F9: two switches, of which one is lost.
func loss(lab *suite.Lab) {
	Context("loss of a switch", Label("failure"), func() {
		cutOff := func(lost int) func(SpecContext) {
			return func(ctx SpecContext) {
				state := begin(ctx, lab)
				gone, left := tors(lab)[lost], tors(lab)[1-lost]
				client := lab.Topology().ByRole(topology.Client)[0].Name
				node := nodes(lab)[0]
				meters := traffic.Meter(ctx, map[string]traffic.Flow{"client to pod": {From: lab.From(client), To: workload.Pods(ctx, lab)[node].Address}})
				lab.CutEnd(ctx, rackLink(lab), gone)
				settled(ctx, lab)
				for _, node := range nodes(lab) {
					Expect(observed.NextHops(ctx, lab, node, outside(lab))).To(ConsistOf(left), "%s: %s", node, outside(lab))
				}
				for _, core := range lab.Topology().Spines() {
					for _, block := range state.Blocks(nodes(lab)...) {
						Expect(observed.NextHops(ctx, lab, core.Name, block)).To(ConsistOf(left), "%s: %s", core.Name, block)
					}
				}
				for name, outage := range meters.Stop(ctx) {
					Expect(outage.Longest).To(BeNumerically("<", noticed), "%s: %s; last error: %v", name, outage, outage.Last)
				}
				expect.ClientsReachPods(ctx, lab)

				By("bringing it back")
				lab.RestoreEnd(ctx, rackLink(lab), gone)
				settled(ctx, lab)
				for _, node := range nodes(lab) {
					Expect(observed.NextHops(ctx, lab, node, outside(lab))).To(ConsistOf(tors(lab)), "%s: %s", node, outside(lab))
				}
			}
		}
		Requirement("TOR-090", "when the first switch is cut off from the rack, nodes and core MUST use the other one within the hold time, and both again when it is back", Needs(Clients, CutEnds), Timing(probe.Late), cutOff(0))
		Requirement("TOR-091", "when the second switch is cut off from the rack, nodes and core MUST use the other one within the hold time, and both again when it is back", Needs(Clients, CutEnds), Timing(probe.Late), cutOff(1))

		Requirement("TOR-092", "when a switch loses its way to the core, nodes MUST take the other one to the outside, and their blocks stay on both", Needs(Clients, CutLinks), func(ctx SpecContext) {
			state := begin(ctx, lab)
			gone, left := tors(lab)[0], tors(lab)[1]
			lab.CutLink(ctx, uplink(lab, gone))
			settled(ctx, lab)
			for _, node := range nodes(lab) {
				Expect(observed.NextHops(ctx, lab, node, outside(lab))).To(ConsistOf(left), "%s: %s", node, outside(lab))
				for _, tor := range tors(lab) {
					for _, block := range state.Blocks(node) {
						Expect(observed.NextHops(ctx, lab, tor, block)).To(ConsistOf(node), "%s: %s", tor, block)
					}
				}
			}
			expect.ClientsReachPods(ctx, lab)
		})
	})
}

// rackLink is the link that joins servers and switches.
func rackLink(lab *suite.Lab) string {
	return lab.Topology().Nodes()[0].Interfaces[0].Link
}

// uplink is the link of a switch to the core.
func uplink(lab *suite.Lab, tor string) string {
	GinkgoHelper()
	host, ok := lab.Topology().Host(tor)
	Expect(ok).To(BeTrue(), tor)
	for _, port := range host.Interfaces {
		if port.Link != rackLink(lab) {
			return port.Link
		}
	}
	Fail(tor + " has no link to the core")
	return ""
}
