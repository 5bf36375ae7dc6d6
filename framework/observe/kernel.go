package observe

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/route"
)

// KernelTable reads a host's main tables of some families by netlink.
func KernelTable(host lab.Host, families []route.Family) (route.Table, error) {
	handle, err := lab.Netlink(host)
	if err != nil {
		return nil, err
	}
	defer handle.Close()
	links, err := handle.LinkList()
	if err != nil {
		return nil, fmt.Errorf("%s: list its interfaces: %w", host.Name(), err)
	}
	names := map[int]string{}
	for _, link := range links {
		names[link.Attrs().Index] = link.Attrs().Name
	}
	table := route.Table{}
	for _, family := range families {
		found, err := handle.RouteListFiltered(int(family), &netlink.Route{Table: unix.RT_TABLE_MAIN}, netlink.RT_FILTER_TABLE)
		if err != nil {
			return nil, fmt.Errorf("%s: list its %s routes: %w", host.Name(), family, err)
		}
		for _, r := range found {
			converted, err := convert(r, family, names)
			if err != nil {
				return nil, fmt.Errorf("%s: route %s: %w", host.Name(), r, err)
			}
			table = append(table, converted)
		}
	}
	return table.Sorted(), nil
}

func convert(r netlink.Route, family route.Family, names map[int]string) (route.Route, error) {
	converted := route.Route{
		Origin: route.Origin(r.Protocol), Metric: uint32(r.Priority),
		Source: toAddr(r.Src), MTU: uint32(r.MTU), Attributes: otherAttributes(r),
	}
	switch r.Type {
	case unix.RTN_UNICAST:
		converted.Kind = route.Unicast
	case unix.RTN_BLACKHOLE:
		converted.Kind = route.Blackhole
	case unix.RTN_UNREACHABLE:
		converted.Kind = route.Unreachable
	case unix.RTN_PROHIBIT:
		converted.Kind = route.Prohibit
	default:
		return converted, fmt.Errorf("a kind that Rackproof does not know: %d", r.Type)
	}
	prefix, err := destination(r.Dst, family)
	if err != nil {
		return converted, err
	}
	converted.Prefix = prefix
	if converted.Kind != route.Unicast {
		// The kernel hangs these on lo, which says nothing.
		return converted, nil
	}
	if len(r.MultiPath) == 0 {
		converted.NextHops = []route.NextHop{nextHop(r.Gw, r.LinkIndex, r.Flags, names)}
		return converted, nil
	}
	for _, hop := range r.MultiPath {
		if hop.Flags&unix.RTNH_F_DEAD != 0 {
			continue // its interface is down; the kernel keeps it and never uses it
		}
		next := nextHop(hop.Gw, hop.LinkIndex, hop.Flags, names)
		if hop.Hops != 0 {
			next.Weight = uint16(hop.Hops) + 1 // the kernel counts from 0
		}
		converted.NextHops = append(converted.NextHops, next)
	}
	return converted, nil
}

func nextHop(gateway net.IP, index, flags int, names map[int]string) route.NextHop {
	hop := route.NextHop{Dev: names[index], Onlink: flags&unix.RTNH_F_ONLINK != 0}
	if addr, ok := netip.AddrFromSlice(gateway); ok {
		hop.Via = addr.Unmap()
	}
	return hop
}

// destination converts a route's destination; the default route has none in some versions
// of netlink's answer.
func destination(dst *net.IPNet, family route.Family) (netip.Prefix, error) {
	if dst == nil {
		return family.Everywhere(), nil
	}
	return toPrefix(dst)
}

func toPrefix(n *net.IPNet) (netip.Prefix, error) {
	addr, ok := netip.AddrFromSlice(n.IP)
	if !ok {
		return netip.Prefix{}, fmt.Errorf("%s is no prefix", n)
	}
	ones, _ := n.Mask.Size()
	return netip.PrefixFrom(addr.Unmap(), ones), nil
}
