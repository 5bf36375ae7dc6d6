package route

import "net/netip"

// Single is the prefix of one address.
func Single(address netip.Addr) netip.Prefix {
	return netip.PrefixFrom(address, address.BitLen())
}
