package tor

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/traffic"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// restartTime is how long switches keep the routes of a node that is gone, in the
// spec that waits for the end of it (Calico's default is BIRD's, 120 s).
const restartTime = 3 * time.Second

const (
	// birdTick is how much earlier or later a timer of BIRD may end than it is set: BIRD 1.6
	// counts whole seconds (lib/timer.h).
	birdTick = time.Second
	// flushed is how long after the restart time a switch's last route may go: the timer and
	// the flush that follows from it wait for BIRD's next second each, and so may have what
	// they are counted from (see NRR-043).
	flushed = 3 * birdTick
	// atOnce is what "at once" means: the kernel closes the connection of a BIRD that is
	// killed, so that the switches wait for no timer.
	atOnce = time.Second
)

// kept bounds how long a switch keeps the routes of a node that is gone. FRR's timers are
// exact: what it does at their end is done at once.
func kept(lab *suite.Lab, tor string) (least, most time.Duration) {
	if host, _ := lab.Topology().Host(tor); host.Software == frr.Name {
		return restartTime, restartTime + atOnce
	}
	return restartTime - birdTick, restartTime + flushed
}

// restarts are requirements K1, K3 and F18.
func restarts(lab *suite.Lab) {
	Context("graceful restart", Label("failure"), func() {
		Requirement("TOR-030", "when a node's BIRD is killed, the switches MUST keep its routes, and no probe from outside to its pods be lost until it is back", Needs(Clients, RestartComponents), Timing(probe.Late), func(ctx SpecContext) {
			state := begin(ctx, lab)
			node := nodes(lab)[0]
			client := lab.Topology().ByRole(topology.Client)[0].Name
			meters := traffic.Meter(ctx, map[string]traffic.Flow{"client to pod": {From: lab.From(client), To: workload.Pods(ctx, lab)[node].Address}})
			lab.KillComponent(ctx, node, suite.BIRD)
			for _, tor := range tors(lab) {
				Eventually(observed.SessionState).WithContext(ctx).WithArguments(lab, tor, node).ShouldNot(Equal(session.Established))
				for _, block := range state.Blocks(node) {
					Expect(observed.NextHops(ctx, lab, tor, block)).To(ConsistOf(node), "%s: %s", tor, block)
				}
			}
			lab.StartComponent(ctx, node, suite.BIRD)
			settled(ctx, lab)
			meters.ExpectNoLoss(ctx)
		})

		Requirement("TOR-031", "without graceful restart on the switches they MUST drop the node's routes at once, within a second", Needs(ConfigureRouters, RestartComponents), Timing(probe.Late), Label("changes"), func(ctx SpecContext) {
			state := begin(ctx, lab)
			lab.ConfigureRouters(ctx, func(plan map[string]*fabric.Router) {
				for _, tor := range tors(lab) {
					plan[tor].ForgetRestarting = true
				}
			})
			settled(ctx, lab)
			node := nodes(lab)[0]
			lab.KillComponent(ctx, node, suite.BIRD)
			killed := time.Now()
			for _, tor := range tors(lab) {
				for _, block := range state.Blocks(node) {
					Eventually(observed.NextHops).WithContext(ctx).WithTimeout(max(atOnce-time.Since(killed), 0)).WithArguments(lab, tor, block).Should(BeEmpty(), "%s: %s", tor, block)
				}
			}
		})

		Requirement("TOR-032", "maxRestartTime MUST be how long the switches keep the routes of a node whose BIRD does not come back", Needs(RestartComponents), Timing(probe.Late), Label("changes"), func(ctx SpecContext) {
			state := begin(ctx, lab)
			// A restart time does not show anywhere. The filter comes with it, and its
			// effect shows.
			management := lab.Topology().Management.Prefix
			lab.ApplyBGPFilter(ctx, filter, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{rule(v3.Accept, v3.Equal, management)}})
			changeToRPeers(ctx, lab, func(spec *v3.BGPPeerSpec) {
				spec.MaxRestartTime, spec.Filters = &metav1.Duration{Duration: restartTime}, []string{filter}
			})
			settled(ctx, lab)
			for _, tor := range tors(lab) {
				Expect(observed.NextHops(ctx, lab, tor, management)).To(ConsistOf(nodes(lab)), "%s: %s", tor, management)
			}
			node := nodes(lab)[0]
			began := time.Now()
			lab.KillComponent(ctx, node, suite.BIRD)
			killed := time.Now()
			left := map[string][]netip.Prefix{}
			for _, tor := range tors(lab) {
				left[tor] = state.Blocks(node)
				Expect(left[tor]).NotTo(BeEmpty(), "blocks of %s", node)
			}
			// All at once: looks one after the other would give the last one more time.
			for len(left) > 0 {
				for _, tor := range slices.Sorted(maps.Keys(left)) {
					least, most := kept(lab, tor)
					left[tor] = slices.DeleteFunc(left[tor], func(block netip.Prefix) bool {
						hops, err := observed.NextHops(ctx, lab, tor, block)
						Expect(err).NotTo(HaveOccurred())
						if len(hops) > 0 {
							Expect(hops).To(ConsistOf(node), "%s: %s", tor, block)
							return false
						}
						Expect(time.Since(began)).To(BeNumerically(">", least), "how long %s kept %s", tor, block)
						AddReportEntry(tor+" kept "+block.String(), time.Since(began).Round(time.Millisecond).String())
						return true
					})
					Expect(time.Since(killed)).To(BeNumerically("<", most), "how long %s kept %v", tor, left[tor])
					if len(left[tor]) == 0 {
						delete(left, tor)
					}
				}
			}
		})
	})
}
