package canal

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/wire"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// bulk is how many octets a transfer has: some hundred full segments.
const bulk = 200_000

// pingAll has the pods of all chosen pairs of nodes ping each other, as article 4 does.
func pingAll(ctx SpecContext, lab *suite.Lab, chosen func(from, to *topology.Host) bool) {
	GinkgoHelper()
	for _, p := range workload.PodPairs(ctx, lab, chosen) {
		tried, err := probe.Ping(ctx, p.From, p.To.Address.Addr(), probe.Timeout)
		Expect(err).NotTo(HaveOccurred())
		Expect(tried.Outcome).To(Equal(probe.Answered), "%s", p)
	}
}

// reachability is what the tunnel is for. The server tells the source address that it sees,
// so that a hidden translation fails too.
func reachability(lab *suite.Lab) {
	Context("traffic", Label("traffic"), func() {
		Requirement("CAN-030", "a pod MUST reach pods of other racks with its own address, although the fabric does not know their subnets", Needs(EnterPods), func(ctx SpecContext) {
			expect.NoPodRoutes(ctx, lab, lab.Topology().Leaves()...)
			expect.PodsReach(ctx, lab, topology.AcrossRacks)
		})

		Requirement("CAN-031", "a pod MUST reach pods on the other nodes of its rack with its own address", Needs(EnterPods), func(ctx SpecContext) {
			expect.PodsReach(ctx, lab, topology.WithinRacks)
		})

		Requirement("CAN-032", "a pod MUST answer a ping of the pods on all other nodes", Needs(EnterPods), func(ctx SpecContext) {
			pingAll(ctx, lab, topology.AllPairs)
		})

		Requirement("CAN-033", "a node MUST reach pods of other nodes from the address of flannel.1, to which they can answer", Needs(SendFromNodes), func(ctx SpecContext) {
			pods := workload.Pods(ctx, lab)
			for _, p := range observed.NodePairs(ctx, lab, topology.AllPairs) {
				expect.SeenAs(ctx, lab.From(p.From.Name), pods[p.To.Name], p.From.Blocks[0].Addr())
			}
		})

		Requirement("CAN-034", "an outside client MUST NOT reach pods, as the fabric does not know their subnets", Needs(Clients), Label("negative"), func(ctx SpecContext) {
			expect.ClientsHaveNoWay(ctx, lab)
		})

		Requirement("CAN-035", "an outside client MUST see a pod with its node's address, by flannel's masquerading", Needs(Clients, EnterPods), func(ctx SpecContext) {
			for _, client := range lab.Topology().ByRole(topology.Client) {
				for node, pod := range workload.Pods(ctx, lab) {
					seen, err := probe.SendBulk(ctx, pod, lab.From(client.Name), client.Address(), 1)
					Expect(err).NotTo(HaveOccurred())
					Expect(seen.Client.Addr()).To(Equal(lab.Node(node).Address()), "the pod on %s", node)
				}
			}
		})

		Requirement("CAN-036", "packets between pods on different nodes MUST be in VXLAN between the node IPs on the wire, within a rack too", Needs(CaptureOnNodes, EnterPods), Label("packets"), func(ctx SpecContext) {
			seen, conversations := wire.CapturePods(ctx, lab, lab.Topology().Nodes(), topology.AllPairs)
			for _, c := range conversations {
				Expect(seen).To(c.PassIn(observe.VXLAN))
			}
		})
	})
}

// sizes is what fits through the tunnel, and what becomes of the rest.
func sizes(lab *suite.Lab) {
	Context("sizes", Label("mtu"), func() {
		Requirement("CAN-037", "a pod that sends more at once than flannel.1 takes MUST be told so by its own node, and a large transfer arrive whole, in segments that fit", Needs(EnterPods), func(ctx SpecContext) {
			p := workload.PodPairs(ctx, lab, topology.AcrossRacks)[0]
			room := wire.DeviceOf(lab, p.From.Node, calico.FlannelDevice).MTU
			// A kernel remembers what it was told of a path, and this pod has told nobody yet.
			fresh := workload.NewPod(ctx, lab, p.From.Node)
			sized, err := probe.SendSized(ctx, fresh, p.To, p.To.Address.Addr(), wire.PodDevice(fresh).MTU)
			Expect(err).NotTo(HaveOccurred())
			Expect(sized.TooLong).To(BeTrue(), "%s", sized)
			Expect(sized.PathMTU).To(Equal(room), "%s", sized)
			told := lab.Node(p.From.Node)
			Expect(sized.By).To(BeElementOf(told.Address(), told.Management, observed.Node(ctx, lab, told.Name).Blocks[0].Addr()), "%s", sized)

			for _, p := range workload.PodPairs(ctx, lab, topology.AllPairs) {
				transfer, err := probe.SendBulk(ctx, p.From, p.To, p.To.Address.Addr(), bulk)
				Expect(err).NotTo(HaveOccurred())
				// Whoever has been told of the path tells it to the other end too, as its segment size.
				Expect(transfer.SegmentSize).To(BeNumerically("<", room), "%s: %s", p, transfer)
			}
		})
	})
}
