package vxlan

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

// inPool is every route into the pod network, on nodes.
func inPool(lab *suite.Lab) suite.Scope {
	return func(host topology.Host, r route.Route) bool {
		return host.Role == topology.Node && route.Contains(lab.Topology().Pods, r.Prefix)
	}
}

// remoteBlocks are routes to other nodes' blocks.
func remoteBlocks(lab *suite.Lab) suite.Scope {
	pool := inPool(lab)
	return func(host topology.Host, r route.Route) bool {
		return pool(host, r) && r.Kind == route.Unicast && !r.Prefix.IsSingleIP()
	}
}

// ownBlocks are what a node does with addresses of its blocks that nobody has.
func ownBlocks(lab *suite.Lab) suite.Scope {
	pool := inPool(lab)
	return func(host topology.Host, r route.Route) bool { return pool(host, r) && r.Kind == route.Blackhole }
}

// tunnel is the interface that encapsulates.
func tunnel() string { return calico.VXLAN.Device() }

// stateOf is the lab's state, in which every node has a block and an end of the
// tunnel.
func stateOf(ctx SpecContext, lab *suite.Lab) oracle.State {
	GinkgoHelper()
	state, err := lab.State(ctx)
	Expect(err).NotTo(HaveOccurred())
	for _, n := range state.Nodes {
		Expect(n.Blocks).NotTo(BeEmpty(), "blocks of %s", n.Name)
		Expect(n.VXLANTunnel.IsValid()).To(BeTrue(), "%s has an address for the tunnel", n.Name)
	}
	return state
}

// tableOf is the main table of a host's kernel.
func tableOf(ctx SpecContext, lab *suite.Lab, host string) route.Table {
	GinkgoHelper()
	table, err := lab.KernelTable(ctx, host)
	Expect(err).NotTo(HaveOccurred())
	return table
}

// routeTo is a host's only route to exactly a prefix.
func routeTo(ctx SpecContext, lab *suite.Lab, host string, prefix netip.Prefix) route.Route {
	GinkgoHelper()
	var found route.Table
	for _, r := range tableOf(ctx, lab, host) {
		if r.Prefix == prefix {
			found = append(found, r)
		}
	}
	Expect(found).To(HaveLen(1), "routes of %s to %s", host, prefix)
	return found[0]
}

// nodeOf is a node of the topology.
func nodeOf(lab *suite.Lab, name string) topology.Host {
	GinkgoHelper()
	host, ok := lab.Topology().Host(name)
	Expect(ok).To(BeTrue(), name)
	return *host
}

// pair is two nodes, in order.
type pair struct{ from, to oracle.Node }

// pairs are all ordered pairs of nodes that are in one rack, or in different ones.
func pairs(lab *suite.Lab, state oracle.State, sameRack bool) []pair {
	GinkgoHelper()
	var all []pair
	for _, from := range state.Nodes {
		for _, to := range state.Nodes {
			if from.Name != to.Name && (nodeOf(lab, from.Name).Rack == nodeOf(lab, to.Name).Rack) == sameRack {
				all = append(all, pair{from, to})
			}
		}
	}
	Expect(all).NotTo(BeEmpty(), "pairs of nodes in one rack (%t)", sameRack)
	return all
}
