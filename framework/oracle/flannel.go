package oracle

import (
	"fmt"
	"slices"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/route"
)

// flannelRoutes are those that flannel puts into a node's kernel in a cluster whose pod
// network is flannel's: one to each other node's subnet, whether that node is alive or not
// (pkg/backend/vxlan/vxlan_network.go and pkg/backend/route_network.go of flannel). They
// have the protocol number that its netlink library gives by default.
//
// With host-gw the next hop is the node itself, out of the interface by which flannel
// reaches the others. A kernel refuses such a route to a node of another network, and
// flannel goes on without it.
func (s State) flannelRoutes(n network, node member) route.Table {
	var table route.Table
	if s.Flannel == nil {
		return nil
	}
	for _, other := range s.members() {
		if other.Name == node.Name {
			continue
		}
		for _, subnet := range other.Blocks {
			hop := route.NextHop{Via: subnet.Addr(), Dev: calico.FlannelDevice, Onlink: true}
			if s.Flannel.Backend == calico.FlannelHostGateway {
				port, connected := n.towards(node.host(n), other.address)
				if !connected {
					continue
				}
				hop = route.NextHop{Via: other.address, Dev: port.Name}
			}
			table = append(table, route.Route{Prefix: subnet, Origin: route.OriginBoot, NextHops: []route.NextHop{hop}})
		}
	}
	return table
}

// checkFlannel refuses what does not go with a pod network of flannel's.
func (s State) checkFlannel() []error {
	if s.Flannel == nil {
		return nil
	}
	var problems []error
	if len(s.Resources.IPPools) > 0 {
		problems = append(problems, fmt.Errorf("oracle: the pod network is flannel's, and there is IPPool %s, which is not supported: remove it", s.Resources.IPPools[0].Name))
	}
	for _, n := range s.Nodes {
		if len(n.Blocks) != 1 {
			problems = append(problems, fmt.Errorf("oracle: node %s has %d subnets of the pod network, and flannel needs one: wait, or see the log of the controller manager", n.Name, len(n.Blocks)))
		}
	}
	return problems
}

// plainNodes are the tables of nodes without BGP, which have what Felix or flannel and the
// CNI plugin have put there.
func (s State) plainNodes(n network) route.Tables {
	tables := route.Tables{}
	if !s.WithoutBGP() {
		return tables
	}
	members := s.members()
	felix := s.felix(members)
	for _, m := range members {
		if !m.Gone {
			tables[m.Name] = slices.Concat(n.table(m.host(n)), workloadRoutes(m), felix.routes(n, m), s.flannelRoutes(n, m), s.Foreign[m.Name])
		}
	}
	return tables
}
