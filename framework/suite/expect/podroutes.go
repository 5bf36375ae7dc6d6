package expect

import (
	"context"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/topology"
)

// PodRoutes is every route into the pod network, on nodes.
func PodRoutes(l *suite.Lab) Scope { return Both(On(topology.Node), Within(l.Topology().Pods...)) }

// RemoteBlocks are the nodes' routes to blocks of other nodes.
func RemoteBlocks(l *suite.Lab) Scope {
	return Both(PodRoutes(l), func(_ topology.Host, r route.Route) bool {
		return r.Kind == route.Unicast && !r.Prefix.IsSingleIP()
	})
}

// OwnBlocks are the nodes' routes for unused addresses of their own blocks.
func OwnBlocks(l *suite.Lab) Scope {
	return Both(PodRoutes(l), func(_ topology.Host, r route.Route) bool { return r.Kind == route.Blackhole })
}

// OwnerOrigin is the origin of the routes between nodes in the lab's own mode.
func OwnerOrigin(l *suite.Lab) route.Origin {
	if l.RouteOwner() == calico.BIRDOwns {
		return route.OriginBIRD
	}
	return route.OriginFelix
}

// OneOwner expects that every node has routes into the pod network by the program that
// the mode states, and none by the other. It says nothing of Calico where the kernel
// filter is adapted.
func OneOwner(ctx context.Context, l *suite.Lab) {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.CalicoBIRD)
	for _, node := range l.Topology().Nodes() {
		table := observed.Table(ctx, l, node.Name).Within(l.Topology().Pods...).From(route.OriginBIRD, route.OriginFelix)
		gomega.Expect(table).NotTo(gomega.BeEmpty(), node.Name)
		for _, r := range table {
			gomega.Expect(r.Origin).To(gomega.Equal(OwnerOrigin(l)), "%s: %s", node.Name, r)
		}
	}
}

// OwnBlackholes expects that each node drops packets for unused addresses of its
// own blocks, by one route to each block, which the owner of the routes has made.
func OwnBlackholes(ctx context.Context, l *suite.Lab) {
	ginkgo.GinkgoHelper()
	for _, n := range observed.Nodes(ctx, l) {
		for _, block := range n.Blocks {
			own := observed.RouteTo(ctx, l, n.Name, block)
			gomega.Expect(own.Kind).To(gomega.Equal(route.Blackhole), "%s: %s", n.Name, own)
			gomega.Expect(own.Origin).To(gomega.Equal(OwnerOrigin(l)), "%s: %s", n.Name, own)
		}
	}
}

// NoPodRoutes expects that hosts have routes, and none into the pod network.
func NoPodRoutes(ctx context.Context, l *suite.Lab, hosts ...topology.Host) {
	ginkgo.GinkgoHelper()
	gomega.Expect(hosts).NotTo(gomega.BeEmpty(), "hosts without routes into the pod network")
	for _, host := range hosts {
		table := observed.Table(ctx, l, host.Name)
		gomega.Expect(table).NotTo(gomega.BeEmpty(), host.Name)
		gomega.Expect(table.Within(l.Topology().Pods...)).To(gomega.BeEmpty(), host.Name)
	}
}
