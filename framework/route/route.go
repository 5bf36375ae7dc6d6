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
	return strings.Join(words, " ")
}

func (n NextHop) compare(o NextHop) int {
	onlink := func(n NextHop) int {
		if n.Onlink {
			return 1
		}
		return 0
	}
	return cmp.Or(n.Via.Compare(o.Via), cmp.Compare(n.Dev, o.Dev), cmp.Compare(onlink(n), onlink(o)))
}

// Route is one entry of a host's table.
type Route struct {
	Prefix   netip.Prefix
	Kind     Kind
	NextHops []NextHop
	Origin   Origin
	Metric   uint32
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
	if r.Metric != 0 {
		fmt.Fprintf(&b, " metric %d", r.Metric)
	}
	if len(r.NextHops) > 1 {
		for _, n := range r.NextHops {
			b.WriteString(" nexthop " + n.String())
		}
	}
	return b.String()
}

// Compare orders routes by prefix, metric, origin, kind and next hops. The order of the
// next hops does not matter.
func (r Route) Compare(o Route) int {
	if order := cmp.Or(r.Prefix.Addr().Compare(o.Prefix.Addr()), cmp.Compare(r.Prefix.Bits(), o.Prefix.Bits()),
		cmp.Compare(r.Metric, o.Metric), cmp.Compare(r.Origin, o.Origin), cmp.Compare(r.Kind, o.Kind)); order != 0 {
		return order
	}
	return slices.CompareFunc(sortedHops(r.NextHops), sortedHops(o.NextHops), NextHop.compare)
}

// Corresponds reports whether two routes have the same prefix.
func (r Route) Corresponds(o Route) bool { return r.Prefix == o.Prefix }

func sortedHops(hops []NextHop) []NextHop {
	return slices.SortedFunc(slices.Values(hops), NextHop.compare)
}
