package caliconode

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/observe"
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

const (
	// pause is how long a calico-node is away, much longer than a restart of it takes.
	pause = 5 * time.Second
	// restartTime is how long nodes keep the routes of one that is gone, in the spec that
	// waits for the end of it (Calico's default is BIRD's, 120 s).
	restartTime = 5 * time.Second
	// birdTick is how much earlier or later a timer of BIRD may end than it is set: BIRD 1.6
	// counts whole seconds (lib/timer.h).
	birdTick = time.Second
	// flushed is how long after the restart time the last route may go (see TOR-032).
	flushed = 3 * birdTick
)

// away is a calico-node that is deleted and does not come back at once.
func away(lab *suite.Lab) {
	Context("deleted", Label("failure"), func() {
		Requirement("NODE-010", "while a node's calico-node is away, a host MUST NOT lose a route, and two datagrams in a row, 25 ms apart, from and to its pods MUST NOT be lost", Needs(EnterPods, RestartCalicoNodes), Timing(probe.Late), func(ctx SpecContext) {
			node := lastNode(lab)
			streams := traffic.MeterPods(ctx, workload.PodPairs(ctx, lab, func(from, to *topology.Host) bool { return from.Name == node || to.Name == node })...)
			began := time.Now()
			lab.EndCalicoNode(ctx, node)
			for _, peer := range otherNodes(lab, node) {
				Eventually(observed.SessionState).WithContext(ctx).WithArguments(lab, peer, node).ShouldNot(Equal(session.Established))
			}
			lost := func() []string { return lab.LostRoutes(began, topology.Names(lab.Topology().Hosts)...) }
			Consistently(lost).WithContext(ctx).WithTimeout(pause).Should(BeEmpty(), "routes that hosts have lost")
			lab.StartCalicoNode(ctx, node, nil)
			expect.Ready(ctx, lab, node)
			expect.Settled(ctx, lab)
			streams.ExpectNoTwoLost(ctx)
			Expect(lost()).To(BeEmpty(), "routes that hosts have lost")
		})

		Requirement("NODE-011", "a node whose calico-node stays away for longer than the mesh's restart time MUST lose its routes on all other nodes, MUST keep its own, and the whole MUST be as it was when it is back", Needs(RestartCalicoNodes), Label("changes"), Timing(probe.Late), func(ctx SpecContext) {
			reconfigured(ctx, lab, func() {
				lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
					spec.NodeMeshMaxRestartTime = &metav1.Duration{Duration: restartTime}
				})
			})
			expect.Settled(ctx, lab)
			state, err := lab.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			node := lastNode(lab)
			began := time.Now()
			lab.EndCalicoNode(ctx, node)
			ended := time.Now()
			left := map[string][]netip.Prefix{}
			for _, peer := range otherNodes(lab, node) {
				left[peer] = state.Blocks(node)
				Expect(left[peer]).NotTo(BeEmpty(), "blocks of %s", node)
			}
			// All at once: looks one after the other would give the last one more time.
			for len(left) > 0 {
				for _, peer := range slices.Sorted(maps.Keys(left)) {
					left[peer] = slices.DeleteFunc(left[peer], func(block netip.Prefix) bool {
						hops, err := observed.NextHops(ctx, lab, peer, block)
						Expect(err).NotTo(HaveOccurred())
						if len(hops) > 0 {
							return false
						}
						Expect(time.Since(began)).To(BeNumerically(">", restartTime-birdTick), "how long %s kept %s", peer, block)
						return true
					})
					if len(left[peer]) == 0 {
						delete(left, peer)
					}
				}
				Expect(time.Since(ended)).To(BeNumerically("<", restartTime+flushed), "how long %v kept routes", left)
			}
			Expect(lab.LostRoutes(began, node)).To(BeEmpty(), "routes that the node without calico-node has lost")
			lab.StartCalicoNode(ctx, node, nil)
			expect.Ready(ctx, lab, node)
			expect.Settled(ctx, lab)
		})
	})
}

// lastNode is the node that specs take which need one.
func lastNode(lab *suite.Lab) string {
	nodes := topology.Names(lab.Topology().Nodes())
	return nodes[len(nodes)-1]
}

func otherNodes(lab *suite.Lab, node string) []string {
	return slices.DeleteFunc(topology.Names(lab.Topology().Nodes()), func(name string) bool { return name == node })
}

// reconfigured waits until every node's BIRD runs another configuration than before a change.
func reconfigured(ctx SpecContext, lab *suite.Lab, change func()) {
	GinkgoHelper()
	nodes, before := lab.Topology().Nodes(), map[string]observe.BIRDConfiguration{}
	for _, node := range nodes {
		configuration, err := observe.Configuration(lab.At(node.Name), node.Families())
		Expect(err).NotTo(HaveOccurred())
		before[node.Name] = configuration
	}
	began := time.Now()
	change()
	for _, node := range nodes {
		Eventually(func(g Gomega) {
			now, err := observe.Configuration(lab.At(node.Name), node.Families())
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(now.Equal(before[node.Name])).To(BeFalse(), "%s has the configuration of before", node.Name)
			g.Expect(observe.StaleBIRD(ctx, lab.At(node.Name), node.Families(), began)).To(BeEmpty(), node.Name)
		}).WithContext(ctx).Should(Succeed())
	}
}
