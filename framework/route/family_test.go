package route

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFamily(t *testing.T) {
	for _, test := range []struct {
		address            string
		family             Family
		number             int
		name               string
		everywhere, single string
	}{
		{"10.1.5.1", IPv4, unix.AF_INET, "IPv4", "0.0.0.0/0", "10.1.5.1/32"},
		{"2001:db8::1", IPv6, unix.AF_INET6, "IPv6", "::/0", "2001:db8::1/128"},
	} {
		address := netip.MustParseAddr(test.address)
		family := FamilyOf(address)
		if family != test.family || int(family) != test.number || family.String() != test.name {
			t.Errorf("the family of %s is %s, number %d", address, family, family)
		}
		if got := family.Everywhere(); got != netip.MustParsePrefix(test.everywhere) {
			t.Errorf("the default route's prefix of %s is %s", family, got)
		}
		if got := Single(address); got != netip.MustParsePrefix(test.single) {
			t.Errorf("the prefix of %s is %s", address, got)
		}
	}
	if none := Single(netip.Addr{}); none.IsValid() {
		t.Errorf("the prefix of no address is %s", none)
	}
}
