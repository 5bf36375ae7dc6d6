package vtep

import (
	"net/netip"
	"testing"

	"github.com/rackproof/rackproof/framework/diff"
)

func TestCompare(t *testing.T) {
	whole := VTEP{netip.MustParseAddr("10.244.189.66"), "66:54:bd:6c:19:2d", netip.MustParseAddr("10.1.8.10")}
	other := VTEP{netip.MustParseAddr("10.244.171.66"), "66:10:f5:eb:e6:ac", netip.MustParseAddr("10.1.5.11")}
	noNeighbour := VTEP{HardwareAddress: whole.HardwareAddress, Node: whole.Node}
	noForwarding := VTEP{Tunnel: whole.Tunnel, HardwareAddress: whole.HardwareAddress}
	tests := []struct {
		name      string
		want, got Tables
		says      string
	}{
		{"the same in another order", Tables{"a": {whole, other}}, Tables{"a": {other, whole}}, ""},
		{"none at all", Tables{"a": nil}, Tables{}, ""},
		{"no neighbour", Tables{"a": {whole, other}, "b": {whole}}, Tables{"a": {other, noNeighbour}, "b": {whole}},
			"a:\n  ~ expected    10.244.189.66 at 66:54:bd:6c:19:2d by 10.1.8.10\n    got         66:54:bd:6c:19:2d by 10.1.8.10, and no permanent neighbour\n"},
		{"no forwarding entry", Tables{"a": {whole}}, Tables{"a": {noForwarding}},
			"a:\n  ~ expected    10.244.189.66 at 66:54:bd:6c:19:2d by 10.1.8.10\n    got         10.244.189.66 at 66:54:bd:6c:19:2d, and no forwarding entry\n"},
		{"a node that nothing was read from", Tables{"a": {other}}, Tables{}, "a:\n  - missing     10.244.171.66 at 66:10:f5:eb:e6:ac by 10.1.5.11\n"},
		{"a node that should have none", Tables{}, Tables{"a": {other}}, "a:\n  + unexpected  10.244.171.66 at 66:10:f5:eb:e6:ac by 10.1.5.11\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := diff.Compare(test.want, test.got).String(); got != test.says {
				t.Errorf("got\n%s\nwant\n%s", got, test.says)
			}
		})
	}
}
