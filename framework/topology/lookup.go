package topology

import (
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/route"
)

// Host finds a host by its name.
func (t *Topology) Host(name string) (*Host, bool) {
	i := slices.IndexFunc(t.Hosts, func(h Host) bool { return h.Name == name })
	if i < 0 {
		return nil, false
	}
	return &t.Hosts[i], true
}

// Link finds a link by its name.
func (t *Topology) Link(name string) (*Link, bool) {
	i := slices.IndexFunc(t.Links, func(l Link) bool { return l.Name == name })
	if i < 0 {
		return nil, false
	}
	return &t.Links[i], true
}

// Carries is the largest packet that every link of a host carries, in bytes; 0 without
// links.
func (t *Topology) Carries(host Host) int {
	least := 0
	for _, i := range host.Interfaces {
		if link, ok := t.Link(i.Link); ok && (least == 0 || link.MTU < least) {
			least = link.MTU
		}
	}
	return least
}

// ByRole returns the hosts of one role, in the order of the file.
func (t *Topology) ByRole(role Role) []Host {
	return t.where(func(h Host) bool { return h.Role == role })
}

// Nodes returns the Kubernetes nodes, in the order of the file.
func (t *Topology) Nodes() []Host { return t.ByRole(Node) }

// CalicoNodes returns the hosts with a calico-node, in the order of the file: the nodes,
// and the reflectors outside the cluster.
func (t *Topology) CalicoNodes() []Host {
	return t.where(func(h Host) bool { return h.Role.RunsCalico() })
}

// Leaves returns the leaves, in the order of the file.
func (t *Topology) Leaves() []Host { return t.ByRole(Leaf) }

// Spines returns the spines, in the order of the file.
func (t *Topology) Spines() []Host { return t.ByRole(Spine) }

// routes reports whether hosts of the role are routers of the fabric.
func (r Role) routes() bool { return r == Leaf || r == Spine }

// RunsCalico reports whether hosts of the role have a calico-node.
func (r Role) RunsCalico() bool { return r == Node || r == Reflector }

// WithSoftware returns a copy of the topology whose leaves run the given software.
// Spines keep theirs: what a lab compares is the neighbour of the nodes.
func (t *Topology) WithSoftware(software Software) *Topology {
	changed := *t
	changed.Hosts = slices.Clone(t.Hosts)
	for i := range changed.Hosts {
		if changed.Hosts[i].Role == Leaf {
			changed.Hosts[i].Software = software
		}
	}
	return &changed
}

// Rack returns the hosts of one rack, its leaves as well as its nodes, in the
// order of the file.
func (t *Topology) Rack(name string) []Host {
	return t.where(func(h Host) bool { return h.Rack == name })
}

func (t *Topology) where(keep func(Host) bool) []Host {
	var hosts []Host
	for _, h := range t.Hosts {
		if keep(h) {
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// HostOf names the host that has an address on a link. Management addresses are
// no part of the fabric and are not found.
func (t *Topology) HostOf(address netip.Addr) (string, bool) {
	for _, l := range t.Links {
		for _, end := range l.Ends {
			if end.Has(address) {
				return end.Host, true
			}
		}
	}
	return "", false
}

// Peers returns the other ends of all links of a host: the interfaces that it
// reaches without a router. They come in the order of the links.
func (t *Topology) Peers(host string) []Interface {
	var peers []Interface
	for _, l := range t.Links {
		if _, ok := l.End(host); !ok {
			continue
		}
		for _, end := range l.Ends {
			if end.Host != host {
				peers = append(peers, end)
			}
		}
	}
	return peers
}

// End finds a host's end of the link.
func (l Link) End(host string) (Interface, bool) {
	i := slices.IndexFunc(l.Ends, func(e Interface) bool { return e.Host == host })
	if i < 0 {
		return Interface{}, false
	}
	return l.Ends[i], true
}

// Names are hosts' names.
func Names(hosts []Host) []string {
	names := make([]string, 0, len(hosts))
	for _, h := range hosts {
		names = append(names, h.Name)
	}
	return names
}

// Addresses are hosts' own addresses.
func Addresses(hosts []Host) []netip.Addr {
	addresses := make([]netip.Addr, 0, len(hosts))
	for _, h := range hosts {
		addresses = append(addresses, h.Address())
	}
	return addresses
}

// Address is the host's own address in the fabric: that of its first interface.
// For a node it is the node IP. It is invalid for a host without interfaces,
// which the loader does not let pass.
func (h Host) Address() netip.Addr {
	if len(h.Interfaces) == 0 {
		return netip.Addr{}
	}
	return h.Interfaces[0].Addresses[0].Addr()
}

// GatewaysOf are the host's gateways of a family.
func (h Host) GatewaysOf(family route.Family) []netip.Addr {
	other := func(g netip.Addr) bool { return route.FamilyOf(g) != family }
	return slices.DeleteFunc(slices.Clone(h.Gateways), other)
}

// Families are those of the host's addresses.
func (h Host) Families() []route.Family {
	var families []route.Family
	for _, i := range h.Interfaces {
		families = append(families, Networks(i.Addresses).Families()...)
	}
	slices.Sort(families)
	return slices.Compact(families)
}

// Address is the interface's address of a family with its prefix length; invalid if it
// has none.
func (i Interface) Address(family route.Family) netip.Prefix { return Networks(i.Addresses).Of(family) }

// Has reports whether an address is the interface's own.
func (i Interface) Has(address netip.Addr) bool {
	return slices.ContainsFunc(i.Addresses, func(p netip.Prefix) bool { return p.Addr() == address })
}

// Reaches reports whether the interface reaches an address without a router.
func (i Interface) Reaches(address netip.Addr) bool { return Networks(i.Addresses).Contains(address) }

// Interface finds one of the host's interfaces by its name.
func (h Host) Interface(name string) (Interface, bool) {
	i := slices.IndexFunc(h.Interfaces, func(e Interface) bool { return e.Name == name })
	if i < 0 {
		return Interface{}, false
	}
	return h.Interfaces[i], true
}
