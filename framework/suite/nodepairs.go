package suite

import (
	"context"
	"net/netip"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/probe"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// NodePair is two different nodes, in order, with what Calico keeps about them.
type NodePair struct{ From, To oracle.Node }

// NodePairs are all ordered pairs of different nodes that are chosen.
func (l *Lab) NodePairs(ctx context.Context, chosen func(from, to *topology.Host) bool) []NodePair {
	ginkgo.GinkgoHelper()
	var pairs []NodePair
	nodes := l.NodesNow(ctx)
	for _, from := range nodes {
		for _, to := range nodes {
			a, b := l.Node(from.Name), l.Node(to.Name)
			if from.Name != to.Name && chosen(&a, &b) {
				pairs = append(pairs, NodePair{from, to})
			}
		}
	}
	gomega.Expect(pairs).NotTo(gomega.BeEmpty(), "pairs of nodes")
	return pairs
}

// NodesNow are the nodes with what Calico keeps about them now. Each has a block.
func (l *Lab) NodesNow(ctx context.Context) []oracle.Node {
	ginkgo.GinkgoHelper()
	state, err := l.State(ctx)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	for _, n := range state.Nodes {
		gomega.Expect(n.Blocks).NotTo(gomega.BeEmpty(), "blocks of %s", n.Name)
	}
	return state.Nodes
}

// Node is a host of the topology.
func (l *Lab) Node(name string) topology.Host {
	ginkgo.GinkgoHelper()
	host, ok := l.topology.Host(name)
	gomega.Expect(ok).To(gomega.BeTrue(), "topology %s has no host %s", l.topology.Name, name)
	return *host
}

// TableOf is the main table of a host's kernel.
func (l *Lab) TableOf(ctx context.Context, host string) route.Table {
	ginkgo.GinkgoHelper()
	table, err := l.KernelTable(ctx, host)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	return table
}

// RouteTo is a host's route to exactly a prefix, of which there has to be one.
func (l *Lab) RouteTo(ctx context.Context, host string, prefix netip.Prefix) route.Route {
	ginkgo.GinkgoHelper()
	var found route.Table
	for _, r := range l.TableOf(ctx, host) {
		if r.Prefix == prefix {
			found = append(found, r)
		}
	}
	gomega.Expect(found).To(gomega.HaveLen(1), "routes of %s to %s", host, prefix)
	return found[0]
}

// DevicesTo are the interfaces by which the first node of a pair sends to the blocks of
// the second, one for each next hop.
func (l *Lab) DevicesTo(ctx context.Context, p NodePair) []string {
	ginkgo.GinkgoHelper()
	var names []string
	table := l.TableOf(ctx, p.From.Name)
	for _, block := range p.To.Blocks {
		for _, r := range table {
			for _, hop := range r.NextHops {
				if r.Prefix == block {
					names = append(names, hop.Dev)
				}
			}
		}
	}
	return names
}

// PodRoutes is every route into the pod network, on nodes.
func (l *Lab) PodRoutes() Scope { return Both(On(topology.Node), Inside(l.topology.Pods)) }

// RemoteBlocks are the nodes' routes to blocks of other nodes.
func (l *Lab) RemoteBlocks() Scope {
	return Both(l.PodRoutes(), func(_ topology.Host, r route.Route) bool {
		return r.Kind == route.Unicast && !r.Prefix.IsSingleIP()
	})
}

// OwnBlocks are what the nodes do with addresses of their own blocks that nobody has.
func (l *Lab) OwnBlocks() Scope {
	return Both(l.PodRoutes(), func(_ topology.Host, r route.Route) bool { return r.Kind == route.Blackhole })
}

// FromBIRD counts BIRD's routes into the pod network, on all nodes.
func (l *Lab) FromBIRD(ctx context.Context) (int, error) {
	count := 0
	for _, node := range l.topology.Nodes() {
		table, err := l.KernelTable(ctx, node.Name)
		if err != nil {
			return 0, err
		}
		count += len(table.From(route.OriginBIRD).Within(l.topology.Pods))
	}
	return count, nil
}

// ExpectSeenAs expects that a pod answers a place, and sees it with an address.
func (l *Lab) ExpectSeenAs(ctx context.Context, from lab.Host, to Pod, as netip.Addr) {
	ginkgo.GinkgoHelper()
	answer, err := probe.Ask(ctx, from, to.Address)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	gomega.Expect(answer.Server).To(gomega.Equal(to.PodName), "from %s to the pod on %s", from.Name(), to.Node)
	gomega.Expect(answer.Client.Addr()).To(gomega.Equal(as), "from %s to the pod on %s", from.Name(), to.Node)
}
