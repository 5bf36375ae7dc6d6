package rackreflector

import (
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/traffic"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// holdTime is the hold time of a leaf's sessions: the lesser of both ends' (RFC 4271,
// section 4.2), which is the leaf's. Somebody who is cut off has sent something before, so
// that it ends no later than this after the cut.
func holdTime(leaf topology.Host) time.Duration {
	if leaf.Software == bird.Name {
		return 5*time.Second + birdTick
	}
	return 3 * time.Second
}

// birdTick is how much later a timer of BIRD may end than it is set: BIRD 1.6 counts whole
// seconds (lib/timer.h).
const birdTick = time.Second

// readSessions is how long it may take to read a router's sessions or paths.
const readSessions = time.Second

// loss is the loss of reflectors of a rack (E4, E6, K1, K6).
func loss(lab *suite.Lab) {
	Context("loss of reflectors", Label("failure"), func() {
		// RRR-040, RRR-041 and RRR-043 are withdrawn: they forbade the loss of one probe, which BIRD
		// may cost when it replaces a route (see ExpectNoTwoLost).
		Requirement("RRR-044", "when the BIRD of one reflector of a rack is killed, no host MUST lose a route, and no two datagrams in a row, 25 ms apart, into, out of and inside the rack be lost", Needs(Clients, EnterPods, RestartComponents), Timing(probe.Late), func(ctx SpecContext) {
			_, racks := begin(ctx, lab)
			began := time.Now()
			meters := traffic.Stream(ctx, flows(ctx, lab, racks))

			lost := racks[0].reflectors[0]
			lab.KillComponent(ctx, lost.Name, suite.BIRD)
			for _, noticing := range append(topology.Names(racks[0].clients), racks[0].leaf.Name) {
				Eventually(observed.SessionState).WithContext(ctx).WithArguments(lab, noticing, lost.Name).ShouldNot(Equal(session.Established))
			}
			meters.ExpectNoTwoLost(ctx)
			// Two snapshots would not see a route that was gone for a moment.
			Expect(lab.LostRoutes(began, topology.Names(lab.Topology().Hosts)...)).To(BeEmpty(), "routes that hosts have lost")
		})

		Requirement("RRR-045", "when a reflector becomes an ordinary node, its leaf MUST have the whole rack's blocks from the other one alone, without two lost datagrams in a row, 25 ms apart", Needs(Clients, EnterPods), Timing(probe.Late), Label("changes"), func(ctx SpecContext) {
			state, racks := begin(ctx, lab)
			meters := traffic.Stream(ctx, flows(ctx, lab, racks))
			lost, left := racks[0].reflectors[0], racks[0].reflectors[1]
			dismiss(ctx, lab, lost)
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Paths(lab, expect.EveryPath)).WithContext(ctx).Should(expect.Agree())
			paths, err := observed.Paths(ctx, lab, racks[0].leaf.Name)
			Expect(err).NotTo(HaveOccurred())
			for _, block := range blocksOf(state, racks[0].nodes()...) {
				Expect(paths.To(block)).NotTo(BeEmpty(), "%s: paths to %s", racks[0].leaf.Name, block)
				Expect(paths.To(block).From(left.Address())).To(Equal(paths.To(block)), "%s: paths to %s", racks[0].leaf.Name, block)
			}
			meters.ExpectNoTwoLost(ctx)
		})

		Requirement("RRR-042", "when a rack has no reflector left, its blocks MUST go from every other host, and the other racks go on", Needs(EnterPods), Label("changes"), func(ctx SpecContext) {
			state, racks := begin(ctx, lab)
			for _, reflector := range racks[0].reflectors {
				dismiss(ctx, lab, reflector)
			}
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			for _, host := range lab.Topology().Hosts {
				for _, owner := range racks[0].nodes() {
					for _, block := range blocksOf(state, owner) {
						if host.Name != owner.Name {
							Expect(observed.NextHops(ctx, lab, host.Name, block)).To(BeEmpty(), "%s: %s", host.Name, block)
						}
					}
				}
			}
			expect.PodsReach(ctx, lab, func(from, to *topology.Host) bool { return from.Rack == racks[1].name && to.Rack == racks[1].name })
		})

		Requirement("RRR-046", "when a reflector is cut off, its leaf MUST notice within the hold time, go on with the other one's paths, and traffic to the other nodes lose no two datagrams in a row, 25 ms apart", Needs(Clients, CutEnds, EnterPods), Timing(probe.Late), func(ctx SpecContext) {
			state, racks := begin(ctx, lab)
			lost := racks[0].reflectors[0]
			meters := traffic.Stream(ctx, flows(ctx, lab, racks))
			lab.CutEnd(ctx, lost.Interfaces[0].Link, lost.Name)
			cut := time.Now()
			Eventually(observed.SessionState).WithContext(ctx).WithTimeout(holdTime(racks[0].leaf)+readSessions).WithArguments(lab, racks[0].leaf.Name, lost.Name).ShouldNot(Equal(session.Established))
			Eventually(func() (path.Paths, error) {
				paths, err := observed.Paths(ctx, lab, racks[0].leaf.Name)
				return paths.From(lost.Address()), err
			}).WithContext(ctx).WithTimeout(max(holdTime(racks[0].leaf)+readSessions-time.Since(cut), 0)).Should(BeEmpty(), "paths that %s has from %s", racks[0].leaf.Name, lost.Name)
			for _, block := range blocksOf(state, racks[0].clients...) {
				Expect(observed.NextHops(ctx, lab, racks[0].leaf.Name, block)).To(ConsistOf(topology.Names(racks[0].clients)), "%s: %s", racks[0].leaf.Name, block)
			}
			meters.ExpectNoTwoLost(ctx)
		})
	})
}

// flows are those between pods of nodes that are no reflectors, inside a rack and
// across racks, and from outside.
func flows(ctx SpecContext, lab *suite.Lab, racks []rack) map[string]traffic.Datagrams {
	GinkgoHelper()
	pods := workload.Pods(ctx, lab)
	client := lab.Topology().ByRole(topology.Client)[0]
	first, second := racks[0].clients[0].Name, racks[1].clients[0].Name
	neighbor := slices.Concat(racks[0].clients[1:], racks[0].reflectors[1:])[0].Name
	return map[string]traffic.Datagrams{
		"across racks":     traffic.BetweenPods(pods[second], pods[first]),
		"across and back":  traffic.BetweenPods(pods[first], pods[second]),
		"inside the rack":  traffic.BetweenPods(pods[neighbor], pods[first]),
		"from the outside": {From: lab.From(client.Name), To: pods[first], Address: pods[first].Address.Addr(), As: client.Address()},
		"to the outside":   {From: pods[first], To: lab.From(client.Name), Address: client.Address(), As: pods[first].Address.Addr()},
	}
}
