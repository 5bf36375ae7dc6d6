package serviceips

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
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
		Requirement("SVC-070", "a client outside MUST reach a service by its cluster IP", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			service := workload.NewService(ctx, lab, workload.ServiceOptions{})
			for _, client := range lab.Topology().ByRole(topology.Client) {
				expectEveryAnswer(ctx, lab, lab.From(client.Name), service, service.ClusterIP)
			}
		})

		Requirement("SVC-071", "a client outside MUST reach a service by its external IP", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			service := workload.NewService(ctx, lab, workload.ServiceOptions{ExternalIPs: []netip.Addr{workload.ExternalIP(lab, 40)}})
			for _, client := range lab.Topology().ByRole(topology.Client) {
				expectEveryAnswer(ctx, lab, lab.From(client.Name), service, workload.ExternalIP(lab, 40))
			}
		})

		Requirement("SVC-072", "a client outside MUST reach a service by its LoadBalancer IP", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			service := workload.NewService(ctx, lab, workload.ServiceOptions{Type: corev1.ServiceTypeLoadBalancer, LoadBalancerIPs: []netip.Addr{workload.LoadBalancerIP(lab, 40)}})
			for _, client := range lab.Topology().ByRole(topology.Client) {
				expectEveryAnswer(ctx, lab, lab.From(client.Name), service, workload.LoadBalancerIP(lab, 40))
			}
		})

		Requirement("SVC-073", "every node MUST reach a service by all of its addresses that are inside announced ranges", Needs(SendFromNodes), func(ctx SpecContext) {
			service := withAllAddresses(ctx, lab, 41)
			for _, node := range lab.Topology().Nodes() {
				for _, address := range addressesOf(lab, service, 41) {
					expectAnswer(ctx, lab.From(node.Name), service, address)
				}
			}
		})

		Requirement("SVC-074", "a pod on every node MUST reach a service by all of its addresses", Needs(EnterPods), func(ctx SpecContext) {
			service := withAllAddresses(ctx, lab, 42)
			for _, pod := range workload.Pods(ctx, lab) {
				for _, address := range addressesOf(lab, service, 42) {
					expectAnswer(ctx, pod, service, address)
				}
			}
		})

		Requirement("SVC-075", "leaves and spines MUST reach a service by all of its addresses", Needs(CaptureOnNodes, SendFromSwitches), func(ctx SpecContext) {
			service := withAllAddresses(ctx, lab, 43)
			for _, router := range fabricHosts(lab) {
				for _, address := range addressesOf(lab, service, 43) {
					wire.EveryWayAnswers(ctx, lab, lab.From(router.Name), service.Addr(address), below(lab, router))
				}
			}
		})

		Requirement("SVC-076", "an address of an announced range that no service has MUST be dropped by the node that it reaches, and not go round in the fabric", Needs(CaptureOnNodes, Clients), func(ctx SpecContext) {
			client := lab.Topology().ByRole(topology.Client)[0]
			nobody := netip.AddrPortFrom(workload.ExternalIP(lab, 50), 80)
			captures := wire.CaptureOnNodes(ctx, lab, func(p observe.Packet) bool { return p.To() == nobody && p.Source == client.Address() })
			Expect(probe.Attempt(ctx, lab.From(client.Name), nobody, probe.Silence)).To(Equal(probe.TimedOut))
			entered, left := 0, 0
			for _, packets := range captures.Stop() {
				for _, p := range packets {
					switch p.Direction {
					case observe.Received:
						entered++
					case observe.Sent:
						left++
					}
				}
			}
			Expect(entered).To(BeNumerically(">", 0), "packets that came to a node")
			Expect(left).To(BeZero(), "packets that a node sent back into the fabric")
		})
	})
}

// withAllAddresses makes a service that has a cluster IP, an external IP and a
// LoadBalancer IP, the nth of each range.
func withAllAddresses(ctx SpecContext, lab *suite.Lab, n int) *workload.Service {
	GinkgoHelper()
	return workload.NewService(ctx, lab, workload.ServiceOptions{
		Type: corev1.ServiceTypeLoadBalancer, ExternalIPs: []netip.Addr{workload.ExternalIP(lab, n)}, LoadBalancerIPs: []netip.Addr{workload.LoadBalancerIP(lab, n)},
	})
}

func addressesOf(lab *suite.Lab, service *workload.Service, n int) []netip.Addr {
	GinkgoHelper()
	return []netip.Addr{service.ClusterIP, workload.ExternalIP(lab, n), workload.LoadBalancerIP(lab, n)}
}

// below names the nodes that a switch sends to where all nodes announce an address: those
// of its rack, or all of them where it has no rack.
func below(lab *suite.Lab, router topology.Host) []string {
	var names []string
	for _, node := range lab.Topology().Nodes() {
		if router.Rack == "" || router.Rack == node.Rack {
			names = append(names, node.Name)
		}
	}
	return names
}

// expectEveryAnswer waits until a service that every node announces answers each of many
// connections from outside, over every node.
func expectEveryAnswer(ctx SpecContext, l *suite.Lab, from lab.Host, service *workload.Service, address netip.Addr) {
	GinkgoHelper()
	wire.EveryWayAnswers(ctx, l, from, service.Addr(address), everyNode(l))
}

// expectNoAnswer expects that none of many connections gets an answer, whichever way it
// takes. All of them wait together.
func expectNoAnswer(ctx SpecContext, from lab.Host, service *workload.Service, address netip.Addr) {
	GinkgoHelper()
	outcomes, err := probe.Attempts(ctx, from, service.Addr(address), expect.ClientConnections)
	Expect(err).NotTo(HaveOccurred())
	AddReportEntry("what became of the attempts", outcomes)
	Expect(outcomes).To(HaveEach(BeElementOf(probe.TimedOut, probe.Unreachable)), "from %s to %s", from.Name(), address)
}

// expectAnswer waits until a service answers at an address: kube-proxy on the node
// that the connection comes to has to know it first.
func expectAnswer(ctx SpecContext, from lab.Host, service *workload.Service, address netip.Addr) {
	GinkgoHelper()
	Eventually(probe.Attempt).WithContext(ctx).WithArguments(from, service.Addr(address), probe.Silence).
		Should(Equal(probe.Answered), "from %s to %s", from.Name(), address)
}
