package observe

import (
	"encoding/binary"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// routeMessage is what the checks of tables want of a route, straight from the kernel.
type routeMessage struct {
	table, kind int
	prefix      netip.Prefix
	dev         string
	mtu         int
	// unknown are the numbers of attributes that Rackproof does not compare.
	unknown []uint16
}

// attributeNumber are the bits of an attribute's type that number it; the others are flags
// (NLA_TYPE_MASK in the kernel's linux/netlink.h).
const attributeNumber = 1<<14 - 1

// isComparedAttribute reports whether a route's attribute (RTA_ in the kernel's
// linux/rtnetlink.h) is in route.Route, or is about the kernel's own bookkeeping.
func isComparedAttribute(number uint16) bool {
	return slices.Contains([]uint16{
		unix.RTA_TABLE, unix.RTA_DST, unix.RTA_OIF, unix.RTA_GATEWAY, unix.RTA_PRIORITY, unix.RTA_PREFSRC, unix.RTA_METRICS,
		unix.RTA_MULTIPATH, unix.RTA_FLOW, unix.RTA_CACHEINFO, unix.RTA_PREF,
	}, number)
}

// isComparedHopAttribute reports the same of one of several next hops.
func isComparedHopAttribute(number uint16) bool {
	return number == unix.RTA_GATEWAY
}

func parseRouteMessage(message []byte, family route.Family, names map[int]string) (routeMessage, error) {
	header := nl.DeserializeRtMsg(message)
	attributes, err := nl.ParseRouteAttr(message[header.Len():])
	if err != nil {
		return routeMessage{}, err
	}
	r := routeMessage{table: int(header.Table), kind: int(header.Type), prefix: family.Everywhere()}
	for _, a := range attributes {
		switch number := a.Attr.Type & attributeNumber; {
		case !isComparedAttribute(number):
			r.unknown = append(r.unknown, number)
		case number == unix.RTA_TABLE:
			r.table = int(binary.NativeEndian.Uint32(a.Value))
		case number == unix.RTA_OIF:
			r.dev = names[int(binary.NativeEndian.Uint32(a.Value))]
		case number == unix.RTA_DST:
			if r.prefix, err = toPrefix(&net.IPNet{IP: a.Value, Mask: net.CIDRMask(int(header.Dst_len), 8*len(a.Value))}); err != nil {
				return r, err
			}
		case number == unix.RTA_METRICS:
			metrics, err := nl.ParseRouteAttr(a.Value)
			if err != nil {
				return r, err
			}
			for _, m := range metrics {
				if m.Attr.Type == unix.RTAX_MTU {
					r.mtu = int(binary.NativeEndian.Uint32(m.Value))
				}
			}
		case number == unix.RTA_MULTIPATH:
			unknown, err := unknownOfHops(a.Value)
			if err != nil {
				return r, err
			}
			r.unknown = append(r.unknown, unknown...)
		}
	}
	return r, nil
}

// unknownOfHops are the numbers of the attributes of several next hops that Rackproof does
// not compare.
func unknownOfHops(hops []byte) ([]uint16, error) {
	var unknown []uint16
	for len(hops) > 0 {
		if len(hops) < unix.SizeofRtNexthop {
			return nil, fmt.Errorf("a next hop of %d bytes", len(hops))
		}
		length := int(binary.NativeEndian.Uint16(hops))
		if length < unix.SizeofRtNexthop || length > len(hops) {
			return nil, fmt.Errorf("a next hop of %d bytes in %d", length, len(hops))
		}
		attributes, err := nl.ParseRouteAttr(hops[unix.SizeofRtNexthop:length])
		if err != nil {
			return nil, err
		}
		for _, a := range attributes {
			if number := a.Attr.Type & attributeNumber; !isComparedHopAttribute(number) {
				unknown = append(unknown, number)
			}
		}
		hops = hops[min(len(hops), (length+unix.RTA_ALIGNTO-1)&^(unix.RTA_ALIGNTO-1)):]
	}
	return unknown, nil
}

// readAddressesAndTables compares a host's addresses, and its tables beside the main one.
func readAddressesAndTables(handle *netlink.Handle, inside namespace.Set, host topology.Host, t *topology.Topology, links []netlink.Link) ([]Finding, error) {
	names, up, mtus := map[int]string{}, map[string]bool{}, map[string]int{}
	for _, link := range links {
		attributes := link.Attrs()
		names[attributes.Index], mtus[attributes.Name] = attributes.Name, attributes.MTU
		up[attributes.Name] = attributes.RawFlags&unix.IFF_UP != 0
	}
	addresses, err := readAddresses(handle, names)
	if err != nil {
		return nil, err
	}
	found := foreignAddresses(host, t, addresses)
	for _, family := range host.Families() {
		var routes []routeMessage
		err := dump(inside, unix.RTM_GETROUTE, unix.RTM_NEWROUTE, &nl.RtMsg{RtMsg: unix.RtMsg{Family: uint8(family)}}, func(message []byte) error {
			if nl.DeserializeRtMsg(message).Flags&unix.RTM_F_CLONED != 0 {
				return nil // an answer to packets, which expires: a cached path MTU or redirect
			}
			r, err := parseRouteMessage(message, family, names)
			routes = append(routes, r)
			return err
		})
		if err != nil {
			return found, fmt.Errorf("list its %s routes of all tables: %w", family, err)
		}
		own := slices.DeleteFunc(slices.Clone(addresses), func(a local) bool {
			return route.FamilyOf(a.prefix.Addr()) != family || !up[a.dev]
		})
		found = append(found, foreignTables(host.Name, routes)...)
		found = append(found, foreignLocals(host.Name, own, routes)...)
		found = append(found, narrowTunnels(host.Name, routes, mtus)...)
	}
	return found, nil
}

// foreignTables finds tables beside the main and the local one, and attributes of routes
// that are not compared.
func foreignTables(host string, routes []routeMessage) []Finding {
	var found []Finding
	others := map[int][]routeMessage{}
	for _, r := range routes {
		if r.table != unix.RT_TABLE_MAIN && r.table != unix.RT_TABLE_LOCAL {
			others[r.table] = append(others[r.table], r)
		}
		if r.table == unix.RT_TABLE_MAIN && len(r.unknown) > 0 {
			found = append(found, Finding{
				Host: host, Check: OtherTables,
				What:   fmt.Sprintf("the route to %s has attributes that Rackproof does not know: number %v of rtnetlink", r.prefix, r.unknown),
				Remedy: fmt.Sprintf("ip route del %s, and wait until its owner makes it again", r.prefix),
			})
		}
	}
	for _, table := range slices.Sorted(maps.Keys(others)) {
		list := others[table]
		found = append(found, Finding{
			Host: host, Check: OtherTables,
			What:   fmt.Sprintf("table %d has %d routes, the first to %s, and no program of the lab uses it", table, len(list), list[0].prefix),
			Remedy: fmt.Sprintf("ip route flush table %d", table),
		})
	}
	return found
}

// foreignLocals finds routes of the local table, which comes before all others, that are
// not those of the host's addresses, and addresses without theirs.
func foreignLocals(host string, own []local, routes []routeMessage) []Finding {
	var found []Finding
	report := func(what, remedy string) {
		found = append(found, Finding{Host: host, Check: LocalAddresses, What: what, Remedy: remedy})
	}
	reached := map[netip.Addr]bool{}
	for _, r := range routes {
		if r.table != unix.RT_TABLE_LOCAL {
			continue
		}
		if r.kind == unix.RTN_LOCAL && r.prefix.IsSingleIP() {
			reached[r.prefix.Addr()] = true
		}
		if belongs(r, own) {
			continue
		}
		kind := map[int]string{unix.RTN_UNICAST: "unicast", unix.RTN_LOCAL: "local", unix.RTN_BROADCAST: "broadcast", unix.RTN_BLACKHOLE: "blackhole",
			unix.RTN_UNREACHABLE: "unreachable", unix.RTN_PROHIBIT: "prohibit", unix.RTN_THROW: "throw"}[r.kind]
		what := fmt.Sprintf("the local table has a %s route to %s, which no address of the host needs", kind, r.prefix)
		if r.kind == unix.RTN_LOCAL {
			what = fmt.Sprintf("a local route takes packets for %s, which the topology does not give the host", r.prefix)
		}
		report(what, fmt.Sprintf("ip route del %s %s table local", kind, r.prefix))
	}
	for _, a := range own {
		if !reached[a.prefix.Addr()] {
			report(fmt.Sprintf("the local table has no route to %s of %s: the host does not take its own packets", a.prefix.Addr(), a.dev),
				fmt.Sprintf("ip route add local %s dev %s table local proto kernel scope host src %s", a.prefix.Addr(), a.dev, a.prefix.Addr()))
		}
	}
	return found
}

// belongs reports whether the kernel makes a route of the local table for one of a host's
// addresses: to the address, to loopback's network, to a network's ends as broadcasts, and
// for IPv6 to groups.
func belongs(r routeMessage, own []local) bool {
	return slices.ContainsFunc(own, func(a local) bool {
		address, network := a.prefix.Addr(), a.prefix.Masked()
		switch r.kind {
		case unix.RTN_LOCAL:
			return r.prefix == route.Single(address) || address.IsLoopback() && r.prefix == network
		case unix.RTN_BROADCAST:
			return r.prefix.IsSingleIP() && (r.prefix.Addr() == network.Addr() || r.prefix.Addr() == last(network))
		case unix.RTN_MULTICAST, unix.RTN_ANYCAST:
			return address.Is6()
		}
		return false
	})
}

// last is the last address of a network.
func last(network netip.Prefix) netip.Addr {
	bytes := network.Addr().AsSlice()
	for bit := network.Bits(); bit < len(bytes)*8; bit++ {
		bytes[bit/8] |= 1 << (7 - bit%8)
	}
	address, _ := netip.AddrFromSlice(bytes)
	return address
}

// narrowTunnels finds tunnels of another MTU than the routes through them, to which Felix
// gives the same.
func narrowTunnels(host string, routes []routeMessage, mtus map[string]int) []Finding {
	for _, r := range routes {
		if !slices.Contains(tunnelInterfaces(), r.dev) || r.mtu == 0 || mtus[r.dev] == 0 || r.mtu == mtus[r.dev] {
			continue
		}
		return []Finding{{
			Host: host, Check: Interfaces,
			What:   fmt.Sprintf("tunnel %s has MTU %d, and the route to %s has %d", r.dev, mtus[r.dev], r.prefix, r.mtu),
			Remedy: fmt.Sprintf("ip link set dev %s mtu %d", r.dev, r.mtu),
		}}
	}
	return nil
}
