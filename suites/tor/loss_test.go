package tor

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/traffic"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// noticed is how long it may take until everybody uses the other switch when one is cut
// off: the hold time that it has with everybody, which ends no later than this after the
// cut, and for a node's BIRD two of its ticks of a second, that of the timer and that of what
// follows from it. Half a second is for routes to go and come.
func noticed(lab *suite.Lab, gone string) time.Duration {
	const routes = 2*birdTick + 500*time.Millisecond
	if host, _ := lab.Topology().Host(gone); host.Software == bird.Name {
		return 5*time.Second + routes
	}
	return 3*time.Second + routes
}

// lastAttempt is how long an attempt lasts at most that was begun just before a switch
// that is cut off was noticed: see probe.NewMeter.
const lastAttempt = time.Second

// readTables is how long a look at the tables of all hosts may take.
const readTables = time.Second

// loss is requirement F9: two switches, of which one is lost.
func loss(lab *suite.Lab) {
	Context("loss of a switch", Label("failure"), func() {
		cutOff := func(lost int) func(SpecContext) {
			return func(ctx SpecContext) {
				state := begin(ctx, lab)
				gone, left := tors(lab)[lost], tors(lab)[1-lost]
				client := lab.Topology().ByRole(topology.Client)[0].Name
				flows := map[string]traffic.Flow{}
				for node, pod := range workload.Pods(ctx, lab) {
					flows["client to the pod on "+node] = traffic.Flow{From: lab.From(client), To: pod.Address}
				}
				meters := traffic.Meter(ctx, flows)
				lab.CutEnd(ctx, rackLink(lab), gone)
				cut := time.Now()
				within := func() time.Duration { return max(noticed(lab, gone)+readTables-time.Since(cut), 0) }
				Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).WithTimeout(within()).Should(expect.Agree())
				settled(ctx, lab)
				for _, node := range nodes(lab) {
					Expect(observed.NextHops(ctx, lab, node, outside(lab))).To(ConsistOf(left), "%s: %s", node, outside(lab))
				}
				for _, core := range lab.Topology().Spines() {
					for _, block := range state.Blocks(nodes(lab)...) {
						Expect(observed.NextHops(ctx, lab, core.Name, block)).To(ConsistOf(left), "%s: %s", core.Name, block)
					}
				}
				meters.ExpectRecovered(ctx, noticed(lab, gone)+lastAttempt)
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
