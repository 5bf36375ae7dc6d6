package observe

import (
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
)

// withEndRoutes copies the state's nodes and adds to each what its kernel tells
// alone: to which other nodes' tunnel addresses it has a route of their own
// (oracle.Node.EndRoutes). Without tunnels of Calico's nothing is read.
func withEndRoutes(l lab.Lab, state oracle.State) ([]oracle.Node, error) {
	nodes := slices.Clone(state.Nodes)
	ends := map[netip.Prefix]string{}
	for _, n := range nodes {
		for _, address := range []netip.Addr{n.IPIPTunnel, n.VXLANTunnel} {
			if address.IsValid() {
				ends[route.Single(address)] = n.Name
			}
		}
	}
	if len(ends) == 0 || state.Flannel != nil {
		return nodes, nil
	}
	for i, n := range nodes {
		host, err := l.Host(n.Name)
		if err != nil {
			return nil, err
		}
		entry, _ := l.Topology().Host(n.Name) // the lab has it
		table, err := KernelTable(host, entry.Families())
		if err != nil {
			return nil, err
		}
		nodes[i].EndRoutes = endRoutes(table, n.Name, ends)
	}
	return nodes, nil
}

// endRoutes names the nodes to whose tunnel address a node's table has a route.
func endRoutes(table route.Table, node string, ends map[netip.Prefix]string) []string {
	var names []string
	for _, r := range table {
		if name, ok := ends[r.Prefix]; ok && name != node && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
