package vyos

import (
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/topology"
)

// topology puts together what was found: spines, leaves, nodes, and the links.
func (i *importer) topology() *topology.Topology {
	made := &topology.Topology{
		Name: i.options.Name, Description: i.description(),
		Pods: topology.Networks{i.options.Pods}, Services: topology.Networks{i.options.Services},
		Management: topology.Management{Prefix: i.options.Management, Control: place(i.options.Management, controlPlace)},
	}
	for _, role := range []topology.Role{topology.Spine, topology.Leaf} {
		for _, r := range i.routers {
			if r.role == role {
				made.Hosts = append(made.Hosts, topology.Host{
					Name: r.name, Role: r.role, Rack: r.rack, AS: r.Router.AS,
					RouterID: r.Router.RouterID, Software: Software,
					DefaultOriginate: i.defaultOriginate(r), GracefulShutdown: r.Router.GracefulShutdown,
				})
			}
		}
	}
	for at, n := range i.nodes {
		host := topology.Host{
			Name: n.name, Role: topology.Node, Rack: n.leaves[0].rack, AS: n.as,
			Management: place(i.options.Management, firstNodePlace+at),
		}
		for _, leaf := range n.leaves {
			port, _ := leaf.port(n.address.Overlaps) // findNode has found it
			host.Gateways = append(host.Gateways, port.Address.Addr())
		}
		made.Hosts = append(made.Hosts, host)
	}
	for _, l := range i.links {
		built := topology.Link{Name: l.name, Prefixes: topology.Networks{l.prefix}, Bridge: len(l.ends) > 2, MTU: l.mtu}
		for _, e := range l.ends {
			addresses := []netip.Prefix{netip.PrefixFrom(e.address, l.prefix.Bits())}
			built.Ends = append(built.Ends, topology.Interface{Host: e.host(), Name: e.name, Addresses: addresses, Link: l.name})
		}
		made.Links = append(made.Links, built)
	}
	return made
}

// defaultOriginate names the neighbours that a router announces a default route to.
func (i *importer) defaultOriginate(r *router) []string {
	var names []string
	for _, n := range r.Router.Neighbors {
		for _, l := range i.links {
			for _, e := range l.ends {
				if n.DefaultOriginate && e.address == n.Address && !slices.Contains(names, e.host()) {
					names = append(names, e.host())
				}
			}
		}
	}
	return names
}

func (i *importer) description() string {
	var files []string
	for _, r := range i.routers {
		files = append(files, path.Base(r.File))
	}
	return "imported from the VyOS configurations " + strings.Join(files, ", ")
}
