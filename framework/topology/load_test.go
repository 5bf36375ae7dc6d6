package topology

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// small is a topology with one host of each role. The tests spoil it by
// replacing a piece of it.
const small = `name: small
description: one of each
pods: 10.244.0.0/16
services: 10.96.0.0/16
management: {prefix: 172.30.0.0/24, control: 172.30.0.2}
hosts:
  - {name: spine0, role: spine, as: 500}
  - {name: leaf0, role: leaf, rack: rack0, as: 65005, routerID: 10.1.5.1}
  - {name: node0, role: node, rack: rack0, as: 65005, management: 172.30.0.10, gateways: [leaf0]}
  - {name: node1, role: node, rack: rack0, as: 65005, management: 172.30.0.11, gateways: [leaf0]}
  - {name: client, role: client, gateways: [spine0]}
links:
  - name: leaf0-spine0
    prefix: 10.1.10.0/24
    mtu: 9000
    ends:
      - {host: leaf0, interface: eth1, address: 10.1.10.1}
      - {host: spine0, interface: eth1, address: 10.1.10.2}
  - name: br-leaf0
    bridge: true
    prefix: 10.1.5.0/24
    ends:
      - {host: leaf0, interface: eth3, address: 10.1.5.1}
      - {host: node0, interface: net0, address: 10.1.5.10}
      - {host: node1, interface: net0, address: 10.1.5.11}
  - name: spine0-client
    prefix: 10.1.100.0/31
    ends:
      - {host: spine0, interface: eth3, address: 10.1.100.0}
      - {host: client, interface: eth1, address: 10.1.100.1}
`

// here marks the line of a spoiled topology that the problem must name.
const here = "# here"

// software is what routers of the tests can run.
func software() []Software { return []Software{"frr", "bird"} }

func TestLoad(t *testing.T) {
	got, err := Load("small.yaml", []byte(small), software())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Warnings) != 0 {
		t.Errorf("warnings: %q", got.Warnings)
	}
	leaf, _ := got.Host("leaf0")
	want := Host{
		Name: "leaf0", Role: Leaf, Rack: "rack0", AS: 65005, RouterID: netip.MustParseAddr("10.1.5.1"), Software: DefaultSoftware,
		Interfaces: []Interface{
			{Host: "leaf0", Name: "eth1", Addresses: []netip.Prefix{netip.MustParsePrefix("10.1.10.1/24")}, Link: "leaf0-spine0"},
			{Host: "leaf0", Name: "eth3", Addresses: []netip.Prefix{netip.MustParsePrefix("10.1.5.1/24")}, Link: "br-leaf0"},
		},
	}
	if fmt.Sprint(*leaf) != fmt.Sprint(want) {
		t.Errorf("leaf0\n got %v\nwant %v", *leaf, want)
	}
	node, _ := got.Host("node1")
	if gateways := fmt.Sprint(node.Gateways); gateways != "[10.1.5.1]" {
		t.Errorf("gateways of node1: %s, want leaf0's address on their link", gateways)
	}
	if node.Management != netip.MustParseAddr("172.30.0.11") {
		t.Errorf("management address of node1: %s", node.Management)
	}
	if node.RouterID != netip.MustParseAddr("10.1.5.11") {
		t.Errorf("router ID of node1: %s, want its first address", node.RouterID)
	}
	fast, _ := got.Link("leaf0-spine0")
	plain, _ := got.Link("br-leaf0")
	if fast.MTU != 9000 || plain.MTU != 1500 {
		t.Errorf("MTUs %d and %d, want what the file says and 1500 where it says nothing", fast.MTU, plain.MTU)
	}
	if fast.Bridge || !plain.Bridge || len(plain.Ends) != 3 {
		t.Errorf("links: %v, %v", fast, plain)
	}
	if got.Management.Control != netip.MustParseAddr("172.30.0.2") || got.Pods.String() != "10.244.0.0/16" || got.Services.String() != "10.96.0.0/16" {
		t.Errorf("networks: %v %v %v", got.Management, got.Pods, got.Services)
	}
}

