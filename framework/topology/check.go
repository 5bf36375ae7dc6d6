package topology

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/route"
)

// check holds the parts of a document against each other. Values that were
// reported as wrong already are passed over, so that one mistake gives one
// problem.
func (d *decoder) check(doc document) {
	if six := d.six; six.given() {
		d.reject(six.line, "IPv6 is not supported yet: use IPv4 in place of %s and of all other IPv6 addresses", six.value)
		return
	}
	d.checkNetworks(doc)
	d.checkHosts(doc)
	d.checkLinks(doc)
	d.checkInterfaces(doc)
	d.checkGateways(doc)
	d.checkAddresses(doc)
	d.checkOverlaps(doc)
	d.checkRouterIDs(doc)
}

// require reports a field that is not there, and reports whether there is a value to go
// on with.
func require[T any](d *decoder, f field[T], line int, what, remedy string) bool {
	if !f.given() {
		d.reject(line, "%s is missing: %s", what, remedy)
	}
	return f.ok
}

// requireSome is require for a list.
func requireSome[T any](d *decoder, fields []field[T], line int, what, remedy string) {
	if len(fields) == 0 {
		d.reject(line, "%s is missing: %s", what, remedy)
	}
}

// network is a network of the document with its name in messages.
type network struct {
	name     string
	prefixes []field[netip.Prefix]
}

func (doc document) networks() []network {
	networks := []network{
		{"the pod network", doc.pods},
		{"the network of cluster IPs", doc.services},
		{"the range of external IPs", doc.externalIPs},
		{"the range of LoadBalancer IPs", doc.loadBalancers},
		{"the management network", []field[netip.Prefix]{doc.management.prefix}},
	}
	for _, l := range doc.links {
		networks = append(networks, network{"link " + l.name.value, l.prefixes})
	}
	return networks
}

// checkFamilies finds several addresses or prefixes of one family where one is allowed.
func checkFamilies[T any](d *decoder, fields []field[T], what string) {
	first := map[route.Family]field[T]{}
	for _, f := range fields {
		family := route.FamilyOf(addressOf(f.value))
		if before, twice := first[family]; f.ok && twice {
			d.reject(f.line, "%s has %v and %v (line %d), both %s: remove one", what, f.value, before.value, before.line, family)
		} else if f.ok {
			first[family] = f
		}
	}
}

func (d *decoder) checkNetworks(doc document) {
	require(d, doc.name, doc.line, "the topology's name", "add name")
	requireSome(d, doc.pods, doc.line, "the pod network", "add pods, a prefix")
	requireSome(d, doc.services, doc.line, "the network of cluster IPs", "add services, a prefix")
	for _, n := range doc.networks() {
		checkFamilies(d, n.prefixes, n.name)
	}
	m := doc.management
	if m.line == 0 {
		d.reject(doc.line, "the management network is missing: add management with prefix and control")
		return
	}
	require(d, m.prefix, m.line, "the management network's prefix", "add prefix")
	if require(d, m.control, m.line, "the control plane's address", "add control, an address in the management network") {
		d.checkUsable(m.control, []field[netip.Prefix]{m.prefix}, "the management network")
	}
}

func (d *decoder) checkHosts(doc document) {
	if len(doc.hosts) == 0 {
		d.reject(doc.line, "the topology has no hosts: list them under hosts")
	}
	named := map[string]int{}
	for _, h := range doc.hosts {
		if require(d, h.name, h.line, "the host's name", "add name") {
			d.checkUnique(named, h.name, "a host", "hosts")
			if !slices.ContainsFunc(doc.links, func(l *link) bool { return l.joins(h.name.value) }) {
				d.reject(h.line, "host %s is on no link: give it an end of one, or remove it", h.name.value)
			}
		}
		if require(d, h.role, h.line, "the host's role", "add role") {
			d.checkRole(doc, h)
		}
	}
}

