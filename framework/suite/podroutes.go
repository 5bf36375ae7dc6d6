package suite

import (
	"context"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// PodRoutes is every route into the pod network, on nodes.
func (l *Lab) PodRoutes() Scope { return Both(On(topology.Node), Inside(l.topology.Pods)) }

// RemoteBlocks are the nodes' routes to blocks of other nodes.
func (l *Lab) RemoteBlocks() Scope {
	return Both(l.PodRoutes(), func(_ topology.Host, r route.Route) bool {
		return r.Kind == route.Unicast && !r.Prefix.IsSingleIP()
	})
}

// OwnBlocks are the nodes' routes for unused addresses of their own blocks.
func (l *Lab) OwnBlocks() Scope {
	return Both(l.PodRoutes(), func(_ topology.Host, r route.Route) bool { return r.Kind == route.Blackhole })
}

// FromBIRD counts BIRD's routes into the pod network, on all hosts.
func (l *Lab) FromBIRD(ctx context.Context) (int, error) {
	tables, err := observe.KernelTables(ctx, l.Lab)
	count := 0
	for _, table := range tables {
		count += len(table.From(route.OriginBIRD).Within(l.topology.Pods))
	}
	return count, err
}

// ExpectOwnBlackholes expects that each node drops packets for unused addresses of its
// own blocks, by one route to each block, which Felix has made.
func (l *Lab) ExpectOwnBlackholes(ctx context.Context) {
	ginkgo.GinkgoHelper()
	for _, n := range l.NodesNow(ctx) {
		for _, block := range n.Blocks {
			own := l.RouteTo(ctx, n.Name, block)
			gomega.Expect(own.Kind).To(gomega.Equal(route.Blackhole), "%s: %s", n.Name, own)
			gomega.Expect(own.Origin).To(gomega.Equal(route.OriginFelix), "%s: %s", n.Name, own)
		}
	}
}

// ExpectNoPodRoutes expects that hosts have routes, and none into the pod network.
func (l *Lab) ExpectNoPodRoutes(ctx context.Context, hosts ...topology.Host) {
	ginkgo.GinkgoHelper()
	gomega.Expect(hosts).NotTo(gomega.BeEmpty(), "hosts without routes into the pod network")
	for _, host := range hosts {
		table := l.TableOf(ctx, host.Name)
		gomega.Expect(table).NotTo(gomega.BeEmpty(), host.Name)
		gomega.Expect(table.Within(l.topology.Pods)).To(gomega.BeEmpty(), host.Name)
	}
}
