package nodereflector

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/traffic"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// restartTime is how long neighbours keep the routes of a reflector that is gone,
// in the specs that wait for the end of it (Calico's default is BIRD's, 120 s).
const restartTime = 6 * time.Second

const (
	// birdTick is how much earlier or later a timer of BIRD may end than it is set: BIRD 1.6
	// counts whole seconds (lib/timer.h).
	birdTick = time.Second
	// flushed is how long after the restart time a client's last route may go: the timer and
	// what follows from it wait for BIRD's next second each. By the route log clients lost
	// their routes 1.0 and 2.0 s after it, on a machine with nothing else to do.
	flushed = 3 * birdTick
)

// loss is requirements E4 and E6.
func loss(lab *suite.Lab) {
	Context("loss of a reflector", Label("failure"), func() {
		Requirement("NRR-043", "when the last reflector is killed, its clients MUST keep their routes for its restart time, and lose those to each other's blocks after it", Needs(EnterPods, RestartComponents), Timing(probe.Late), func(ctx SpecContext) {
			state, roles := begin(ctx, lab)
			shortenRestart(ctx, lab)
			meters := traffic.Stream(ctx, betweenClients(ctx, lab, roles))
			lost := loseReflectors(ctx, lab, state, roles)
			meters.ExpectNoTwoLost(ctx)
			lost.expectKept()
			lost.expectFlushed(ctx)
		})

		Requirement("NRR-044", "when no node is a reflector any more, every route to another node's block MUST go, from the leaf too", Label("changes"), func(ctx SpecContext) {
			state, roles := begin(ctx, lab)
			for _, reflector := range roles.reflectors {
				dismiss(ctx, lab, reflector)
			}
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			tables, err := observe.KernelTables(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			toOthers := expect.ToBlocksOfOthers(state)
			for _, host := range lab.Topology().Hosts {
				for _, r := range tables[host.Name] {
					Expect(toOthers(host, r)).To(BeFalse(), "%s: %s", host.Name, r)
				}
			}
		})
	})
}

// shortenRestart gives the reflectors a restart time of restartTime, until the spec ends.
func shortenRestart(ctx SpecContext, lab *suite.Lab) {
	GinkgoHelper()
	// A restart time does not show anywhere. The filter comes with it, and its effect shows.
	lab.ApplyBGPFilter(ctx, "management-too", v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{
		{Action: v3.Accept, MatchOperator: v3.Equal, CIDR: lab.Topology().Management.Prefix.String()},
	}})
	lab.ChangeBGPPeer(ctx, nodesToReflectors, func(spec *v3.BGPPeerSpec) {
		spec.MaxRestartTime = &metav1.Duration{Duration: restartTime}
		spec.Filters = []string{"management-too"}
	})
	Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
	Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
	Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
}

// lossOfAll is the end of all reflectors' BIRDs.
type lossOfAll struct {
	lab           *suite.Lab
	state         oracle.State
	roles         roles
	began, killed time.Time
}

// loseReflectors kills the BIRDs of all reflectors, and waits until their clients have
// noticed.
func loseReflectors(ctx SpecContext, lab *suite.Lab, state oracle.State, roles roles) lossOfAll {
	GinkgoHelper()
	lost := lossOfAll{lab: lab, state: state, roles: roles, began: time.Now()}
	for _, reflector := range roles.reflectors {
		lab.KillComponent(ctx, reflector.Name, suite.BIRD)
	}
	lost.killed = time.Now()
	for _, reflector := range roles.reflectors {
		expectSessionsLost(ctx, lab, roles, reflector)
	}
	Expect(lost.kept(ctx)).To(Equal(lost.all()), "routes between clients")
	return lost
}

// all is how many routes clients have to each other's blocks while a
// reflector runs, and kept how many now.
func (l lossOfAll) all() int { return len(l.roles.clients) * (len(l.roles.clients) - 1) }

func (l lossOfAll) kept(ctx SpecContext) int {
	GinkgoHelper()
	kept, err := routesBetweenClients(ctx, l.lab, l.state, l.roles)
	Expect(err).NotTo(HaveOccurred())
	return kept
}

// expectKept expects that no client has lost a route yet, before the restart time is over.
func (l lossOfAll) expectKept() {
	GinkgoHelper()
	Expect(l.lab.LostRoutes(l.began, topology.Names(l.roles.clients)...)).To(BeEmpty(), "routes that clients have lost in the restart time")
	Expect(time.Since(l.began)).To(BeNumerically("<", restartTime-birdTick), "the time that the look at the routes took")
}

// expectFlushed expects that clients lose their routes to each other's blocks at the end of
// the restart time, and none before it.
func (l lossOfAll) expectFlushed(ctx SpecContext) {
	GinkgoHelper()
	By("waiting for the end of the restart time")
	for kept := l.all(); kept > 0; {
		Expect(time.Since(l.killed)).To(BeNumerically("<", restartTime+flushed), "the time for which clients keep %d routes", kept)
		if kept = l.kept(ctx); kept < l.all() {
			Expect(time.Since(l.began)).To(BeNumerically(">", restartTime-birdTick), "the time after which the first route goes")
		}
	}
}

// betweenClients are flows between the pods of all pairs of nodes that are not
// reflectors.
func betweenClients(ctx SpecContext, lab *suite.Lab, roles roles) map[string]traffic.Datagrams {
	GinkgoHelper()
	pods := workload.Pods(ctx, lab)
	flows := map[string]traffic.Datagrams{}
	for _, from := range roles.clients {
		for _, to := range roles.clients {
			if from.Name != to.Name {
				flows[from.Name+" to "+to.Name] = traffic.BetweenPods(pods[from.Name], pods[to.Name])
			}
		}
	}
	return flows
}

// expectSessionsLost waits until every client has noticed that a reflector is
// gone.
func expectSessionsLost(ctx SpecContext, lab *suite.Lab, roles roles, lost topology.Host) {
	GinkgoHelper()
	for _, client := range roles.clients {
		Eventually(observed.SessionState).WithContext(ctx).WithArguments(lab, client.Name, lost.Name).ShouldNot(Equal(session.Established))
	}
}

// routesBetweenClients counts the routes that clients have to each other's blocks.
func routesBetweenClients(ctx SpecContext, lab *suite.Lab, state oracle.State, roles roles) (int, error) {
	tables, err := observe.KernelTables(ctx, lab.Lab)
	count := 0
	between := expect.ToBlocks(state, func(host, owner topology.Host) bool {
		return host.Name != owner.Name && isOneOf(host, roles.clients) && isOneOf(owner, roles.clients)
	})
	for _, host := range lab.Topology().Nodes() {
		for _, r := range tables[host.Name] {
			if between(host, r) {
				count++
			}
		}
	}
	return count, err
}
