package route

import "net/netip"

// Family is a family of addresses. Its numbers are the kernel's, so that netlink and
// sockets take it as it is.
type Family uint8

// The families: the kernel's AF_INET and AF_INET6.
const (
	IPv4 Family = 2
	IPv6 Family = 10
)

// FamilyOf is the family of an address.
func FamilyOf(address netip.Addr) Family {
	if address.Is4() {
		return IPv4
	}
	return IPv6
}

// String names the family.
func (f Family) String() string {
	if f == IPv4 {
		return "IPv4"
	}
	return "IPv6"
}

// Everywhere is the prefix of the family's default route.
func (f Family) Everywhere() netip.Prefix {
	if f == IPv4 {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
}

// Single is the prefix of one address; invalid for none.
func Single(address netip.Addr) netip.Prefix {
	return netip.PrefixFrom(address, address.BitLen())
}
