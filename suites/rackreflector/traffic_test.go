package rackreflector

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

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
		Requirement("RRR-030", "pods in a rack MUST reach each other with their own addresses", Needs(EnterPods), func(ctx SpecContext) {
			expect.PodsReach(ctx, lab, func(from, to *topology.Host) bool { return from.Rack == to.Rack })
		})

		Requirement("RRR-031", "pods in different racks MUST reach each other with their own addresses", Needs(EnterPods), func(ctx SpecContext) {
			expect.PodsReach(ctx, lab, func(from, to *topology.Host) bool { return from.Rack != to.Rack })
		})

		Requirement("RRR-032", "a client outside MUST reach the pods on every node, and be seen with its own address", Needs(Clients), func(ctx SpecContext) {
			expect.ClientsReachPods(ctx, lab)
		})

		Requirement("RRR-033", "without nextHopMode Keep a connection from outside the rack to a pod on a node that is no reflector MUST be seen to lose packets at a reflector, and with it to pass none", Needs(CaptureOnNodes, Clients, SendFromNodes), Label("negative", "changes"), func(ctx SpecContext) {
			state, racks := begin(ctx, lab)
			expect.ServiceRules(ctx, lab)
			client, pods := lab.Topology().ByRole(topology.Client)[0], workload.Pods(ctx, lab)
			for _, r := range racks {
				outcome, got, passedOn := atReflectors(ctx, lab, r, client, pods[r.clients[0].Name])
				Expect(outcome).To(Equal(probe.Answered), "from %s to the pod on %s, with nextHopMode Keep", client.Name, r.clients[0].Name)
				Expect(got+passedOn).To(BeZero(), "packets for the pod on %s that reflectors of %s saw, with nextHopMode Keep", r.clients[0].Name, r.name)
			}

			changeLeafPeers(ctx, lab, state, func(spec *v3.BGPPeerSpec) { spec.NextHopMode = nil })
			Eventually(expect.Sessions(lab)).WithContext(ctx).Should(expect.Agree())
			Eventually(expect.Routes(lab, expect.Everything)).WithContext(ctx).Should(expect.Agree())
			tables, err := observe.KernelTables(ctx, lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			for _, r := range racks {
				inside := pods[r.clients[0].Name]

				By("following the tables: a reflector on the way to the pod, none on the way back")
				there, err := oracle.Walk(lab.Topology(), tables, client.Name, inside.Address.Addr())
				Expect(err).NotTo(HaveOccurred())
				Expect(there).To(HaveLen(len(r.reflectors)), "ways from %s to the pod on %s", client.Name, inside.Node)
				for _, way := range there {
					Expect(way).To(ContainElement(BeElementOf(topology.Names(r.reflectors))), "the way from %s to the pod on %s", client.Name, inside.Node)
				}
				back, err := oracle.Walk(lab.Topology(), tables, inside.Node, client.Address())
				Expect(err).NotTo(HaveOccurred())
				for _, way := range back {
					Expect(way).NotTo(ContainElement(BeElementOf(topology.Names(r.reflectors))), "the way from the pod on %s to %s", inside.Node, client.Name)
				}

				By("connecting: the reflector's conntrack does not see the answers, and kube-proxy drops what is invalid to it")
				// The outcome is luck: a retransmission may still get through.
				_, got, passedOn := atReflectors(ctx, lab, r, client, inside)
				Expect(passedOn).To(BeNumerically(">", 0), "packets for the pod on %s that reflectors of %s passed on", inside.Node, r.name)
				Expect(got).To(BeNumerically(">", passedOn), "packets for the pod on %s that reflectors of %s got", inside.Node, r.name)
			}
		})
	})
}

// atReflectors makes a connection from outside to a pod, tells what became of it, and
// counts the packets to the pod that the reflectors of its rack got and passed on.
func atReflectors(ctx SpecContext, lab *suite.Lab, r rack, client topology.Host, pod workload.Pod) (outcome probe.Outcome, got, passedOn int) {
	GinkgoHelper()
	captures := wire.CaptureOnNodes(ctx, lab, func(p observe.Packet) bool { return p.To() == pod.Address && p.Source == client.Address() })
	outcome, err := probe.Attempt(ctx, lab.From(client.Name), pod.Address, probe.Timeout)
	Expect(err).NotTo(HaveOccurred())
	packets := captures.Stop().ByHost()
	for _, reflector := range r.reflectors {
		for _, p := range packets[reflector.Name] {
			switch p.Direction {
			case observe.Received:
				got++
			case observe.Sent:
				passedOn++
			}
		}
	}
	return outcome, got, passedOn
}
