package observe

import (
	"net"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/topology"
)

func TestForeignTables(t *testing.T) {
	to := func(table, kind int, prefix string, unknown ...uint16) routeMessage {
		return routeMessage{table: table, kind: kind, prefix: netip.MustParsePrefix(prefix), unknown: unknown}
	}
	plain := []routeMessage{to(unix.RT_TABLE_MAIN, unix.RTN_UNICAST, "10.1.0.0/16"), to(unix.RT_TABLE_LOCAL, unix.RTN_LOCAL, "10.1.5.11/32")}
	expectFindings(t, foreignTables("spine0", plain))
	expectFindings(t, foreignTables("spine0", append(plain, to(77, unix.RTN_BLACKHOLE, "10.244.0.0/16"), to(77, unix.RTN_UNICAST, "10.1.5.0/24"), to(unix.RT_TABLE_DEFAULT, unix.RTN_UNICAST, "0.0.0.0/0"))),
		"spine0: other-tables: table 77 has 2 routes, the first to 10.244.0.0/16, and no program of the lab uses it (to undo it: ip route flush table 77)",
		"table 253 has 1 routes")
	expectFindings(t, foreignTables("spine0", append(plain, to(unix.RT_TABLE_MAIN, unix.RTN_UNICAST, "10.2.0.0/16", 30))), "the route to 10.2.0.0/16 has attributes that Rackproof does not know: number [30]")
}

func TestForeignLocals(t *testing.T) {
	at := func(kind int, prefix string) routeMessage {
		return routeMessage{table: unix.RT_TABLE_LOCAL, kind: kind, prefix: netip.MustParsePrefix(prefix)}
	}
	own := []local{{"lo", netip.MustParsePrefix("127.0.0.1/8")}, {"net0", netip.MustParsePrefix("10.1.5.11/24")}, {"tunl0", netip.MustParsePrefix("10.244.1.0/32")}}
	good := []routeMessage{
		at(unix.RTN_LOCAL, "127.0.0.0/8"), at(unix.RTN_LOCAL, "127.0.0.1/32"), at(unix.RTN_BROADCAST, "127.255.255.255/32"),
		at(unix.RTN_LOCAL, "10.1.5.11/32"), at(unix.RTN_BROADCAST, "10.1.5.255/32"), at(unix.RTN_BROADCAST, "10.1.5.0/32"), at(unix.RTN_LOCAL, "10.244.1.0/32"),
		{table: unix.RT_TABLE_MAIN, kind: unix.RTN_UNICAST, prefix: netip.MustParsePrefix("10.9.0.0/16")},
	}
	expectFindings(t, foreignLocals("worker", own, good))
	for _, c := range []struct {
		name   string
		routes []routeMessage
		want   string
	}{
		{"a range", append(good, at(unix.RTN_LOCAL, "192.168.4.0/24")), "a local route takes packets for 192.168.4.0/24, which the topology does not give the host (to undo it: ip route del local 192.168.4.0/24 table local)"},
		{"before all tables", append(good, at(unix.RTN_BLACKHOLE, "10.1.8.0/24")), "the local table has a blackhole route to 10.1.8.0/24"},
		{"a broadcast inside", append(good, at(unix.RTN_BROADCAST, "10.1.5.12/32")), "the local table has a broadcast route to 10.1.5.12/32"},
		{"an own address", append(good[:3:3], good[4:]...), "the local table has no route to 10.1.5.11 of net0"},
	} {
		t.Run(c.name, func(t *testing.T) { expectFindings(t, foreignLocals("worker", own, c.routes), c.want) })
	}
}

func TestNarrowTunnels(t *testing.T) {
	routes := []routeMessage{{prefix: netip.MustParsePrefix("10.244.1.0/26"), dev: "tunl0", mtu: 1480}, {prefix: netip.MustParsePrefix("10.1.0.0/16"), dev: "net0", mtu: 1000}}
	expectFindings(t, narrowTunnels("worker", routes, map[string]int{"tunl0": 1480, "net0": 1500}))
	expectFindings(t, narrowTunnels("worker", routes, map[string]int{"tunl0": 1400, "net0": 1500}),
		"worker: interfaces: tunnel tunl0 has MTU 1400, and the route to 10.244.1.0/26 has 1480 (to undo it: ip link set dev tunl0 mtu 1480)")
}

