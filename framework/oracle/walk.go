package oracle

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// Path is the hosts that a packet passes, first and last included.
type Path []string

// String joins the hosts by arrows.
func (p Path) String() string { return strings.Join(p, " → ") }

// Reason says why a packet does not arrive.
type Reason string

// The reasons of a DeadEnd.
const (
	// NoRoute: the host has no route to the address.
	NoRoute Reason = "has no route"
	// Discarded: the host's route is a blackhole, unreachable or prohibit.
	Discarded Reason = "discards it"
	// NoNeighbor: the route leads to an address that no living host has there.
	NoNeighbor Reason = "has no such neighbour"
	// NotForwarded: the host is no router.
	NotForwarded Reason = "does not forward"
	// NoTunnelEnd: the route leads through a tunnel to an address that no node has
	// there, or the walk was not told of any.
	NoTunnelEnd Reason = "has no such tunnel end"
	// Loop: the packet comes back to a host where it was.
	Loop Reason = "has seen it before"
)

// DeadEnd is why a walk ends before its destination.
type DeadEnd struct {
	To     netip.Addr
	Reason Reason
	// Path ends at the host that the reason is about.
	Path Path
	// Route is the route that the host chose, empty where it has none.
	Route route.Route
}

// Host is where the walk ends.
func (d *DeadEnd) Host() string { return d.Path[len(d.Path)-1] }

// Error says where and why the walk ends.
func (d *DeadEnd) Error() string {
	message := fmt.Sprintf("to %s: %s: %s %s", d.To, d.Path, d.Host(), d.Reason)
	if d.Route.Prefix.IsValid() {
		message += " (" + d.Route.String() + ")"
	}
	return message
}

// Walk follows a packet from a host to an address, hop by hop through the hosts'
// tables, and returns the ways by which it arrives: several where a table has
// several next hops. An address arrives at the host that has it, or at the host
// whose route to it leaves the fabric, as those of pods do. The error has a
// *DeadEnd for every way that does not arrive.
//
// It knows no tunnels, which are not the topology's: see State.Walk.
func Walk(t *topology.Topology, tables route.Tables, from string, to netip.Addr) ([]Path, error) {
	w := walker{topology: t, tables: tables, to: to}
	w.visit(from, nil, nil)
	return w.arrived, errors.Join(w.ended...)
}

// Walk follows a packet as the function of that name does, through the nodes'
// tunnels too: a route through one takes the packet to the node at the other end, by
// the way that the tables have for that node's own address. The path has the hosts
// that the encapsulated packet passes as well.
func (s State) Walk(tables route.Tables, from string, to netip.Addr) ([]Path, error) {
	w := s.walker(tables, to)
	w.visit(from, nil, nil)
	return w.arrived, errors.Join(w.ended...)
}

// WalkToService follows a packet to an address of a service. It arrives at the first node
// that it comes to, whose kube-proxy sends it to a pod: services with externalTrafficPolicy
// Local are not for this walk.
func (s State) WalkToService(tables route.Tables, from string, to netip.Addr) ([]Path, error) {
	w := s.walker(tables, to)
	for _, node := range s.Topology.Nodes() {
		w.serving = append(w.serving, node.Name)
	}
	w.visit(from, nil, nil)
	return w.arrived, errors.Join(w.ended...)
}

// walker begins a walk that knows the nodes' tunnels.
func (s State) walker(tables route.Tables, to netip.Addr) walker {
	w := walker{topology: s.Topology, tables: tables, to: to, ends: map[netip.Addr]string{}}
	for _, n := range s.Nodes {
		for _, address := range []netip.Addr{n.IPIPTunnel, n.VXLANTunnel} {
			if address.IsValid() {
				w.ends[address] = n.Name
			}
		}
		if host, ok := s.Topology.Host(n.Name); ok {
			w.ends[host.Address()] = n.Name
		}
	}
	return w
}

type walker struct {
	topology *topology.Topology
	tables   route.Tables
	to       netip.Addr
	// ends are the nodes at the ends of tunnels, by the addresses that routes through
	// tunnels lead to. Without any no tunnel leads anywhere.
	ends map[netip.Addr]string
	// serving are the hosts at which a packet to a service arrives.
	serving []string
	arrived []Path
	ended   []error
}

