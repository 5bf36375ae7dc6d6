package fullmesh

import (
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// acrossRacks is what a mesh cannot do: nodes know each other's blocks, and the
// leaves between them do not.
func acrossRacks(lab *suite.Lab) {
	Context("across racks", Label("negative"), func() {
		Requirement("MESH-040", "nodes in different racks MUST have mesh sessions over the routed fabric", Label("sessions"), func(ctx SpecContext) {
			expect.Mesh(ctx, lab)
			for _, pair := range pairsAcrossRacks(lab) {
				Expect(observed.SessionState(ctx, lab, pair.from, pair.to)).To(Equal(session.Established), "%s with %s", pair.from, pair.to)
			}
		})

		Requirement("MESH-041", "a node MUST route a block of another rack to its leaf, as the block's owner is not on its subnet", Label("routes"), func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.RemoteBlocks(lab))).WithContext(ctx).Should(expect.Agree())
			expect.BlockRoutes(ctx, lab, lab.Topology().Nodes(), topology.AcrossRacks, func(host, _ topology.Host) []string {
				return []string{leafOf(lab, host.Name)}
			})
		})

		Requirement("MESH-042", "leaves and spines MUST hold no route into the pod network", Label("routes"), func(ctx SpecContext) {
			expect.NoPodRoutes(ctx, lab, append(lab.Topology().Leaves(), lab.Topology().Spines()...)...)
			Eventually(expect.Routes(lab, func(host topology.Host, _ route.Route) bool {
				return host.Role == topology.Leaf || host.Role == topology.Spine
			})).WithContext(ctx).Should(expect.Agree())
		})

		Requirement("MESH-043", "pods MUST NOT reach pods of another rack, because the leaf has no route to their blocks", Needs(EnterPods, SendFromNodes), Label("traffic"), func(ctx SpecContext) {
			tables, err := observe.KernelTables(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			pods := workload.Pods(ctx, lab)
			pairs := pairsAcrossRacks(lab)
			silence := make([]probe.Outcome, len(pairs))
			var attempts errgroup.Group
			for i, pair := range pairs {
				// The leaf's refusal does not reach a pod: it has no route to the pod's
				// block either. So a pod sees silence, and all of them wait together.
				attempts.Go(func() (err error) {
					defer GinkgoRecover()
					silence[i], err = probe.Attempt(ctx, pods[pair.from], pods[pair.to].Address, probe.Timeout)
					return err
				})
			}
			for _, pair := range pairs {
				Expect(probe.Attempt(ctx, lab.From(pair.from), pods[pair.to].Address, probe.Timeout)).To(Equal(probe.Unreachable),
					"from node %s to the pod on %s: the leaf has to refuse", pair.from, pair.to)

				_, err := oracle.Walk(lab.Topology(), tables, pair.from, pods[pair.to].Address.Addr())
				var end *oracle.DeadEnd
				Expect(errors.As(err, &end)).To(BeTrue(), "the tables lead from %s to %s: %v", pair.from, pair.to, err)
				Expect(end.Reason).To(Equal(oracle.NoRoute))
				Expect(end.Host()).To(Equal(leafOf(lab, pair.from)))
				AddReportEntry("reason", end.Error())
			}
			Expect(attempts.Wait()).To(Succeed())
			for i, pair := range pairs {
				Expect(silence[i]).To(Equal(probe.TimedOut), "from the pod on %s to the pod on %s", pair.from, pair.to)
			}
		})

		Requirement("MESH-044", "pods in the same rack MUST still reach each other", Needs(EnterPods), Label("traffic"), func(ctx SpecContext) {
			pods := workload.Pods(ctx, lab)
			for _, from := range lab.Topology().Nodes() {
				for _, to := range lab.Topology().Rack(from.Rack) {
					if to.Role == topology.Node && to.Name != from.Name {
						Expect(probe.ClientAddress(ctx, pods[from.Name], pods[to.Name].Address)).To(Equal(pods[from.Name].Address.Addr()))
					}
				}
			}
		})
	})
}

// pair names two nodes.
type pair struct{ from, to string }

// pairsAcrossRacks are all ordered pairs of nodes in different racks.
func pairsAcrossRacks(lab *suite.Lab) []pair {
	GinkgoHelper()
	var pairs []pair
	for _, from := range lab.Topology().Nodes() {
		for _, to := range lab.Topology().Nodes() {
			if from.Rack != to.Rack {
				pairs = append(pairs, pair{from.Name, to.Name})
			}
		}
	}
	Expect(pairs).NotTo(BeEmpty(), "the topology has two racks")
	return pairs
}

// leafOf is the leaf of a node's rack.
func leafOf(lab *suite.Lab, name string) string {
	GinkgoHelper()
	node, ok := lab.Topology().Host(name)
	Expect(ok).To(BeTrue(), name)
	for _, leaf := range lab.Topology().Leaves() {
		if leaf.Rack == node.Rack {
			return leaf.Name
		}
	}
	Fail("rack " + node.Rack + " has no leaf")
	return ""
}
