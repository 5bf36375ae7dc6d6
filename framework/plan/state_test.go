package plan

import (
	"net/netip"
	"testing"
)

func TestAfter(t *testing.T) {
	for prefix, want := range map[string]string{
		"192.0.2.0/26":       "192.0.2.64",
		"192.0.2.192/26":     "192.0.3.0",
		"192.0.2.1/32":       "192.0.2.2",
		"192.0.255.0/24":     "192.1.0.0",
		"2001:db8::40/122":   "2001:db8::80",
		"2001:db8::ff80/121": "2001:db8::1:0",
	} {
		if got := after(netip.MustParsePrefix(prefix)); got.String() != want {
			t.Errorf("after %s: %s, want %s", prefix, got, want)
		}
	}
	if got := after(netip.MustParsePrefix("255.255.255.0/24")); got.IsValid() {
		t.Errorf("after the last prefix: %s", got)
	}
}
