package nodereflector

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// reachability is what the routes are for.
func reachability(lab *suite.Lab) {
	Context("traffic", Label("traffic"), func() {
		Requirement("NRR-030", "pods on all nodes MUST reach each other with their own addresses", Needs(EnterPods), func(ctx SpecContext) {
			expect.PodsReach(ctx, lab, topology.AllPairs)
		})

		Requirement("NRR-031", "a client outside MUST reach the pods on every node, and be seen with its own address", Needs(Clients), func(ctx SpecContext) {
			expect.ClientsReachPods(ctx, lab)
		})

		Requirement("NRR-032", "traffic between clients' pods MUST go from node to node and pass no reflector", Needs(CaptureOnNodes, EnterPods), func(ctx SpecContext) {
			_, roles := begin(ctx, lab)
			tables, err := observe.KernelTables(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			pods := workload.Pods(ctx, lab)
			captures := wire.CaptureOnNodes(ctx, lab, func(p observe.Packet) bool {
				between := 0
				for _, client := range roles.clients {
					if pod := pods[client.Name].Address.Addr(); p.Source == pod || p.Destination == pod {
						between++
					}
				}
				return between == 2
			})
			for _, from := range roles.clients {
				for _, to := range roles.clients {
					if from.Name == to.Name {
						continue
					}
					ways, err := oracle.Walk(lab.Topology(), tables, from.Name, pods[to.Name].Address.Addr())
					Expect(err).NotTo(HaveOccurred())
					Expect(ways).To(Equal([]oracle.Path{{from.Name, to.Name}}), "by the kernels' tables, from %s to the pod on %s", from.Name, to.Name)
					Expect(probe.ServerName(ctx, pods[from.Name], pods[to.Name].Address)).To(Equal(pods[to.Name].PodName))
				}
			}
			packets := captures.Stop().ByHost()
			for _, client := range roles.clients {
				Expect(packets[client.Name]).NotTo(BeEmpty(), "packets between clients' pods at %s", client.Name)
			}
			for _, reflector := range roles.reflectors {
				Expect(packets[reflector.Name]).To(BeEmpty(), "packets between clients' pods at %s", reflector.Name)
			}
		})
	})
}
