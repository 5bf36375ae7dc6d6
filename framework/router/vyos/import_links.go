package vyos

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/topology"
)

// longestLinkName is what an interface's name may have, after which a lab names
// bridges.
const longestLinkName = 15

// link is what has one prefix: interfaces of routers, and nodes.
type link struct {
	prefix netip.Prefix
	ends   []end
	name   string
	mtu    int
}

// end is a router's or a node's end of a link.
type end struct {
	router  *router
	node    *node
	name    string
	address netip.Addr
	mtu     int
}

func (e end) host() string {
	if e.node != nil {
		return e.node.name
	}
	return e.router.name
}

// findLinks joins what has the same prefix, leaves first, and names the links.
func (i *importer) findLinks() {
	for _, role := range []topology.Role{topology.Leaf, topology.Spine} {
		for _, r := range i.routers {
			for _, port := range r.Interfaces {
				if r.role == role {
					i.attach(r, port)
				}
			}
		}
	}
	for _, n := range i.nodes {
		for _, l := range i.links {
			if l.prefix == n.address.Masked() {
				l.ends = append(l.ends, end{node: n, name: nodeInterface, address: n.address.Addr()})
			}
		}
	}
	i.links = slices.DeleteFunc(i.links, func(l *link) bool {
		if len(l.ends) > 1 {
			return false
		}
		alone := l.ends[0]
		alone.router.remark(alone.router.lines[alone.name], "%s with the network %s is left out: nobody else is on it", alone.name, l.prefix)
		return true
	})
	for _, r := range i.routers {
		if !slices.ContainsFunc(i.links, func(l *link) bool { return l.joins(r) }) {
			i.rejectAt(r.Boot, r.lines[bgpLine], "no interface of %s is on a network with another router or node: add the files of its neighbors", r.name)
		}
	}
	i.nameLinks()
	for _, l := range i.links {
		l.chooseMTU()
	}
}

// attach adds a router's interface to the link with its prefix.
func (i *importer) attach(r *router, port Interface) {
	e := end{router: r, name: port.Name, address: port.Address.Addr(), mtu: port.MTU}
	for _, l := range i.links {
		if l.prefix == port.Address.Masked() {
			l.ends = append(l.ends, e)
			return
		}
		if l.prefix.Overlaps(port.Address) {
			other := l.ends[0]
			i.rejectAt(r.Boot, r.lines[port.Name], "the network of %s, %s, overlaps %s of %s's %s: make the prefix lengths of a link's ends equal, or change one network",
				port.Name, port.Address.Masked(), l.prefix, other.router.name, other.name)
		}
	}
	i.links = append(i.links, &link{prefix: port.Address.Masked(), ends: []end{e}})
}

func (l *link) joins(r *router) bool {
	return slices.ContainsFunc(l.ends, func(e end) bool { return e.router == r })
}

// nameLinks names links after their ends, as leaf0-spine0 and br-leaf0, or by
// number where that is too long or taken.
func (i *importer) nameLinks() {
	taken := map[string]bool{}
	number := 0
	for _, l := range i.links {
		name := l.ends[0].host() + "-" + l.ends[1].host()
		if len(l.ends) > 2 {
			name = "br-" + l.ends[0].host()
		}
		for len(name) > longestLinkName || taken[name] {
			name = fmt.Sprintf("link%d", number)
			number++
		}
		l.name, taken[name] = name, true
	}
}

// chooseMTU gives the link the smallest MTU of its ends: in a lab a link has one.
func (l *link) chooseMTU() {
	least := l.ends[0]
	for _, e := range l.ends {
		if e.router != nil && e.mtu < least.mtu {
			least = e
		}
	}
	l.mtu = least.mtu
	for _, e := range l.ends {
		if e.router != nil && e.mtu != least.mtu {
			e.router.remark(e.router.lines[e.name], "mtu %d of %s becomes that of the other end, %d at %s %s", e.mtu, e.name, least.mtu, least.host(), least.name)
		}
	}
}
