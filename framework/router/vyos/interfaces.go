package vyos

import "net/netip"

// interfaceTypes are the rules for the types of interfaces.
func (r *reader) interfaceTypes() rules {
	return rules{
		"ethernet": r.ethernet,
		"loopback": r.elsewhere,
		"dummy":    r.elsewhere,
	}
}

// ethernet reads an interface. It is part of the Config if it has an IPv4 address.
func (r *reader) ethernet(n *statement) {
	if !n.hasValue {
		r.reject(n.line, "%s has no name: write it behind ethernet, as in eth1", n.path())
		return
	}
	name, err := parseInterfaceName(n.value)
	if err != nil {
		r.reject(n.line, "%s: %v", n.path(), err)
		return
	}
	var (
		address  field[netip.Prefix]
		mtu      field[int]
		disabled bool
	)
	r.within(n, rules{
		"address": func(n *statement) { r.address(n, &address) },
		"mtu":     value(r, numberFrom(leastMTU, mostMTU), &mtu),
		"disable": r.flag(&disabled),
	}.
		plus(same(skip, "description", "duplex", "speed", "hw-id", "mac", "offload", "ring-buffer", "disable-flow-control",
			"disable-link-detect", "dhcp-options", "dhcpv6-options")).
		plus(same(r.leaveOut("labs leave it as the kernel has it"), "ip", "ipv6", "mirror", "eapol", "xdp", "evpn")),
		r.refuse)
	if disabled {
		r.remark(n.line, "%s is left out: it is disabled", n.path())
		return
	}
	if !address.ok {
		return
	}
	i := Interface{Name: name, Address: address.value, MTU: defaultMTU}
	if mtu.ok {
		i.MTU = mtu.value
	}
	r.boot.Interfaces = append(r.boot.Interfaces, i)
	r.boot.lines[name] = address.line
}

// address reads one of an interface's addresses; VyOS allows several.
func (r *reader) address(n *statement, into *field[netip.Prefix]) {
	if n.value == "dhcp" || n.value == "dhcpv6" {
		r.remark(n.line, "%s %s is left out: labs have fixed addresses", n.path(), n.value)
		return
	}
	var address field[netip.Prefix]
	value(r, parseInterfaceAddress, &address)(n)
	switch {
	case !address.ok:
	case !address.value.Addr().Is4():
		r.remark(n.line, "%s %s is left out: labs have no IPv6", n.path(), address.value)
	case into.given():
		r.reject(n.line, "%s %s is a second IPv4 address (line %d), and interfaces in labs have one: remove one", n.path(), address.value, into.line)
	default:
		*into = address
	}
}

// elsewhere reads interfaces that are on no link. FRR takes a router ID from the
// loopback if it has an address, and networks may lie there.
func (r *reader) elsewhere(n *statement) {
	for _, child := range n.children {
		if child.name == "address" {
			r.remark(child.line, "%s %s is left out: routers in labs have addresses on links alone", child.path(), readable(child.value))
		}
	}
}

// checkInterfaces finds interfaces that are in each other's networks.
func (r *reader) checkInterfaces() {
	for i, later := range r.boot.Interfaces {
		for _, earlier := range r.boot.Interfaces[:i] {
			if later.Address.Overlaps(earlier.Address) {
				r.reject(r.boot.lines[later.Name], "the network of %s, %s, overlaps that of %s, %s (line %d): change one",
					later.Name, later.Address.Masked(), earlier.Name, earlier.Address.Masked(), r.boot.lines[earlier.Name])
			}
		}
	}
}