// visit goes on from a host. before are all hosts passed, seen those of them that
// looked at the packet itself and not at one around it: a packet may well pass a leaf
// once as it is and once in a tunnel.
func (w *walker) visit(name string, before, seen Path) {
	path := append(slices.Clone(before), name)
	end := func(reason Reason, r route.Route) {
		w.ended = append(w.ended, &DeadEnd{To: w.to, Reason: reason, Path: path, Route: r})
	}
	host, known := w.topology.Host(name)
	table, alive := w.tables[name]
	switch {
	case !known || !alive:
		end(NoNeighbor, route.Route{})
		return
	case w.local(host, table), slices.Contains(w.serving, name):
		w.arrived = append(w.arrived, path)
		return
	case slices.Contains(seen, name):
		end(Loop, route.Route{})
		return
	case len(before) > 0 && host.Role == topology.Client:
		end(NotForwarded, route.Route{})
		return
	}
	chosen, ok := table.Lookup(w.to)
	switch {
	case !ok:
		end(NoRoute, route.Route{})
		return
	case chosen.Kind != route.Unicast:
		end(Discarded, chosen)
		return
	}
	for _, hop := range chosen.NextHops {
		via := hop.Via
		if !via.IsValid() {
			via = w.to
		}
		if isTunnel(hop.Dev) {
			ways, err := w.tunnel(path, via, chosen)
			if err != nil {
				w.ended = append(w.ended, err)
			}
			for _, way := range ways {
				w.visit(way[len(way)-1], way[:len(way)-1], append(slices.Clone(seen), name))
			}
			continue
		}
		neighbor, fabric := w.neighbor(host, hop.Dev, via)
		_, neighborAlive := w.tables[neighbor]
		switch {
		case !fabric:
			w.arrived = append(w.arrived, path)
		case !neighborAlive:
			end(NoNeighbor, chosen)
		default:
			w.visit(neighbor, path, append(slices.Clone(seen), name))
		}
	}
}

// tunnel follows the packet around a packet from the last host of a path to the
// tunnel's end at an address, and returns the whole ways there. It travels as any
// packet to the node's own address, but not through a tunnel again.
func (w *walker) tunnel(path Path, end netip.Addr, chosen route.Route) ([]Path, error) {
	from := path[len(path)-1]
	host, ok := w.topology.Host(w.ends[end])
	if !ok {
		return nil, &DeadEnd{To: w.to, Reason: NoTunnelEnd, Path: path, Route: chosen}
	}
	outer, err := Walk(w.topology, w.tables, from, host.Address())
	ways := make([]Path, 0, len(outer))
	for _, way := range outer {
		ways = append(ways, append(slices.Clone(path), way[1:]...))
	}
	if err != nil {
		err = fmt.Errorf("%s: in a tunnel to %s: %w", path, host.Name, err)
	}
	return ways, err
}

// local reports whether the address is the host's own. That of an interface that is
// down is not.
func (w *walker) local(host *topology.Host, table route.Table) bool {
	if host.Management == w.to || w.ends[w.to] == host.Name {
		return true
	}
	return slices.ContainsFunc(host.Interfaces, func(port topology.Interface) bool {
		return port.Has(w.to) && up(port, w.to, table)
	})
}

// up reports whether one of a host's interfaces is up: the kernel has the connected route
// of its address.
func up(port topology.Interface, address netip.Addr, table route.Table) bool {
	connected := port.Address(route.FamilyOf(address)).Masked()
	return slices.ContainsFunc(table, func(r route.Route) bool {
		return r.Prefix == connected && len(r.NextHops) == 1 && r.NextHops[0].Dev == port.Name
	})
}

// neighbor names the host that has an address at the other end of an interface,
// empty if none has: one whose own interface is down does not answer. An interface
// that is on no link of the fabric leads to workloads.
func (w *walker) neighbor(host *topology.Host, dev string, address netip.Addr) (name string, fabric bool) {
	if host.Management.IsValid() && dev == managementInterface {
		for _, other := range w.topology.Hosts {
			if other.Management == address {
				return other.Name, true
			}
		}
		return "", true
	}
	port, ok := host.Interface(dev)
	if !ok {
		return "", false
	}
	link, _ := w.topology.Link(port.Link)
	for _, end := range link.Ends {
		if end.Has(address) && up(end, address, w.tables[end.Host]) {
			return end.Host, true
		}
	}
	return "", true
}

// isTunnel reports whether an interface is one of Calico's tunnel devices, or flannel's.
func isTunnel(dev string) bool {
	return dev == calico.IPIP.Device() || dev == calico.VXLAN.Device() || dev == calico.FlannelDevice
}