func TestLoadResolvesAGatewayOnEveryLinkShared(t *testing.T) {
	data := small + `  - name: second
    prefix: 10.1.101.0/24
    ends:
      - {host: spine0, interface: eth4, address: 10.1.101.1}
      - {host: client, interface: eth2, address: 10.1.101.2}
`
	got, err := Load("small.yaml", []byte(data), software())
	if err != nil {
		t.Fatal(err)
	}
	client, _ := got.Host("client")
	if gateways := fmt.Sprint(client.Gateways); gateways != "[10.1.100.0 10.1.101.1]" {
		t.Errorf("gateways %s", gateways)
	}
}

func TestLoadRejects(t *testing.T) {
	tests := []struct {
		name string
		// old is the piece of the small topology that becomes new.
		old, new string
		// want is part of what the problem at the marked line says.
		want string
	}{
		{"unknown field at the top", "description: one of each", "colour: red # here", `unknown field "colour" in a topology: use description, externalIPs, hosts`},
		{"unknown field of a host", "as: 500}", "as: 500, vendor: x} # here", `unknown field "vendor" in a host`},
		{"unknown field of a link", "    mtu: 9000", "    speed: 10 # here", `unknown field "speed" in a link`},
		{"unknown field of an end", "address: 10.1.5.10}", "address: 10.1.5.10, mac: x} # here", `unknown field "mac" in an end`},
		{"unknown field of management", "control: 172.30.0.2}", "control: 172.30.0.2, dns: x} # here", `unknown field "dns" in management`},
		{"field twice", "description: one of each", "name: other # here", `field "name" is there twice (line 1): remove one`},
		{"field without value", "description: one of each", "description: # here", "description has no value"},
		{"list where a value belongs", "mtu: 9000", "mtu: [9000] # here", "mtu must be a single value"},
		{"alias", "mtu: 9000", "mtu: &m 9000\n    bridge: *m # here", "bridge is an alias (*m)"},
		{"value where a list belongs", "gateways: [spine0]}", "gateways: spine0} # here", "gateways must be a list"},
		{"second document", "name: small\ndescription: one of each", "name: small\n---\ndescription: one of each # here", "a second document begins here"},

		{"topology name is no label", "name: small", "name: Small_Lab # here", `"Small_Lab" is not a DNS label`},
		{"host name is no label", "name: client,", "name: -client, # here\n    ", `"-client" is not a DNS label`},
		{"rack is no label", "rack: rack0, as: 65005, routerID: 10.1.5.1}", "rack: rack.0, as: 65005, routerID: 10.1.5.1} # here", `"rack.0" is not a DNS label`},
		{"host name too long", "name: client,", "name: " + strings.Repeat("c", 64) + ", # here\n    ", "is not a DNS label"},
		{"link name is no label", "name: br-leaf0", "name: br_leaf0 # here", `"br_leaf0" is not a DNS label`},
		{"link name of 16 characters", "name: leaf0-spine0", "name: leaf0-to-spine00 # here", `link name "leaf0-to-spine00" has 16 characters, more than an interface can have: shorten it to 15`},
		{"interface name of 16 characters", "interface: eth3, address: 10.1.5.1}", "interface: sixteen-letters0, address: 10.1.5.1} # here", `interface name "sixteen-letters0" has 16 characters: shorten it to 15`},
		{"interface name with a slash", "interface: eth3, address: 10.1.5.1}", "interface: eth/3, address: 10.1.5.1} # here", `"eth/3" is not an interface name`},
		{"loopback", "interface: eth3, address: 10.1.5.1}", "interface: lo, address: 10.1.5.1} # here", "lo is the loopback"},

		{"no hosts", small[strings.Index(small, "hosts:"):], "hosts: []\n", "the topology has no hosts"},
		{"unknown role", "role: client", "role: router # here\n    ", `unknown role "router": use node, leaf, spine, client or reflector`},
		{"host without role", "{name: client, role: client, gateways: [spine0]}", "{name: client, gateways: [spine0]} # here", "the host's role is missing"},
		{"host without name", "{name: client, role: client, gateways: [spine0]}", "{role: client, gateways: [spine0]} # here", "the host's name is missing"},
		{"duplicate host", "  - {name: client,", "  - {name: node1, role: node, rack: rack0, as: 65005, management: 172.30.0.12} # here\n  - {name: client,", "a host named node1 is there already (line 10)"},
		{"host on no link", "  - {name: client,", "  - {name: idle, role: client} # here\n  - {name: client,", "host idle is on no link"},
		{"duplicate link", "name: spine0-client", "name: br-leaf0 # here", "a link named br-leaf0 is there already (line 19)"},
		{"link without name", "  - name: spine0-client\n    prefix: 10.1.100.0/31", "  - prefix: 10.1.100.0/31 # here", "the link's name is missing"},
		{"link without prefix", "  - name: spine0-client\n    prefix: 10.1.100.0/31", "  - name: spine0-client # here", "the link's prefix is missing"},

		{"AS 0", "as: 500", "as: 0 # here\n    ", "AS 0 is reserved (RFC 7607)"},
		{"AS too large", "as: 500", "as: 4294967296 # here\n    ", `"4294967296" is not an AS number`},
		{"leaf without AS", "rack: rack0, as: 65005, routerID: 10.1.5.1}", "rack: rack0, routerID: 10.1.5.1} # here", "the AS number of leaf leaf0 is missing: add as"},
		{"spine without AS", ", as: 500}", "} # here", "the AS number of spine spine0 is missing"},
		{"node without AS", "as: 65005, management: 172.30.0.10, gateways: [leaf0]}", "management: 172.30.0.10, gateways: [leaf0]} # here", "the AS number of node node0 is missing"},
		{"client with AS", "role: client, gateways: [spine0]}", "role: client, as: 7, gateways: [spine0]} # here", "a client speaks no BGP: remove as"},
		{"unknown software", "as: 500}", "as: 500, software: ios} # here", `unknown software "ios": use frr or bird`},
		{"client with software", "role: client, gateways: [spine0]}", "role: client, software: frr, gateways: [spine0]} # here", "a client is no router of the fabric: remove software"},
		{"client with a graceful shutdown", "role: client, gateways: [spine0]}", "role: client, gracefulShutdown: true, gateways: [spine0]} # here", "a client is no router of the fabric: remove gracefulShutdown"},
		{"client that originates a default route", "role: client, gateways: [spine0]}", "role: client, defaultOriginate: [spine0], gateways: [spine0]} # here", "a client is no router of the fabric: remove defaultOriginate"},
		{"default route for an unknown host", "as: 500}", "as: 500, defaultOriginate: [leaf9]} # here", "unknown host leaf9"},
		{"default route for a host on no shared link", "as: 500}", "as: 500, defaultOriginate: [node0]} # here", "host spine0 shares no link with its neighbor node0"},
		{"default route twice", "as: 500}", "as: 500, defaultOriginate: [leaf0, leaf0]} # here", "neighbor leaf0 is named twice"},
		{"default route for itself", "as: 500}", "as: 500, defaultOriginate: [spine0]} # here", "host spine0 is its own neighbor"},
		{"client with router ID", "role: client, gateways: [spine0]}", "role: client, routerID: 1.1.1.1, gateways: [spine0]} # here", "a client speaks no BGP: remove routerID"},
		{"node without rack", "rack: rack0, as: 65005, management: 172.30.0.10, gateways: [leaf0]}", "as: 65005, management: 172.30.0.10, gateways: [leaf0]} # here", "the rack of node node0 is missing"},
		{"leaf without rack", "rack: rack0, as: 65005, routerID: 10.1.5.1}", "as: 65005, routerID: 10.1.5.1} # here", "the rack of leaf leaf0 is missing"},
		{"node without management address", "management: 172.30.0.10, gateways: [leaf0]}", "gateways: [leaf0]} # here", "the management address of node node0 is missing"},
		{"node outside of the management network", "management: 172.30.0.10,", "management: 172.31.0.10, # here\n    ", "address 172.31.0.10 is outside of the management network, 172.30.0.0/24"},
		{"switch on the management network", "as: 500}", "as: 500, management: 172.30.0.20} # here", "only nodes are on the management network"},
		{"reflector without AS", "role: client,", "role: reflector, management: 172.30.0.20, # here\n    ", "the AS number of reflector client is missing"},
		{"reflector without management address", "role: client,", "role: reflector, as: 7, # here\n    ", "the management address of reflector client is missing"},
		{"no management network", "management: {prefix: 172.30.0.0/24, control: 172.30.0.2}\n", "", "the management network is missing"},
		{"no pod network", "pods: 10.244.0.0/16\n", "", "the pod network is missing: add pods"},
		{"no cluster IPs", "services: 10.96.0.0/16\n", "", "the network of cluster IPs is missing: add services"},
		{"control plane outside of its network", "control: 172.30.0.2}", "control: 172.30.1.2} # here", "address 172.30.1.2 is outside of the management network"},

		{"router ID twice within an AS", "rack: rack0, as: 65005, management: 172.30.0.10,", "rack: rack0, routerID: 10.1.5.1, as: 65005, management: 172.30.0.10, # here\n    ", "router ID 10.1.5.1 of node0 is that of leaf0 too (line 8), in the same AS 65005 (RFC 6286)"},
		{"router ID 0.0.0.0", "as: 500}", "as: 500, routerID: 0.0.0.0} # here", "0.0.0.0 is no host's address"},

		{"link with one end", "  - name: spine0-client", `  - name: loose # here
    prefix: 10.1.102.0/24
    ends:
      - {host: spine0, interface: eth9, address: 10.1.102.1}
  - name: spine0-client`, "link loose needs 2 ends and has 1"},
		{"bridge with one end", "  - name: spine0-client", `  - name: loose # here
    bridge: true
    prefix: 10.1.102.0/24
    ends:
      - {host: spine0, interface: eth9, address: 10.1.102.1}
  - name: spine0-client`, "link loose needs 2 ends and has 1"},
		{"three ends without a bridge", "  - name: br-leaf0\n    bridge: true", "  - name: br-leaf0 # here", "link br-leaf0 has 3 ends: give it 2, or make it a bridge"},
		{"neither true nor false", "bridge: true", "bridge: yes # here", `"yes" is neither true nor false`},
		{"unknown host of a link", "host: client, interface: eth1", "host: klient, interface: eth1 # here\n        ", "unknown host klient: add it to hosts, or name one of spine0, leaf0, node0, node1, client"},
		{"both ends on one host", "host: client, interface: eth1", "host: spine0, interface: eth1 # here\n        ", "host spine0 is on link spine0-client twice"},
		{"end without host", "{host: client, interface: eth1, address: 10.1.100.1}", "{interface: eth1, address: 10.1.100.1} # here", "the end's host is missing"},
		{"end without interface", "{host: client, interface: eth1, address: 10.1.100.1}", "{host: client, address: 10.1.100.1} # here", "the end's interface is missing"},
		{"end without address", "{host: client, interface: eth1, address: 10.1.100.1}", "{host: client, interface: eth1} # here", "the end's address is missing"},
		{"interface twice on a host", "interface: eth3, address: 10.1.5.1}", "interface: eth1, address: 10.1.5.1} # here", "host leaf0 has an interface eth1 already (line 17)"},
		{"eth0 on a node", "interface: net0, address: 10.1.5.10}", "interface: eth0, address: 10.1.5.10} # here", "eth0 of a node or reflector is its management interface"},
		{"MTU", "mtu: 9000", "mtu: 67 # here", `"67" is not an MTU`},

		{"duplicate address on a link", "address: 10.1.5.11}", "address: 10.1.5.10} # here", "address 10.1.5.10 of node1 net0 is that of node0 net0 already (line 24)"},
		{"duplicate management address", "management: 172.30.0.11,", "management: 172.30.0.10, # here\n    ", "address 172.30.0.10 of node1's management interface is that of node0's management interface already (line 9)"},
		{"control plane's address on a node", "management: 172.30.0.11,", "management: 172.30.0.2, # here\n    ", "is that of the control plane already (line 5)"},
		{"address outside of its link", "address: 10.1.5.11}", "address: 10.1.6.11} # here", "address 10.1.6.11 is outside of link br-leaf0, 10.1.5.0/24"},
		{"network address", "address: 10.1.5.11}", "address: 10.1.5.0} # here", "address 10.1.5.0 is the network address of link br-leaf0"},
		{"broadcast address", "address: 10.1.5.11}", "address: 10.1.5.255} # here", "address 10.1.5.255 is the broadcast address of link br-leaf0"},
		{"address with prefix length", "address: 10.1.5.11}", "address: 10.1.5.11/24} # here", "write it without prefix length"},
		{"no address", "address: 10.1.5.11}", "address: 10.1.5} # here", `"10.1.5" is not an address`},
		{"IPv6 address", "address: 10.1.5.11}", "address: '2001:db8::1'} # here", "IPv6 is not supported yet: use IPv4 in place of 2001:db8::1 "},
		{"IPv6 prefix", "pods: 10.244.0.0/16", "pods: fd00::/48 # here", "IPv6 is not supported yet: use IPv4 in place of fd00:: "},
		{"IPv6 beside IPv4", "address: 10.1.5.11}", "addresses: [10.1.5.11, '2001:db8::1']} # here", "IPv6 is not supported yet: use IPv4 in place of 2001:db8::1 "},
		{"two addresses of one family", "address: 10.1.5.11}", "addresses: [10.1.5.11, 10.1.5.12]} # here", "the end has 10.1.5.12 and 10.1.5.11 (line 25), both IPv4: remove one"},
		{"address and addresses", "address: 10.1.5.11}", "address: 10.1.5.11, addresses: [10.1.5.12]} # here", "the end has 10.1.5.12 and 10.1.5.11 (line 25), both IPv4: remove one"},
		{"addresses that are no list", "address: 10.1.5.11}", "addresses: 10.1.5.11} # here", "addresses must be a list"},
		{"a list for one address", "address: 10.1.5.11}", "address: [10.1.5.11]} # here", "address must be a single value"},
		{"two pod networks of one family", "pods: 10.244.0.0/16", "pods: [10.244.0.0/16, 10.245.0.0/16] # here", "the pod network has 10.245.0.0/16 and 10.244.0.0/16 (line 3), both IPv4: remove one"},
		{"prefix with host bits", "prefix: 10.1.5.0/24", "prefix: 10.1.5.1/24 # here", "write 10.1.5.0/24"},
		{"no prefix", "prefix: 10.1.5.0/24", "prefix: 10.1.5.0 # here", `"10.1.5.0" is not a prefix`},
		{"links overlap", "prefix: 10.1.100.0/31", "prefix: 10.1.0.0/16 # here", "prefix 10.1.0.0/16 of link spine0-client overlaps 10.1.10.0/24 of link leaf0-spine0 (line 14)"},
		{"link inside the pod network", "prefix: 10.1.100.0/31", "prefix: 10.244.7.0/31 # here", "overlaps 10.244.0.0/16 of the pod network (line 3)"},
		{"link inside the cluster IPs", "prefix: 10.1.100.0/31", "prefix: 10.96.7.0/31 # here", "overlaps 10.96.0.0/16 of the network of cluster IPs (line 4)"},
		{"link inside the management network", "prefix: 10.1.100.0/31", "prefix: 172.30.0.128/31 # here", "overlaps 172.30.0.0/24 of the management network (line 5)"},
		{"pods overlap services", "services: 10.96.0.0/16", "services: 10.244.0.0/24 # here", "overlaps 10.244.0.0/16 of the pod network"},

		{"unknown gateway", "gateways: [spine0]}", "gateways: [spine9]} # here", "unknown host spine9"},
		{"gateway on no shared link", "gateways: [spine0]}", "gateways: [leaf0]} # here", "host client shares no link with its gateway leaf0"},
		{"gateway twice", "gateways: [spine0]}", "gateways: [spine0, spine0]} # here", "gateway spine0 is named twice"},
		{"its own gateway", "gateways: [spine0]}", "gateways: [client]} # here", "host client is its own gateway"},

		{"not YAML", "description: one of each", "description: a: b # here", "not YAML: mapping values are not allowed"},
		{"empty", small, "", "the file is empty"},
		{"not a mapping", small, "- a\n", "a topology must be a mapping"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(small, tt.old) {
				t.Fatalf("%q is not in the topology to be spoiled", tt.old)
			}
			data := strings.Replace(small, tt.old, tt.new, 1)
			_, err := Load("dir/small.yaml", []byte(data), software())
			problems, ok := errors.AsType[Problems](err)
			if !ok {
				t.Fatalf("got %v, want Problems", err)
			}
			before, _, marked := strings.Cut(data, here)
			line := 1
			if marked {
				line += strings.Count(before, "\n")
			}
			at := fmt.Sprintf("dir/small.yaml:%d: ", line)
			if !slices.ContainsFunc(problems, func(p Problem) bool {
				return strings.HasPrefix(p.Error(), at) && strings.Contains(p.Error(), tt.want)
			}) {
				t.Errorf("got\n%v\nwant %s…%s", err, at, tt.want)
			}
		})
	}
}

