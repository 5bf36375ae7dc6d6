package vyos

import (
	"net/netip"

	"github.com/rackproof/rackproof/framework/topology"
)

// checkNetworks finds networks that overlap, and a management network that has not
// enough addresses.
func (i *importer) checkNetworks() {
	if err := topology.CheckName(i.options.Name); err != nil {
		i.reject("the topology's name: %w", err)
	}
	type network struct {
		name   string
		prefix netip.Prefix
	}
	named := []network{{"the pod network", i.options.Pods}, {"the network of cluster IPs", i.options.Services}, {"the management network", i.options.Management}}
	for at, n := range named {
		if n.prefix != n.prefix.Masked() || !n.prefix.Addr().Is4() {
			i.reject("%s %s is not an IPv4 prefix without host bits: write one, as in 10.244.0.0/16", n.name, n.prefix)
			continue
		}
		for _, earlier := range named[:at] {
			if n.prefix.Overlaps(earlier.prefix) {
				i.reject("%s %s overlaps %s %s: choose another", n.name, n.prefix, earlier.name, earlier.prefix)
			}
		}
		for _, l := range i.links {
			if n.prefix.Overlaps(l.prefix) {
				i.reject("%s %s overlaps %s, that of %s's %s: choose another", n.name, n.prefix, l.prefix, l.ends[0].host(), l.ends[0].name)
			}
		}
	}
	last := place(i.options.Management, firstNodePlace+len(i.nodes)-1)
	if m := i.options.Management; !m.Contains(last) || !m.Contains(last.Next()) {
		i.reject("the management network %s is too small for %d nodes, which begin at its address %d: choose another", m, len(i.nodes), firstNodePlace)
	}
}

// place is an address of a network, counted from its first.
func place(network netip.Prefix, number int) netip.Addr {
	address := network.Addr()
	for range number {
		address = address.Next()
	}
	return address
}

// checkRouterIDs finds BGP identifiers that two speakers have. Within an AS they
// must differ; in different ones they may be equal (RFC 6286, section 2.1), which
// still is rarely meant.
func (i *importer) checkRouterIDs() {
	type speaker struct {
		name string
		as   uint32
		id   netip.Addr
		// router is nil for a node.
		router *router
	}
	var speakers []speaker
	for _, r := range i.routers {
		speakers = append(speakers, speaker{r.name, r.Router.AS, i.routerID(r), r})
	}
	for _, n := range i.nodes {
		speakers = append(speakers, speaker{n.name, n.as, n.address.Addr(), nil})
	}
	for at, one := range speakers {
		for _, earlier := range speakers[:at] {
			if one.id != earlier.id {
				continue
			}
			// Addresses differ, so one of the two was given its router ID.
			given, other := one, earlier
			if given.router == nil || !given.router.Router.RouterID.IsValid() {
				given, other = earlier, one
			}
			line := given.router.lines[routerIDLine]
			if one.as == earlier.as {
				i.rejectAt(given.router.Boot, line, "router-id %s is that of %s too, in the same AS %d (RFC 6286): change one", one.id, other.name, one.as)
				continue
			}
			given.router.remark(line, "router-id %s is that of %s too: BGP allows it in different autonomous systems, but give each its own", one.id, other.name)
		}
	}
}

// routerID is a router's BGP identifier in a lab: its first address where its file
// does not say.
func (i *importer) routerID(r *router) netip.Addr {
	if r.Router.RouterID.IsValid() {
		return r.Router.RouterID
	}
	for _, l := range i.links {
		for _, e := range l.ends {
			if e.router == r {
				return e.address
			}
		}
	}
	return netip.Addr{}
}
