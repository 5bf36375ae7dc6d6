package oracle

import (
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// managementInterface is a node's interface in the management network, in every
// lab (the topology's loader keeps the name free).
const managementInterface = "eth0"

// network is the topology without its cut links: what hosts reach before BGP.
type network struct {
	*topology.Topology
	cut     map[string]bool
	cutEnds map[End]bool
}

// connected are the interfaces of a host that have a carrier.
func (n network) connected(host *topology.Host) []topology.Interface {
	return slices.DeleteFunc(slices.Clone(host.Interfaces), func(i topology.Interface) bool {
		return n.cut[i.Link] || n.cutEnds[End{i.Link, host.Name}]
	})
}

// towards finds the interface by which a host reaches an address without a
// router.
func (n network) towards(host *topology.Host, address netip.Addr) (topology.Interface, bool) {
	ports := n.connected(host)
	i := slices.IndexFunc(ports, func(port topology.Interface) bool { return port.Reaches(address) })
	if i < 0 {
		return topology.Interface{}, false
	}
	return ports[i], true
}

// table has the routes that a host has without BGP and without pods: those that
// the kernel makes for its addresses, and the default route that the lab gives
// it. A link that is cut takes its routes with it.
func (n network) table(host *topology.Host) route.Table {
	var table route.Table
	if host.Management.IsValid() {
		table = append(table, connectedRoute(netip.PrefixFrom(host.Management, n.Management.Prefix.Bits()), managementInterface))
	}
	for _, port := range n.connected(host) {
		for _, address := range port.Addresses {
			table = append(table, connectedRoute(address, port.Name))
		}
	}
	for _, family := range host.Families() {
		var gateways []route.NextHop
		for _, gateway := range host.GatewaysOf(family) {
			if port, ok := n.towards(host, gateway); ok {
				gateways = append(gateways, route.NextHop{Via: gateway, Dev: port.Name})
			}
		}
		if len(gateways) > 0 {
			table = append(table, route.Route{Prefix: family.Everywhere(), NextHops: gateways, Origin: route.OriginStatic})
		}
	}
	return table
}

// connectedRoute is the route that the kernel makes for an address of an interface. IPv6
// leaves the choice of the source to the kernel.
func connectedRoute(address netip.Prefix, dev string) route.Route {
	r := route.Route{Prefix: address.Masked(), NextHops: []route.NextHop{{Dev: dev}}, Origin: route.OriginKernel}
	if route.FamilyOf(address.Addr()) == route.IPv4 {
		r.Source = address.Addr()
	}
	return r
}
