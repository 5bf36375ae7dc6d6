package topology

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/route"
)

// dual is the small topology with IPv6 beside IPv4 on one link.
func dual(t *testing.T) *Topology {
	t.Helper()
	top, err := Load("small.yaml", []byte(small), software())
	if err != nil {
		t.Fatal(err)
	}
	top.Pods = append(top.Pods, netip.MustParsePrefix("fd00:10::/48"))
	rack, _ := top.Link("br-leaf0")
	rack.Prefixes = append(rack.Prefixes, netip.MustParsePrefix("fd00:5::/64"))
	six := netip.MustParseAddr("fd00:5::")
	for i := range rack.Ends {
		six = six.Next()
		rack.Ends[i].Addresses = append(rack.Ends[i].Addresses, netip.PrefixFrom(six, 64))
	}
	return top
}

// TestIPv6IsRefusedOnce: IPv6 is written in lists, and refused by one line.
func TestIPv6IsRefusedOnce(t *testing.T) {
	data, err := dual(t).YAML()
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{"pods: [10.244.0.0/16, 'fd00:10::/48']", "prefixes: [10.1.5.0/24, 'fd00:5::/64']", "addresses: [10.1.5.1, 'fd00:5::1']"} {
		if text := strings.ReplaceAll(string(data), `"`, "'"); !strings.Contains(text, list) {
			t.Errorf("no %s in\n%s", list, text)
		}
	}
	_, err = Load("dual.yaml", data, software())
	problems, _ := errors.AsType[Problems](err)
	if len(problems) != 1 || !strings.HasPrefix(problems[0].Text, "IPv6 is not supported yet: ") {
		t.Errorf("got %v", err)
	}
}

func TestInterfaceOfTwoFamilies(t *testing.T) {
	rack, _ := dual(t).Link("br-leaf0")
	end := rack.Ends[0]
	four, six := netip.MustParsePrefix("10.1.5.1/24"), netip.MustParsePrefix("fd00:5::1/64")
	if end.Address(route.IPv4) != four || end.Address(route.IPv6) != six {
		t.Errorf("addresses %s and %s", end.Address(route.IPv4), end.Address(route.IPv6))
	}
	if !end.Has(six.Addr()) || end.Has(four.Addr().Next()) || end.Has(netip.Addr{}) {
		t.Error("an interface has its own addresses alone")
	}
	if !end.Reaches(six.Addr().Next()) || end.Reaches(netip.MustParseAddr("fd00:6::1")) {
		t.Error("an interface reaches what is in its prefixes")
	}
	host := Host{Interfaces: []Interface{end, end}, Gateways: []netip.Addr{four.Addr(), six.Addr()}}
	if families := host.Families(); len(families) != 2 || families[0] != route.IPv4 || families[1] != route.IPv6 {
		t.Errorf("families %v", families)
	}
	if gateways := host.GatewaysOf(route.IPv6); len(gateways) != 1 || gateways[0] != six.Addr() {
		t.Errorf("gateways %v", gateways)
	}
}
