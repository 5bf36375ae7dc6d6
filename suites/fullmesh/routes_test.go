package fullmesh

import (
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// idle is how long a table at rest is watched: more than four of BIRD's scans of the
// kernel's table (scan time 2). Felix has nothing to look for here: it owns none of the
// routes between nodes.
const idle = 10 * time.Second

// routes are requirements A3, A4, D1, D6 and K7.
func routes(lab *suite.Lab) {
	Context("routes", Label("routes"), func() {
		Requirement("MESH-010", "a node MUST have exactly one route to each remote block, by BIRD, via the node that owns the block", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.RemoteBlocks(lab))).WithContext(ctx).Should(expect.Agree())
			expect.BlockRoutes(ctx, lab, lab.Topology().Nodes(), topology.AllPairs, expect.TheOwner)
			for _, p := range observed.NodePairs(ctx, lab, topology.AllPairs) {
				for _, block := range p.To.Blocks {
					r := observed.RouteTo(ctx, lab, p.From.Name, block)
					Expect(r.Origin).To(Equal(route.OriginBIRD), "%s: %s", p.From.Name, r)
				}
			}
		})

		Requirement("MESH-011", "a node MUST have a blackhole route for each of its own blocks and for no other", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.OwnBlocks(lab))).WithContext(ctx).Should(expect.Agree())
			for _, n := range observed.Nodes(ctx, lab) {
				var dropped []netip.Prefix
				for _, r := range observed.Table(ctx, lab, n.Name) {
					if r.Kind == route.Blackhole {
						dropped = append(dropped, r.Prefix)
					}
				}
				Expect(dropped).To(ConsistOf(n.Blocks), "blackhole routes of %s", n.Name)
			}
		})

		Requirement("MESH-012", "a node MUST have no route into the pod network but those to blocks and to its own pods", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
			expect.NoOtherPodRoutes(ctx, lab, lab.Topology().Nodes()...)
		})

		Requirement("MESH-013", "BIRD MUST put nothing into the kernel but routes to blocks", func(ctx SpecContext) {
			Eventually(expect.Routes(lab, fromBIRD)).WithContext(ctx).Should(expect.Agree())
			tables, err := observe.KernelTables(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			for host, table := range tables {
				Expect(table.From(route.OriginBIRD).Without(lab.Topology().Pods...)).To(BeEmpty(), host)
			}
		})

		Requirement("MESH-014", "a node MUST export its own blocks to every peer, and no block that it does not own", func(ctx SpecContext) {
			expect.OwnBlocksExported(ctx, lab)
		})

		Requirement("MESH-015", "every BGP next hop MUST resolve: no route is unreachable", func(ctx SpecContext) {
			Eventually(func() (route.Table, error) {
				var unreachable route.Table
				tables, err := observe.KernelTables(ctx, lab.Lab)
				for _, table := range tables {
					for _, r := range table {
						if r.Kind == route.Unreachable {
							unreachable = append(unreachable, r)
						}
					}
				}
				return unreachable, err
			}).WithContext(ctx).Should(BeEmpty())
		})

		Requirement("MESH-016", "routes MUST NOT change while nothing happens", Label("slow"), func(ctx SpecContext) {
			expect.Quiet(ctx, lab, idle, func() { workload.NewPod(ctx, lab, lab.Topology().Nodes()[0].Name) })
		})
	})
}