// checkRole checks that a host has what its role needs and nothing that its role
// has no use for.
func (d *decoder) checkRole(doc document, h *host) {
	role := h.role.value
	if role == Client {
		if h.as.given() {
			d.reject(h.as.line, "a client speaks no BGP: remove as")
		}
		if h.routerID.given() {
			d.reject(h.routerID.line, "a client speaks no BGP: remove routerID")
		}
	} else {
		require(d, h.as, h.line, fmt.Sprintf("the AS number of %s %s", role, h.name.value), "add as")
	}
	if h.software.given() && !role.routes() {
		d.reject(h.software.line, "a %s is no router of the fabric: remove software", role)
	}
	if lines := h.defaultOriginate; len(lines) > 0 && !role.routes() {
		d.reject(lines[0].line, "a %s is no router of the fabric: remove defaultOriginate", role)
	}
	if h.gracefulShutdown.given() && !role.routes() {
		d.reject(h.gracefulShutdown.line, "a %s is no router of the fabric: remove gracefulShutdown", role)
	}
	if role == Node || role == Leaf {
		require(d, h.rack, h.line, fmt.Sprintf("the rack of %s %s", role, h.name.value), "add rack")
	}
	if !role.RunsCalico() {
		if h.management.given() {
			d.reject(h.management.line, "only nodes are on the management network, and reflectors: remove management")
		}
		return
	}
	if require(d, h.management, h.line, fmt.Sprintf("the management address of %s %s", role, h.name.value), "add management, an address in the management network") {
		d.checkUsable(h.management, []field[netip.Prefix]{doc.management.prefix}, "the management network")
	}
}

func (d *decoder) checkLinks(doc document) {
	named := map[string]int{}
	for _, l := range doc.links {
		if require(d, l.name, l.line, "the link's name", "add name") {
			d.checkUnique(named, l.name, "a link", "links")
		}
		requireSome(d, l.prefixes, l.line, "the link's prefix", "add prefix")
		switch ends := len(l.ends); {
		case ends < 2:
			d.reject(l.line, "link %s needs 2 ends and has %d: add ends, or remove the link", l.name.value, ends)
		case ends > 2 && !l.bridge.value:
			d.reject(l.line, "link %s has %d ends: give it 2, or make it a bridge (bridge: true)", l.name.value, ends)
		}
		joined := map[string]int{}
		for _, e := range l.ends {
			require(d, e.port, e.line, "the end's interface", "add interface")
			requireSome(d, e.addresses, e.line, "the end's address", "add address")
			checkFamilies(d, e.addresses, "the end")
			for _, address := range e.addresses {
				d.checkUsable(address, l.prefixes, "link "+l.name.value)
			}
			if !require(d, e.host, e.line, "the end's host", "add host") {
				continue
			}
			d.checkKnown(doc, e.host)
			if line, twice := joined[e.host.value]; twice {
				d.reject(e.host.line, "host %s is on link %s twice (line %d): remove one end", e.host.value, l.name.value, line)
			}
			joined[e.host.value] = e.host.line
		}
	}
}

func (d *decoder) checkInterfaces(doc document) {
	type port struct{ host, name string }
	used := map[port]int{}
	for _, l := range doc.links {
		for _, e := range l.ends {
			if !e.host.ok || !e.port.ok {
				continue
			}
			p := port{e.host.value, e.port.value}
			if line, twice := used[p]; twice {
				d.reject(e.port.line, "host %s has an interface %s already (line %d): rename one", p.host, p.name, line)
				continue
			}
			used[p] = e.port.line
			if h, ok := doc.host(p.host); ok && h.role.value.RunsCalico() && p.name == "eth0" {
				d.reject(e.port.line, "eth0 of a node or reflector is its management interface: rename this one, as in net0")
			}
		}
	}
}

func (d *decoder) checkGateways(doc document) {
	for _, h := range doc.hosts {
		d.checkBeside(doc, h, "gateway", h.gateways)
		d.checkBeside(doc, h, "neighbor", h.defaultOriginate)
	}
}

// checkBeside checks names of hosts that must be on a host's links.
func (d *decoder) checkBeside(doc document, h *host, what string, names []field[string]) {
	named := map[string]int{}
	for _, g := range names {
		if !g.ok || !d.checkKnown(doc, g) {
			continue
		}
		if g.value == h.name.value {
			d.reject(g.line, "host %s is its own %s: name another host", g.value, what)
			continue
		}
		if _, twice := named[g.value]; twice {
			d.reject(g.line, "%s %s is named twice: remove one", what, g.value)
		}
		named[g.value] = g.line
		shared := func(l *link) bool { return l.joins(h.name.value) && l.joins(g.value) }
		if h.name.ok && !slices.ContainsFunc(doc.links, shared) {
			d.reject(g.line, "host %s shares no link with its %s %s: name a host on one of its links, or link the two", h.name.value, what, g.value)
		}
	}
}

// checkAddresses finds addresses that two interfaces have.
func (d *decoder) checkAddresses(doc document) {
	type owned struct {
		field[netip.Addr]
		owner string
	}
	addresses := []owned{{doc.management.control, "the control plane"}}
	for _, h := range doc.hosts {
		addresses = append(addresses, owned{h.management, h.name.value + "'s management interface"})
	}
	for _, l := range doc.links {
		for _, e := range l.ends {
			for _, address := range e.addresses {
				addresses = append(addresses, owned{address, e.host.value + " " + e.port.value})
			}
		}
	}
	slices.SortStableFunc(addresses, func(a, b owned) int { return cmp.Compare(a.line, b.line) })
	first := map[netip.Addr]owned{}
	for _, a := range addresses {
		if !a.ok {
			continue
		}
		if other, twice := first[a.value]; twice {
			d.reject(a.line, "address %s of %s is that of %s already (line %d): change one", a.value, a.owner, other.owner, other.line)
			continue
		}
		first[a.value] = a
	}
}

