package wire

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/probe"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// Connections is how many new connections are made where a hash spreads them over equal
// ways. With n ways, the chance that one of them gets none is below n × (1-1/n)^60: for
// the four nodes of a leaf-spine fabric one in eight million.
const Connections = 60

// Connection is one that was answered.
type Connection struct {
	probe.Answer
	// Entry names the node that the fabric delivered it to, and ServerNode the one that
	// runs the pod that answered.
	Entry, ServerNode string
}

// Connect makes Connections connections to an address of a service, one after the other,
// and records which node each comes to. Each has to be answered by a pod of the workload
// or of the given ones, and to come to one node alone. All entries, and no other node,
// have to get a connection.
func Connect(ctx context.Context, l *suite.Lab, g gomega.Gomega, from lab.Host, to netip.AddrPort, entries []string, pods ...workload.Pod) []Connection {
	ginkgo.GinkgoHelper()
	nodeOf := map[string]string{}
	for _, pod := range workload.Pods(ctx, l) {
		nodeOf[pod.PodName] = pod.Node
	}
	for _, pod := range pods {
		nodeOf[pod.PodName] = pod.Node
	}
	captures := CaptureOnNodes(ctx, l, func(p observe.Packet) bool { return p.To() == to && p.Opens() && p.Direction == observe.Received })
	var connections []Connection
	var failed error
	for n := range Connections {
		answer, err := probe.Ask(ctx, from, to)
		if err != nil {
			failed = fmt.Errorf("connection %d of %d: %w", n+1, Connections, err)
			break
		}
		connections = append(connections, Connection{Answer: answer, ServerNode: nodeOf[answer.Server]})
	}
	entered := map[netip.AddrPort][]string{}
	for node, packets := range captures.Stop().ByHost() {
		for _, p := range packets {
			if !slices.Contains(entered[p.From()], node) {
				entered[p.From()] = append(entered[p.From()], node)
			}
		}
	}
	g.Expect(failed).NotTo(gomega.HaveOccurred(), "the nodes that connections came to: %v", entered)
	seen := map[string]int{}
	for i := range connections {
		c := &connections[i]
		g.Expect(c.ServerNode).NotTo(gomega.BeEmpty(), "%s answers from %s, which is no pod of the service", to, c.Server)
		g.Expect(entered[c.Local]).To(gomega.HaveLen(1), "the nodes that the connection from %s to %s came to", c.Local, to)
		c.Entry = entered[c.Local][0]
		seen[c.Entry]++
	}
	var names []string
	for name := range seen {
		names = append(names, name)
	}
	g.Expect(names).To(gomega.ConsistOf(entries), "the nodes that %d connections from %s to %s came to", Connections, from.Name(), to)
	return connections
}

// EveryWayAnswers waits until a service answers each of Connections connections, over
// every one of its entries. kube-proxy on a node may learn of the service later than the
// fabric: a node that never does leaves connections without an answer each time.
func EveryWayAnswers(ctx context.Context, l *suite.Lab, from lab.Host, to netip.AddrPort, entries []string, pods ...workload.Pod) []Connection {
	ginkgo.GinkgoHelper()
	var connections []Connection
	gomega.Eventually(func(g gomega.Gomega) {
		connections = Connect(ctx, l, g, from, to, entries, pods...)
	}).WithContext(ctx).Should(gomega.Succeed())
	return connections
}
