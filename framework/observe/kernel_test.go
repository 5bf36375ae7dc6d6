package observe

import (
	"net"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/route"
)

func network(t *testing.T, text string) *net.IPNet {
	t.Helper()
	_, n, err := net.ParseCIDR(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestConvert(t *testing.T) {
	names := map[int]string{1: "lo", 2: "eth1", 3: "eth2", 4: "tunl0", 5: "cali1"}
	hop := func(gateway string, index, flags int) *netlink.NexthopInfo {
		return &netlink.NexthopInfo{Gw: net.ParseIP(gateway), LinkIndex: index, Flags: flags}
	}
	tests := []struct {
		name  string
		route netlink.Route
		want  string
	}{
		{"connected", netlink.Route{Dst: network(t, "10.1.5.0/24"), LinkIndex: 2, Type: unix.RTN_UNICAST, Protocol: 2},
			"10.1.5.0/24 dev eth1 proto kernel"},
		{"a pod", netlink.Route{Dst: network(t, "10.244.0.5/32"), LinkIndex: 5, Type: unix.RTN_UNICAST, Protocol: 3},
			"10.244.0.5/32 dev cali1 proto boot"},
		{"a block of another node", netlink.Route{Dst: network(t, "10.244.1.0/26"), Gw: net.ParseIP("10.1.5.11"), LinkIndex: 2, Type: unix.RTN_UNICAST, Protocol: 12},
			"10.244.1.0/26 via 10.1.5.11 dev eth1 proto bird"},
		{"a tunnel", netlink.Route{Dst: network(t, "10.244.1.0/26"), Gw: net.ParseIP("10.1.8.11"), LinkIndex: 4, Type: unix.RTN_UNICAST, Protocol: 80, Flags: unix.RTNH_F_ONLINK},
			"10.244.1.0/26 via 10.1.8.11 dev tunl0 onlink proto 80"},
		{"a blackhole, whose device is lo", netlink.Route{Dst: network(t, "10.244.0.0/26"), LinkIndex: 1, Type: unix.RTN_BLACKHOLE, Protocol: 12},
			"blackhole 10.244.0.0/26 proto bird"},
		{"equal cost", netlink.Route{Dst: network(t, "10.1.8.0/24"), Type: unix.RTN_UNICAST, Protocol: 186, Priority: 20,
			MultiPath: []*netlink.NexthopInfo{hop("10.1.10.2", 2, 0), hop("10.1.12.2", 3, 0)}},
			"10.1.8.0/24 proto bgp metric 20 nexthop via 10.1.10.2 dev eth1 nexthop via 10.1.12.2 dev eth2"},
		{"equal cost with a dead member", netlink.Route{Dst: network(t, "10.1.8.0/24"), Type: unix.RTN_UNICAST, Protocol: 4,
			MultiPath: []*netlink.NexthopInfo{hop("10.1.10.2", 2, unix.RTNH_F_DEAD), hop("10.1.12.2", 3, 0)}},
			"10.1.8.0/24 via 10.1.12.2 dev eth2 proto static"},
		{"unequal weights", netlink.Route{Dst: network(t, "10.1.8.0/24"), Type: unix.RTN_UNICAST, Protocol: 186,
			MultiPath: []*netlink.NexthopInfo{hop("10.1.10.2", 2, 0), {Gw: net.ParseIP("10.1.12.2"), LinkIndex: 3, Hops: 199}}},
			"10.1.8.0/24 proto bgp nexthop via 10.1.10.2 dev eth1 nexthop via 10.1.12.2 dev eth2 weight 200"},
		{"a source, an MTU and others", netlink.Route{Dst: network(t, "10.1.8.0/24"), Gw: net.ParseIP("10.1.10.2"), LinkIndex: 2, Type: unix.RTN_UNICAST, Protocol: 12,
			Src: net.ParseIP("10.1.5.11"), MTU: 1000, AdvMSS: 500, Hoplimit: 3, Tos: 0x10, Realm: 7, Encap: &netlink.MPLSEncap{Labels: []int{100}}},
			"10.1.8.0/24 via 10.1.10.2 dev eth1 proto bird src 10.1.5.11 mtu 1000 tos 0x10 realm 7 advmss 500 hoplimit 3 encap 100"},
		{"the default route, which has no destination", netlink.Route{Gw: net.ParseIP("10.1.5.1"), LinkIndex: 2, Type: unix.RTN_UNICAST, Protocol: 4},
			"0.0.0.0/0 via 10.1.5.1 dev eth1 proto static"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := convert(test.route, route.IPv4, names)
			if err != nil || got.String() != test.want {
				t.Errorf("got %s, %v; want %s", got, err, test.want)
			}
		})
	}
	if got, err := convert(netlink.Route{Type: unix.RTN_MULTICAST}, route.IPv4, names); err == nil {
		t.Errorf("an unknown kind became %s", got)
	}
}
