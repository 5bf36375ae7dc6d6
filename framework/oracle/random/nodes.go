package random

import (
	"net/netip"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// excludeLabel keeps a node from announcing addresses of services.
const excludeLabel = "node.kubernetes.io/exclude-from-external-load-balancers"

func (g generator) node(s *oracle.State) *oracle.Node { return &s.Nodes[g.IntN(len(s.Nodes))] }

func (g generator) host(s *oracle.State) topology.Host {
	return s.Topology.Hosts[g.IntN(len(s.Topology.Hosts))]
}

func (g generator) label(s *oracle.State) {
	key := pick(g, "rack", "rr", "route-reflector", "rr-group", "rr-id", excludeLabel)
	g.node(s).Labels[key] = pick(g, "true", "rack0", "rack1", "rr1", "rr2")
}

func (g generator) cluster(s *oracle.State) {
	g.node(s).ReflectorClusterID = pick(g, "", "244.0.0.1", "244.0.0.2", "10.1.5.1", "none")
}

func (g generator) as(s *oracle.State) { g.node(s).AS = pick[uint32](g, 0, 64512, 65005, 65008, 65011) }

func (g generator) goneNode(s *oracle.State) { g.node(s).Gone = true }

// tunnel changes what a node is to tunnels.
func (g generator) tunnel(s *oracle.State) {
	n, other := g.node(s), g.node(s)
	switch g.IntN(5) {
	case 0:
		n.IPIPTunnel, n.VXLANTunnel = netip.Addr{}, netip.Addr{}
	case 1:
		n.EndRoutes = append(n.EndRoutes, other.Name)
	case 2:
		// From a block that belongs to another node, to itself, or to nobody.
		borrowed := pick(g, inBlock(other, 2), inBlock(other, 2), netip.MustParseAddr("10.244.99.7"))
		n.Borrowed = append(n.Borrowed, borrowed)
		if g.IntN(2) == 0 && n.VXLANTunnel.IsValid() {
			n.VXLANTunnel = borrowed
		}
	case 3:
		host, _ := s.Topology.Host(n.Name)
		// Not wider than the link: Felix would take nodes for neighbours that are none.
		n.Subnet = netip.PrefixFrom(host.Address(), pick(g, 24, 28, 32))
	case 4:
		n.Blocks = []netip.Prefix{route.Single(inBlock(n, 1))}
	}
}

func (g generator) workload(s *oracle.State) {
	n, other := g.node(s), g.node(s)
	if g.IntN(2) == 0 {
		n.Workloads = append(n.Workloads, oracle.Workload{Address: inBlock(other, 2), Interface: "cali-random"})
	} else {
		n.Blocks = append(n.Blocks, other.Blocks[0])
	}
}

// inBlock is the n-th address of a node's first block.
func inBlock(node *oracle.Node, n int) netip.Addr {
	address := node.Blocks[0].Addr()
	for range n {
		address = address.Next()
	}
	return address
}