func TestForeignInterfaces(t *testing.T) {
	host, top := worker()
	host.Interfaces[0].Link, top.Links = "rack0", []topology.Link{{Name: "rack0", MTU: 9000}}
	with := func(name string, change func(*netlink.LinkAttrs)) []netlink.Link {
		attributes := netlink.LinkAttrs{Name: name, MTU: 9000}
		change(&attributes)
		return []netlink.Link{&netlink.Device{LinkAttrs: attributes}}
	}
	for _, c := range []struct {
		name   string
		dev    string
		change func(*netlink.LinkAttrs)
		want   []string
	}{
		{"as it is", "net0", func(*netlink.LinkAttrs) {}, nil},
		{"another interface", "eth0", func(a *netlink.LinkAttrs) { a.MTU, a.MasterIndex = 1400, 7 }, nil},
		{"narrow", "net0", func(a *netlink.LinkAttrs) { a.MTU = 1400 },
			[]string{"worker: interfaces: interface net0 has MTU 1400, and the topology gives its link 9000 (to undo it: ip link set dev net0 mtu 9000)"}},
		{"of a bridge", "net0", func(a *netlink.LinkAttrs) { a.MasterIndex = 7 }, []string{"interface net0 belongs to another device"}},
		{"without ARP", "net0", func(a *netlink.LinkAttrs) { a.RawFlags = unix.IFF_NOARP }, []string{"ip link set dev net0 arp on"}},
		{"with a program", "eth0", func(a *netlink.LinkAttrs) { a.Xdp = &netlink.LinkXdp{Attached: true} }, []string{"worker: packet-filters: interface eth0 has an XDP program"}},
	} {
		t.Run(c.name, func(t *testing.T) { expectFindings(t, foreignInterfaces(host, top, with(c.dev, c.change)), c.want...) })
	}
}

func TestForeignNeighbours(t *testing.T) {
	leaf := topology.Interface{Host: "leaf0", Name: "eth3", Link: "rack0", Addresses: []netip.Prefix{netip.MustParsePrefix("10.1.5.1/24")}}
	node := topology.Interface{Host: "worker", Name: "net0", Link: "rack0", Addresses: []netip.Prefix{netip.MustParsePrefix("10.1.5.11/24")}}
	top := &topology.Topology{Links: []topology.Link{{Name: "rack0", Ends: []topology.Interface{leaf, node}}}}
	gateway := leaf.Addresses[0].Addr()
	found := func(neighbours ...neighbour) []Finding {
		return foreignNeighbours(top, []look{
			{host: topology.Host{Name: "leaf0", Interfaces: []topology.Interface{leaf}}, hardware: map[netip.Addr]string{gateway: "02:00:00:00:00:01"}},
			{host: topology.Host{Name: "worker", Interfaces: []topology.Interface{node}}, neighbours: neighbours},
		})
	}
	const theirs, wrong = "02:00:00:00:00:01", "02:00:00:00:00:99"
	other := netip.MustParseAddr("10.1.5.77")
	for _, c := range []struct {
		name string
		n    neighbour
		want string
	}{
		{"as it is", neighbour{dev: "net0", address: gateway, hardware: theirs}, ""},
		{"of another host", neighbour{dev: "net0", address: gateway, hardware: wrong}, "worker: neighbours: it looks for 10.1.5.1 on net0 at 02:00:00:00:00:99, and leaf0 has 02:00:00:00:00:01 (to undo it: ip neigh del 10.1.5.1 dev net0)"},
		{"right, and permanent", neighbour{dev: "net0", address: gateway, hardware: theirs, made: true}, "somebody has set the neighbour 10.1.5.1 on net0"},
		{"of nobody, and permanent", neighbour{dev: "eth0", address: other, hardware: wrong, made: true}, "somebody has set the neighbour 10.1.5.77 on eth0"},
		{"an address of nobody", neighbour{dev: "net0", address: other, hardware: wrong}, ""},
		{"a pod's", neighbour{dev: "cali123", address: other, hardware: wrong, made: true}, ""},
		{"a far end's", neighbour{dev: "vxlan.calico", address: other, hardware: wrong, made: true}, ""},
		{"answered for", neighbour{dev: "net0", address: other, proxy: true}, "the host answers for 10.1.5.77 on net0 (to undo it: ip neigh del proxy 10.1.5.77 dev net0)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want == "" {
				expectFindings(t, found(c.n))
			} else {
				expectFindings(t, found(c.n), c.want)
			}
		})
	}
}

func TestHardwareAddresses(t *testing.T) {
	host, _ := worker()
	links := []netlink.Link{
		&netlink.Device{LinkAttrs: netlink.LinkAttrs{Name: "net0", HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 1}}},
		&netlink.Device{LinkAttrs: netlink.LinkAttrs{Name: "eth0", HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 2}}},
	}
	got := hardwareAddresses(host, links)
	if at := got[netip.MustParseAddr("10.1.5.11")]; len(got) != 1 || at != "02:00:00:00:00:01" {
		t.Errorf("got %v", got)
	}
}

func TestLast(t *testing.T) {
	for network, want := range map[string]string{"10.1.5.0/24": "10.1.5.255", "10.0.0.0/31": "10.0.0.1", "10.1.5.4/32": "10.1.5.4", "127.0.0.0/8": "127.255.255.255"} {
		if got := last(netip.MustParsePrefix(network)); got != netip.MustParseAddr(want) {
			t.Errorf("the last address of %s is %s, want %s", network, got, want)
		}
	}
}