func TestLoadReportsEveryProblemInOrder(t *testing.T) {
	data := strings.NewReplacer(
		"as: 500", "as: 0",
		"mtu: 9000", "mtu: big",
		"10.1.5.11}", "10.1.5.10}",
		"name: small", "name: SMALL",
	).Replace(small)
	_, err := Load("small.yaml", []byte(data), software())
	problems, _ := errors.AsType[Problems](err)
	var lines []int
	for _, p := range problems {
		lines = append(lines, p.Line)
	}
	if !slices.Equal(lines, []int{1, 7, 15, 25}) {
		t.Errorf("lines %v, want the four spoiled ones in order:\n%v", lines, err)
	}
	if got := strings.Count(err.Error(), "\n"); got != 3 {
		t.Errorf("%d line breaks in the message, want a line for each problem:\n%v", got, err)
	}
}

func TestLoadWarnsOfRouterIDsAcrossAutonomousSystems(t *testing.T) {
	data := strings.Replace(small, "as: 500}", "as: 500, routerID: 10.1.5.1}", 1)
	got, err := Load("small.yaml", []byte(data), software())
	if err != nil {
		t.Fatalf("RFC 6286 allows it, got %v", err)
	}
	if len(got.Warnings) != 1 || !strings.HasPrefix(got.Warnings[0], "small.yaml:8: router ID 10.1.5.1 of leaf0 is that of spine0 too (line 7)") {
		t.Errorf("warnings %q", got.Warnings)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("hosts: [{name: a, gateways: [a]}]\nlinks: [{ends: [{host: a}, {}]}]"))
	f.Add([]byte("a: &a [*a]\n--- {}"))
	f.Add([]byte("pods: 0.0.0.0/0\nmanagement: {control: 255.255.255.255, prefix: 255.255.255.254/30}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Load("fuzz.yaml", data, software())
		if (got == nil) == (err == nil) {
			t.Fatalf("topology %v with error %v", got, err)
		}
		if err != nil {
			return
		}
		for _, h := range got.Hosts {
			if !h.Address().Is4() {
				t.Errorf("accepted host %s without an address", h.Name)
			}
		}
	})
}

func TestHostErrorf(t *testing.T) {
	loaded, err := Load("small.yaml", []byte(small), software())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := loaded.HostErrorf("leaf0", "AS %d is wrong", 7).Error(), "small.yaml:8: AS 7 is wrong"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	made := &Topology{Name: "made"}
	if got, want := made.HostErrorf("leaf0", "wrong").Error(), "topology made: wrong"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
