package route

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Kind says what a route does with a packet.
type Kind uint8

// The kinds of route that the Linux kernel and Calico know.
const (
	Unicast Kind = iota
	Blackhole
	Unreachable
	Prohibit
)

// String names the kind as iproute2 does.
func (k Kind) String() string {
	switch k {
	case Unicast:
		return "unicast"
	case Blackhole:
		return "blackhole"
	case Unreachable:
		return "unreachable"
	case Prohibit:
		return "prohibit"
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Origin says who put a route into a table. Its numbers are the kernel's route
// protocols (rtnetlink(7), /etc/iproute2/rt_protos).
type Origin uint8

// The origins that a lab's hosts have. OriginFelix is the number that Felix
// uses for cluster routes and blackholes (felix/dataplane/linux/dataplanedefs).
const (
	OriginKernel Origin = 2
	OriginBoot   Origin = 3
	OriginStatic Origin = 4
	OriginBIRD   Origin = 12
	OriginFelix  Origin = 80
	OriginBGP    Origin = 186
)

// String names the origin as iproute2 prints it after `proto`.
func (o Origin) String() string {
	switch o {
	case OriginKernel:
		return "kernel"
	case OriginBoot:
		return "boot"
	case OriginStatic:
		return "static"
	case OriginBIRD:
		return "bird"
	case OriginFelix:
		return "80"
	case OriginBGP:
		return "bgp"
	}
	return fmt.Sprint(uint8(o))
}

// NextHop is one way on: the neighbour's address (invalid for a route to a
// directly connected prefix), the interface, and whether the kernel is told to
// take the neighbour for on-link.
type NextHop struct {
	Via    netip.Addr
	Dev    string
	Onlink bool
	// Weight is the next hop's share of the flows beside the others' where it is not 1.
	// The zero value means 1, which BIRD, FRR and the kernel give every next hop of equal
	// cost.
	Weight uint16
}

// String prints the next hop as iproute2 does.
func (n NextHop) String() string {
	var words []string
	if n.Via.IsValid() {
		words = append(words, "via "+n.Via.String())
	}
	if n.Dev != "" {
		words = append(words, "dev "+n.Dev)
	}
	if n.Onlink {
		words = append(words, "onlink")
	}
	if n.Weight != 0 {
		words = append(words, fmt.Sprintf("weight %d", n.Weight))
	}
	return strings.Join(words, " ")
}

func (n NextHop) compare(o NextHop) int {
	onlink := func(n NextHop) int {
		if n.Onlink {
			return 1
		}
		return 0
	}
	return cmp.Or(n.Via.Compare(o.Via), cmp.Compare(n.Dev, o.Dev), cmp.Compare(onlink(n), onlink(o)), cmp.Compare(n.Weight, o.Weight))
}

// Route is one entry of a host's table.
type Route struct {
	Prefix   netip.Prefix
	Kind     Kind
	NextHops []NextHop
	Origin   Origin
	Metric   uint32
	// Source is the address that the host's own packets get, invalid where the route
	// leaves the choice to the kernel.
	Source netip.Addr
	// MTU is the largest packet that takes the route, in bytes; 0 for what the interface
	// carries.
	MTU uint32
	// Attributes are all others that the kernel has for the route, in iproute2's words and
	// in its order; empty for none, as everything in a lab makes its routes.
	Attributes string
}

// String prints the route on one line, in iproute2's words, so that an engineer
// can compare it with the host's own `ip route`.
func (r Route) String() string {
	var b strings.Builder
	if r.Kind != Unicast {
		b.WriteString(r.Kind.String() + " ")
	}
	b.WriteString(r.Prefix.String())
	if len(r.NextHops) == 1 {
		b.WriteString(" " + r.NextHops[0].String())
	}
	fmt.Fprintf(&b, " proto %s", r.Origin)
	if r.Source.IsValid() {
		fmt.Fprintf(&b, " src %s", r.Source)
	}
	if r.Metric != 0 {
		fmt.Fprintf(&b, " metric %d", r.Metric)
	}
	if r.MTU != 0 {
		fmt.Fprintf(&b, " mtu %d", r.MTU)
	}
	if r.Attributes != "" {
		b.WriteString(" " + r.Attributes)
	}
	if len(r.NextHops) > 1 {
		for _, n := range r.NextHops {
			b.WriteString(" nexthop " + n.String())
		}
	}
	return b.String()
}

// Compare orders routes by prefix, metric, origin, kind, source, MTU, other attributes and
// next hops. The order of the next hops does not matter.
func (r Route) Compare(o Route) int {
	if order := cmp.Or(r.Prefix.Addr().Compare(o.Prefix.Addr()), cmp.Compare(r.Prefix.Bits(), o.Prefix.Bits()),
		cmp.Compare(r.Metric, o.Metric), cmp.Compare(r.Origin, o.Origin), cmp.Compare(r.Kind, o.Kind),
		r.Source.Compare(o.Source), cmp.Compare(r.MTU, o.MTU), cmp.Compare(r.Attributes, o.Attributes)); order != 0 {
		return order
	}
	return slices.CompareFunc(sortedHops(r.NextHops), sortedHops(o.NextHops), NextHop.compare)
}

// Corresponds reports whether two routes have the same prefix.
func (r Route) Corresponds(o Route) bool { return r.Prefix == o.Prefix }

func sortedHops(hops []NextHop) []NextHop {
	return slices.SortedFunc(slices.Values(hops), NextHop.compare)
}
