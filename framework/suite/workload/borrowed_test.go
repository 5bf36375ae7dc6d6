package workload

import (
	"net/netip"
	"testing"
)

func TestLastAddress(t *testing.T) {
	tests := []struct {
		name, block, want string
	}{
		{"a block of many", "192.0.2.64/26", "192.0.2.127"},
		{"a block of one", "192.0.2.7/32", "192.0.2.7"},
		{"a block at the end of all addresses", "255.255.255.192/26", "255.255.255.255"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := lastAddress(netip.MustParsePrefix(test.block)); got.String() != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
