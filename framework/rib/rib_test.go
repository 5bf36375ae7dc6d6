package rib

import (
	"net/netip"
	"testing"
)

func block(nextHop string) Path {
	return Path{
		Prefix: netip.MustParsePrefix("10.244.0.0/26"), Peer: netip.MustParseAddr("10.1.5.1"),
		NextHop: netip.MustParseAddr(nextHop), ASPath: []uint32{65005},
	}
}

func TestCompare(t *testing.T) {
	reflected := block("10.1.5.11")
	reflected.OriginatorID, reflected.ClusterList = netip.MustParseAddr("10.1.5.11"), []netip.Addr{netip.MustParseAddr("244.0.0.1")}
	tagged := block("10.1.5.10")
	tagged.Communities = []string{"65000:100", "64512:1:2"}
	tests := []struct {
		name      string
		want, got Tables
		expected  string
	}{
		{name: "the same in another order", want: Tables{"a": {block("10.1.5.10"), block("10.1.5.11")}}, got: Tables{"a": {block("10.1.5.11"), block("10.1.5.10")}}},
		{name: "a host without paths", want: Tables{"a": nil}, got: Tables{}},
		{name: "missing and unexpected", want: Tables{"a": {block("10.1.5.10")}}, got: Tables{"a": {reflected}},
			expected: "a:\n  - missing     10.244.0.0/26 from 10.1.5.1 next hop 10.1.5.10 AS path [65005]\n" +
				"  + unexpected  10.244.0.0/26 from 10.1.5.1 next hop 10.1.5.11 AS path [65005] originator 10.1.5.11 clusters [244.0.0.1]\n"},
		{name: "communities", want: Tables{"a": {tagged}}, got: Tables{"a": {block("10.1.5.10")}},
			expected: "a:\n  - missing     10.244.0.0/26 from 10.1.5.1 next hop 10.1.5.10 AS path [65005] communities 65000:100 64512:1:2\n" +
				"  + unexpected  10.244.0.0/26 from 10.1.5.1 next hop 10.1.5.10 AS path [65005]\n"},
		{name: "the same path twice", want: Tables{"a": {block("10.1.5.10")}}, got: Tables{"a": {block("10.1.5.10"), block("10.1.5.10")}},
			expected: "a:\n  + unexpected  10.244.0.0/26 from 10.1.5.1 next hop 10.1.5.10 AS path [65005]\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Compare(test.want, test.got); got != test.expected {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.expected)
			}
		})
	}
}
