package wire

import (
	"context"
	"net/netip"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// AnswersThroughTunnel expects that a service that every node announces, and that has one pod,
// answers connections from outside over every node. A node without the pod sends them on inside a
// tunnel of this kind, from its tunnel address, as the answers have to come back to it.
func AnswersThroughTunnel(ctx context.Context, l *suite.Lab, from lab.Host, to netip.AddrPort, pod workload.Pod, kind observe.Encapsulation) {
	ginkgo.GinkgoHelper()
	answersOver(ctx, l, from, to, pod, func(oracle.Node) observe.Encapsulation { return kind })
}

// AnswersBetweenSubnets is AnswersThroughTunnel where nodes of the pod's rack use no tunnel: they
// send connections on as they are, from their node IP.
func AnswersBetweenSubnets(ctx context.Context, l *suite.Lab, from lab.Host, to netip.AddrPort, pod workload.Pod, kind observe.Encapsulation) {
	ginkgo.GinkgoHelper()
	answersOver(ctx, l, from, to, pod, func(n oracle.Node) observe.Encapsulation {
		if l.Node(n.Name).Rack == l.Node(pod.Node).Rack {
			return observe.Plain
		}
		return kind
	})
}

// answersOver expects a node without the pod to send connections on in a tunnel of a kind, or as
// they are.
func answersOver(ctx context.Context, l *suite.Lab, from lab.Host, to netip.AddrPort, pod workload.Pod, kind func(oracle.Node) observe.Encapsulation) {
	ginkgo.GinkgoHelper()
	var names []string
	kinds := map[string]observe.Encapsulation{}
	crossings := map[string]Conversation{}
	for _, n := range observed.Nodes(ctx, l) {
		names = append(names, n.Name)
		if n.Name != pod.Node {
			kinds[n.Name] = kind(n)
			crossings[n.Name] = Conversation{
				A: crossingAddress(l, n, kinds[n.Name]), B: pod.Address.Addr(),
				NodeA: l.Node(n.Name).Address(), NodeB: l.Node(pod.Node).Address(),
			}
		}
	}
	captures := CaptureOnNodes(ctx, l, func(p observe.Packet) bool {
		for _, c := range crossings {
			if c.Includes(p) {
				return true
			}
		}
		return false
	})
	connections := EveryWayAnswers(ctx, l, from, to, names, pod)
	seen := captures.Stop()
	for _, c := range connections {
		gomega.Expect(c.ServerNode).To(gomega.Equal(pod.Node), "the node of the pod that answered the connection that came to %s", c.Entry)
		if crossing, ok := crossings[c.Entry]; ok {
			gomega.Expect(c.Client.Addr()).To(gomega.Equal(crossing.A), "the source address of the connection that came to %s", c.Entry)
		}
	}
	for _, name := range names {
		if crossing, ok := crossings[name]; ok {
			gomega.Expect(seen).To(crossing.PassIn(kinds[name]), "connections that came to %s", name)
		}
	}
}

// AnswersAtItsNode expects that a service with externalTrafficPolicy Local that has one pod
// answers connections from outside over the pod's node alone, and that the pod sees the client's
// own address.
func AnswersAtItsNode(ctx context.Context, l *suite.Lab, from lab.Host, to netip.AddrPort, pod workload.Pod) {
	ginkgo.GinkgoHelper()
	for _, c := range EveryWayAnswers(ctx, l, from, to, []string{pod.Node}, pod) {
		gomega.Expect(c.ServerNode).To(gomega.Equal(pod.Node), "the node of the pod that answered")
		gomega.Expect(c.Client.Addr()).To(gomega.Equal(l.Node(from.Name()).Address()), "the source address that the pod on %s sees", pod.Node)
	}
}

// crossingAddress is the address by which a node sends on what is for another node's pod.
func crossingAddress(l *suite.Lab, n oracle.Node, kind observe.Encapsulation) netip.Addr {
	ginkgo.GinkgoHelper()
	if kind == observe.Plain {
		return l.Node(n.Name).Address()
	}
	address := map[observe.Encapsulation]netip.Addr{observe.IPIP: n.IPIPTunnel, observe.VXLAN: n.VXLANTunnel}[kind]
	gomega.Expect(address.IsValid()).To(gomega.BeTrue(), "the address of %s's %s tunnel", n.Name, kind)
	return address
}
