package route

import (
	"net/netip"
	"testing"

	"github.com/rackproof/rackproof/framework/diff"
)

func prefix(text string) netip.Prefix { return netip.MustParsePrefix(text) }

func via(hops ...string) []NextHop {
	var list []NextHop
	for _, hop := range hops {
		list = append(list, NextHop{Via: netip.MustParseAddr(hop), Dev: "eth1"})
	}
	return list
}

func bgp(to string, hops ...string) Route {
	return Route{Prefix: prefix(to), NextHops: via(hops...), Origin: OriginBGP, Metric: 20}
}

func TestCompare(t *testing.T) {
	tests := []struct {
		name      string
		want, got Table
		expected  string
	}{
		{
			name: "same routes in another order",
			want: Table{bgp("10.1.0.0/24", "10.0.0.1", "10.0.0.2"), bgp("10.2.0.0/24", "10.0.0.1")},
			got:  Table{bgp("10.2.0.0/24", "10.0.0.1"), bgp("10.1.0.0/24", "10.0.0.2", "10.0.0.1")},
		},
		{
			name:     "a route is missing",
			want:     Table{bgp("10.1.0.0/24", "10.0.0.1")},
			expected: "- missing     10.1.0.0/24 via 10.0.0.1 dev eth1 proto bgp metric 20",
		},
		{
			name:     "a route should not be there",
			got:      Table{bgp("10.1.0.0/24", "10.0.0.1")},
			expected: "+ unexpected  10.1.0.0/24 via 10.0.0.1 dev eth1 proto bgp metric 20",
		},
		{
			name: "a next hop is lost",
			want: Table{bgp("10.1.0.0/24", "10.0.0.1", "10.0.0.2")},
			got:  Table{bgp("10.1.0.0/24", "10.0.0.2")},
			expected: "~ expected    10.1.0.0/24 proto bgp metric 20 nexthop via 10.0.0.1 dev eth1 nexthop via 10.0.0.2 dev eth1\n" +
				"  got         10.1.0.0/24 via 10.0.0.2 dev eth1 proto bgp metric 20",
		},
		{
			name:     "the same route by another owner",
			want:     Table{{Prefix: prefix("10.1.0.0/24"), Kind: Blackhole, Origin: OriginBIRD}},
			got:      Table{{Prefix: prefix("10.1.0.0/24"), Kind: Blackhole, Origin: OriginFelix}},
			expected: "~ expected    blackhole 10.1.0.0/24 proto bird\n  got         blackhole 10.1.0.0/24 proto 80",
		},
		{
			name:     "a second route to a prefix beside the right one",
			want:     Table{bgp("10.1.0.0/24", "10.0.0.1")},
			got:      Table{bgp("10.1.0.0/24", "10.0.0.1"), {Prefix: prefix("10.1.0.0/24"), NextHops: via("10.0.0.9"), Origin: OriginBIRD}},
			expected: "+ unexpected  10.1.0.0/24 via 10.0.0.9 dev eth1 proto bird",
		},
		{
			name: "onlink matters",
			want: Table{{Prefix: prefix("10.1.0.0/24"), NextHops: []NextHop{{Via: netip.MustParseAddr("10.0.0.1"), Dev: "tunl0", Onlink: true}}, Origin: OriginBIRD}},
			got:  Table{{Prefix: prefix("10.1.0.0/24"), NextHops: []NextHop{{Via: netip.MustParseAddr("10.0.0.1"), Dev: "tunl0"}}, Origin: OriginBIRD}},
			expected: "~ expected    10.1.0.0/24 via 10.0.0.1 dev tunl0 onlink proto bird\n" +
				"  got         10.1.0.0/24 via 10.0.0.1 dev tunl0 proto bird",
		},
		{
			name: "weights matter",
			want: Table{bgp("10.1.0.0/24", "10.0.0.1", "10.0.0.2")},
			got: Table{{Prefix: prefix("10.1.0.0/24"), Origin: OriginBGP, Metric: 20, NextHops: []NextHop{
				{Via: netip.MustParseAddr("10.0.0.1"), Dev: "eth1"}, {Via: netip.MustParseAddr("10.0.0.2"), Dev: "eth1", Weight: 200},
			}}},
			expected: "~ expected    10.1.0.0/24 proto bgp metric 20 nexthop via 10.0.0.1 dev eth1 nexthop via 10.0.0.2 dev eth1\n" +
				"  got         10.1.0.0/24 proto bgp metric 20 nexthop via 10.0.0.1 dev eth1 nexthop via 10.0.0.2 dev eth1 weight 200",
		},
		{
			name: "sources matter",
			want: Table{{Prefix: prefix("10.1.0.0/24"), NextHops: []NextHop{{Dev: "eth1"}}, Origin: OriginKernel, Source: netip.MustParseAddr("10.1.0.2")}},
			got:  Table{{Prefix: prefix("10.1.0.0/24"), NextHops: []NextHop{{Dev: "eth1"}}, Origin: OriginKernel, Source: netip.MustParseAddr("10.1.0.3")}},
			expected: "~ expected    10.1.0.0/24 dev eth1 proto kernel src 10.1.0.2\n" +
				"  got         10.1.0.0/24 dev eth1 proto kernel src 10.1.0.3",
		},
		{
			name: "MTU and other attributes matter",
			want: Table{{Prefix: prefix("10.1.0.0/24"), NextHops: []NextHop{{Dev: "tunl0"}}, Origin: OriginFelix, MTU: 1480}, bgp("10.2.0.0/24", "10.0.0.1")},
			got: Table{
				{Prefix: prefix("10.1.0.0/24"), NextHops: []NextHop{{Dev: "tunl0"}}, Origin: OriginFelix, MTU: 1000},
				{Prefix: prefix("10.2.0.0/24"), NextHops: via("10.0.0.1"), Origin: OriginBGP, Metric: 20, Attributes: "advmss 500"},
			},
			expected: "~ expected    10.1.0.0/24 dev tunl0 proto 80 mtu 1480\n" +
				"  got         10.1.0.0/24 dev tunl0 proto 80 mtu 1000\n" +
				"~ expected    10.2.0.0/24 via 10.0.0.1 dev eth1 proto bgp metric 20\n" +
				"  got         10.2.0.0/24 via 10.0.0.1 dev eth1 proto bgp metric 20 advmss 500",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := diff.CompareRows(test.want, test.got)
			if d.String() != test.expected {
				t.Errorf("got:\n%s\nwant:\n%s", d, test.expected)
			}
			if d.Empty() != (test.expected == "") {
				t.Errorf("Empty() is %t", d.Empty())
			}
		})
	}
}
