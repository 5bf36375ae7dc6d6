package tor

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
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
		Requirement("TOR-020", "a client outside MUST reach the pods on every node without an overlay, and be seen with its own address", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			pods := map[netip.Addr]string{}
			for _, pod := range workload.Pods(ctx, lab) {
				pods[pod.Address.Addr()] = pod.Node
			}
			captures := wire.CaptureOnNodes(ctx, lab, func(p observe.Packet) bool { return pods[p.Source] != "" || pods[p.Destination] != "" })
			expect.ClientsReachPods(ctx, lab)
			for node, packets := range captures.Stop().ByHost() {
				got, sent := 0, 0
				for _, p := range packets {
					Expect(p.Outer).To(BeNil(), "%s: %s", node, p)
					switch node {
					case pods[p.Destination]:
						got++
					case pods[p.Source]:
						sent++
					}
				}
				Expect(min(got, sent)).To(BeNumerically(">", 0), "packets to and from the pod on %s, of %d", node, len(packets))
			}
		})

		Requirement("TOR-021", "pods on all nodes MUST reach each other with their own addresses", Needs(EnterPods), func(ctx SpecContext) {
			expect.PodsReach(ctx, lab, topology.AllPairs)
		})
	})
}
