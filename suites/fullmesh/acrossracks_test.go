package fullmesh

import (
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	. "github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

// acrossRacks is what a mesh cannot do: nodes know each other's blocks, and the
// leaves between them do not.
func acrossRacks(lab *Lab) {
	Context("across racks", Label("negative"), func() {
		Requirement("MESH-040", "nodes in different racks MUST have mesh sessions over the routed fabric", Label("sessions"), func(ctx SpecContext) {
			Eventually(lab.Sessions).WithContext(ctx).Should(Agree())
		})

		Requirement("MESH-041", "a node MUST route a block of another rack to its leaf, as the block's owner is not on its subnet", Label("routes"), func(ctx SpecContext) {
			Eventually(lab.Routes(remoteBlocks(lab))).WithContext(ctx).Should(Agree())
		})

		Requirement("MESH-042", "leaves and spines MUST hold no route into the pod network", Label("routes"), func(ctx SpecContext) {
			tables, err := observe.KernelTables(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			for _, host := range append(lab.Topology().Leaves(), lab.Topology().Spines()...) {
				Expect(tables[host.Name]).NotTo(BeEmpty(), host.Name)
				Expect(tables[host.Name].Within(lab.Topology().Pods)).To(BeEmpty(), host.Name)
			}
			Eventually(lab.Routes(func(host topology.Host, r route.Route) bool {
				return host.Role == topology.Leaf || host.Role == topology.Spine
			})).WithContext(ctx).Should(Agree())
		})

		Requirement("MESH-043", "pods MUST NOT reach pods of another rack, because the leaf has no route to their blocks", Label("traffic"), func(ctx SpecContext) {
			tables, err := observe.KernelTables(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			pods := lab.Pods(ctx)
			refused := 0
			for _, from := range lab.Topology().Nodes() {
				for _, to := range lab.Topology().Nodes() {
					if from.Rack == to.Rack {
						continue
					}
					_, err := probe.ServerName(ctx, pods[from.Name], pods[to.Name].Address)
					Expect(probe.Unreachable(err)).To(BeTrue(), "from %s to %s: a router has to refuse, got: %v", from.Name, to.Name, err)

					_, err = oracle.Walk(lab.Topology(), tables, from.Name, pods[to.Name].Address.Addr())
					var end *oracle.DeadEnd
					Expect(errors.As(err, &end)).To(BeTrue(), "the tables lead from %s to %s: %v", from.Name, to.Name, err)
					Expect(end.Reason).To(Equal(oracle.NoRoute))
					leaf, ok := lab.Topology().Host(end.Host())
					Expect(ok).To(BeTrue())
					Expect(leaf.Role).To(Equal(topology.Leaf))
					Expect(leaf.Rack).To(Equal(from.Rack))
					AddReportEntry("reason", end.Error())
					refused++
				}
			}
			Expect(refused).To(BeNumerically(">", 0), "the topology has no two racks")
		})

		Requirement("MESH-044", "pods in the same rack MUST reach each other all the same", Label("traffic"), func(ctx SpecContext) {
			pods := lab.Pods(ctx)
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
