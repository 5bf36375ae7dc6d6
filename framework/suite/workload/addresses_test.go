package workload

import (
	"net/netip"
	"testing"
)

func TestNth(t *testing.T) {
	tests := []struct {
		name   string
		prefix netip.Prefix
		n      int
		want   string
	}{
		{"the first", netip.MustParsePrefix("192.0.2.0/24"), 1, "192.0.2.1"},
		{"the last", netip.MustParsePrefix("192.0.2.0/24"), 255, "192.0.2.255"},
		{"beyond the last", netip.MustParsePrefix("192.0.2.0/24"), 256, ""},
		{"beyond the first octet's end", netip.MustParsePrefix("198.51.0.0/16"), 300, "198.51.1.44"},
		{"the name of the network", netip.MustParsePrefix("192.0.2.0/24"), 0, ""},
		{"before the range", netip.MustParsePrefix("192.0.2.0/24"), -1, ""},
		{"beyond all addresses", netip.MustParsePrefix("255.255.255.0/24"), 1 << 40, ""},
		{"a range of one", netip.MustParsePrefix("192.0.2.7/32"), 1, ""},
		{"no range", netip.Prefix{}, 1, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := nth(test.prefix, test.n)
			if (err == nil) != (test.want != "") || (err == nil && got.String() != test.want) {
				t.Errorf("got %s, %v; want %q", got, err, test.want)
			}
		})
	}
}
