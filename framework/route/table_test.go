package route

import (
	"net/netip"
	"testing"
)

func TestLookup(t *testing.T) {
	table := Table{
		{Prefix: prefix("0.0.0.0/0"), NextHops: via("10.0.0.1"), Origin: OriginStatic},
		{Prefix: prefix("10.244.0.0/26"), Kind: Blackhole, Origin: OriginBIRD},
		{Prefix: prefix("10.244.0.5/32"), NextHops: []NextHop{{Dev: "cali1"}}, Origin: OriginBoot},
		{Prefix: prefix("10.244.1.0/26"), NextHops: via("10.0.0.3"), Origin: OriginBIRD, Metric: 1024},
		{Prefix: prefix("10.244.1.0/26"), NextHops: via("10.0.0.2"), Origin: OriginFelix},
	}
	tests := []struct {
		name, to, want string
	}{
		{"a pod before its block", "10.244.0.5", "10.244.0.5/32 dev cali1 proto boot"},
		{"a block without the pod", "10.244.0.6", "blackhole 10.244.0.0/26 proto bird"},
		{"the lower metric", "10.244.1.9", "10.244.1.0/26 via 10.0.0.2 dev eth1 proto 80"},
		{"the default", "192.0.2.1", "0.0.0.0/0 via 10.0.0.1 dev eth1 proto static"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, ok := table.Lookup(netip.MustParseAddr(test.to))
			if !ok || r.String() != test.want {
				t.Errorf("got %s (%t), want %s", r, ok, test.want)
			}
		})
	}
	if r, ok := (Table{}).Lookup(netip.MustParseAddr("192.0.2.1")); ok {
		t.Errorf("an empty table gives %s", r)
	}
}

func TestWithin(t *testing.T) {
	table := Table{
		{Prefix: prefix("0.0.0.0/0")}, {Prefix: prefix("10.244.0.0/26")}, {Prefix: prefix("10.245.0.0/26")},
		{Prefix: prefix("10.0.0.0/8")}, {Prefix: prefix("10.244.0.0/16")},
	}
	in := table.Within(prefix("10.244.0.0/16"))
	if len(in) != 2 {
		t.Errorf("within the pool: %v", in)
	}
	if out := table.Without(prefix("10.244.0.0/16")); len(in)+len(out) != len(table) {
		t.Errorf("outside the pool: %v", out)
	}
}