// checkOverlaps finds prefixes of which one lies inside the other: packets to
// the smaller one would go astray.
func (d *decoder) checkOverlaps(doc document) {
	type named struct {
		field[netip.Prefix]
		name string
	}
	var prefixes []named
	for _, n := range doc.networks() {
		for _, p := range n.prefixes {
			if p.ok {
				prefixes = append(prefixes, named{p, n.name})
			}
		}
	}
	slices.SortStableFunc(prefixes, func(a, b named) int { return cmp.Compare(a.line, b.line) })
	for i, later := range prefixes {
		for _, earlier := range prefixes[:i] {
			if later.value.Overlaps(earlier.value) {
				d.reject(later.line, "prefix %s of %s overlaps %s of %s (line %d): change one", later.value, later.name, earlier.value, earlier.name, earlier.line)
			}
		}
	}
}

// checkRouterIDs finds BGP identifiers that two routers have. Within an AS they
// must differ; in different ones they may be equal (RFC 6286, section 2.1), which
// still is rarely meant.
func (d *decoder) checkRouterIDs(doc document) {
	type speaker struct {
		*host
		id field[netip.Addr]
	}
	var earlier []speaker
	for _, h := range doc.hosts {
		s := speaker{h, doc.routerID(h)}
		if !h.as.ok || !s.id.ok {
			continue
		}
		for _, other := range earlier {
			switch {
			case other.id.value != s.id.value:
			case !h.routerID.given() && !other.routerID.given(): // they share an address, which is reported as such
			case other.as.value == h.as.value:
				d.reject(s.id.line, "router ID %s of %s is that of %s too (line %d), in the same AS %d (RFC 6286): change routerID of one", s.id.value, h.name.value, other.name.value, other.id.line, h.as.value)
			default:
				d.warn(s.id.line, "router ID %s of %s is that of %s too (line %d): BGP allows it in different autonomous systems, but give each its own", s.id.value, h.name.value, other.name.value, other.id.line)
			}
		}
		earlier = append(earlier, s)
	}
}

func (d *decoder) checkUnique(seen map[string]int, name field[string], what, plural string) {
	if line, twice := seen[name.value]; twice {
		d.reject(name.line, "%s named %s is there already (line %d): %s need different names, rename one", what, name.value, line, plural)
		return
	}
	seen[name.value] = name.line
}

func (d *decoder) checkKnown(doc document, name field[string]) bool {
	if _, ok := doc.host(name.value); ok {
		return true
	}
	var known []string
	for _, h := range doc.hosts {
		known = append(known, h.name.value)
	}
	d.reject(name.line, "unknown host %s: add it to hosts, or name one of %s", name.value, strings.Join(known, ", "))
	return false
}

// checkUsable checks that a host can have the address in one of the prefixes: it lies
// inside and is neither the network's nor the broadcast address, which prefixes
// of /31 and longer do not have (RFC 3021).
func (d *decoder) checkUsable(address field[netip.Addr], prefixes []field[netip.Prefix], network string) {
	if !address.ok || len(prefixes) == 0 || slices.ContainsFunc(prefixes, func(p field[netip.Prefix]) bool { return !p.ok }) {
		return
	}
	all, a := Networks(values(prefixes)), address.value
	switch p := all.Of(route.FamilyOf(a)); {
	case !p.Contains(a):
		d.reject(address.line, "address %s is outside of %s, %s: change one of them", a, network, all)
	case p.Bits() < a.BitLen()-1 && a == p.Addr():
		d.reject(address.line, "address %s is the network address of %s, %s: use a host's address", a, network, p)
	case p.Bits() < a.BitLen()-1 && !p.Contains(a.Next()):
		d.reject(address.line, "address %s is the broadcast address of %s, %s: use a host's address", a, network, p)
	}
}

func (doc document) host(name string) (*host, bool) {
	i := slices.IndexFunc(doc.hosts, func(h *host) bool { return h.name.ok && h.name.value == name })
	if i < 0 {
		return nil, false
	}
	return doc.hosts[i], true
}

func (l *link) joins(host string) bool {
	return slices.ContainsFunc(l.ends, func(e end) bool { return e.host.ok && e.host.value == host })
}
