package vyos_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/router/vyos"
	"github.com/rackproof/rackproof/framework/topology"
)

// articlesNames are the article's names for the four nodes.
func articlesNames() vyos.Options {
	o := vyos.DefaultOptions()
	o.Nodes = map[netip.Addr]string{
		netip.MustParseAddr("10.1.5.10"): "control-plane", netip.MustParseAddr("10.1.5.11"): "worker",
		netip.MustParseAddr("10.1.8.10"): "worker2", netip.MustParseAddr("10.1.8.11"): "worker3",
	}
	return o
}

// describe writes a topology in few words, a line for each host.
func describe(top *topology.Topology) string {
	var b strings.Builder
	for _, h := range top.Hosts {
		fmt.Fprintf(&b, "%s %s %s AS %d id %s gateways %v", h.Role, h.Name, h.Rack, h.AS, h.RouterID, h.Gateways)
		for _, p := range h.Interfaces {
			fmt.Fprintf(&b, " %s %s %s", p.Name, topology.Networks(p.Addresses), p.Link)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// The article's files make the embedded topology of the article's fabric without its
// client, with the router ID that the article gives twice.
func TestImportOfTheArticle(t *testing.T) {
	got, err := vyos.Import(article(t), articlesNames())
	if err != nil {
		t.Fatal(err)
	}
	want, err := fixtures.Topology("leaf-spine")
	if err != nil {
		t.Fatal(err)
	}
	without := *want
	without.Hosts = nil
	for _, h := range want.Hosts {
		if h.Role == topology.Client {
			continue
		}
		h.Interfaces = slices.DeleteFunc(slices.Clone(h.Interfaces), func(p topology.Interface) bool { return p.Link == "br-client" })
		if h.Name == "spine1" {
			h.RouterID = netip.MustParseAddr("10.1.8.1")
		}
		without.Hosts = append(without.Hosts, h)
	}
	if got, want := describe(got.Topology), describe(&without); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got.Topology.Pods.String() != want.Pods.String() || got.Topology.Services.String() != want.Services.String() || got.Topology.Management != want.Management {
		t.Errorf("networks %v %v %v", got.Topology.Pods, got.Topology.Services, got.Topology.Management)
	}
	for _, h := range got.Topology.Nodes() {
		if same, _ := want.Host(h.Name); same.Management != h.Management {
			t.Errorf("management address of %s: %s", h.Name, h.Management)
		}
	}
	mode, err := fixtures.Mode("leafreflector")
	if err != nil {
		t.Fatal(err)
	}
	if err := mode.Check(got.Topology); err != nil {
		t.Errorf("mode leafreflector does not fit: %v", err)
	}
	if len(got.Topology.Warnings) != 1 || !strings.Contains(got.Topology.Warnings[0], "router ID 10.1.8.1 of leaf1 is that of spine1 too") {
		t.Errorf("the loader's warnings: %q", got.Topology.Warnings)
	}
}

func TestRemarksOnTheArticle(t *testing.T) {
	got, err := vyos.Import(article(t), vyos.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	agree(t, got.Remarks, []string{
		"leaf0.boot:3: mtu 9000 of eth1 becomes that of the other end, 1500 at spine0 eth1",
		"leaf0.boot:25: nat source rule 100 is left out: eth0 is no interface of the fabric",
		"leaf0.boot:37: parameters network-import-check is not set: ",
		"leaf1.boot:3: mtu 9000 of eth1 becomes that of the other end, 1500 at spine0 eth2",
		"leaf1.boot:25: nat source rule 100 is left out: eth0 is no interface of the fabric",
		"leaf1.boot:37: parameters network-import-check is not set: ",
		"spine0.boot:16: parameters network-import-check is not set: ",
		"spine0.boot:16: parameters router-id is not set: labs take the first address, 10.1.10.2, and VyOS the highest",
		"spine1.boot:30: parameters network-import-check is not set: ",
		"spine1.boot:60: router-id 10.1.8.1 is that of leaf1 too: BGP allows it in different autonomous systems",
	})
}

// agree wants remarks that begin as the wanted ones.
func agree(t *testing.T, remarks, want []string) {
	t.Helper()
	for i := range max(len(remarks), len(want)) {
		if i >= len(remarks) || i >= len(want) || !strings.HasPrefix(remarks[i], want[i]) {
			t.Errorf("remarks\n%s\nwant\n%s", strings.Join(remarks, "\n"), strings.Join(want, "\n"))
			return
		}
	}
}

// A leaf's neighbour in another AS may be a spine whose file was forgotten.
func TestNodesOfAnotherASAreRemarked(t *testing.T) {
	got, err := vyos.Import(article(t)[:3], vyos.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	want := "leaf0.boot:75: neighbor 10.1.12.2 of AS 800 is in no file and becomes node node5: if it is a router, add its file"
	if !slices.Contains(got.Remarks, want) {
		t.Errorf("remarks\n%s\nwant\n%s", strings.Join(got.Remarks, "\n"), want)
	}
	o := vyos.DefaultOptions()
	o.Nodes = map[netip.Addr]string{netip.MustParseAddr("10.1.12.2"): "server0", netip.MustParseAddr("10.1.11.2"): "server1"}
	if got, err = vyos.Import(article(t)[:3], o); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(got.Remarks, func(remark string) bool { return strings.Contains(remark, "becomes node") }) {
		t.Errorf("named nodes are remarked:\n%s", strings.Join(got.Remarks, "\n"))
	}
}

func TestNodesAreNamedByNumberOrOptions(t *testing.T) {
	o := vyos.DefaultOptions()
	o.Nodes = map[netip.Addr]string{netip.MustParseAddr("10.1.5.11"): "node0"}
	got, err := vyos.Import(article(t), o)
	if err != nil {
		t.Fatal(err)
	}
	var nodes []string
	for _, h := range got.Topology.Nodes() {
		nodes = append(nodes, fmt.Sprintf("%s %s %s %s", h.Name, h.Address(), h.Rack, h.Management))
	}
	want := []string{
		"node1 10.1.5.10 rack0 172.30.0.10", "node0 10.1.5.11 rack0 172.30.0.11",
		"node2 10.1.8.10 rack1 172.30.0.12", "node3 10.1.8.11 rack1 172.30.0.13",
	}
	if !slices.Equal(nodes, want) {
		t.Errorf("got %q, want %q", nodes, want)
	}
}

// spoiled reads article 1's configurations with pieces of one replaced: pairs of
// old and new ones.
func spoiled(t *testing.T, file string, pairs ...string) []*vyos.Boot {
	t.Helper()
	files, err := fixtures.BootConfigurations()
	if err != nil {
		t.Fatal(err)
	}
	var boots []*vyos.Boot
	for _, name := range slices.Sorted(maps.Keys(files)) {
		data := string(files[name])
		for pair := range slices.Chunk(pairs, 2) {
			if name != file {
				continue
			}
			if !strings.Contains(data, pair[0]) {
				t.Fatalf("%q is not in %s", pair[0], file)
			}
			data = strings.Replace(data, pair[0], pair[1], 1)
		}
		boot, err := vyos.Read(name, []byte(data))
		if err != nil {
			t.Fatal(err)
		}
		boots = append(boots, boot)
	}
	return boots
}

func TestImportRemarksWhatIsNotThePlan(t *testing.T) {
	// neighbor is one without settings.
	const neighbor = "            address-family {\n                ipv4-unicast {\n                }\n            }\n"
	tests := []struct {
		name string
		file string
		// pairs are old and new pieces of the file.
		pairs []string
		want  string
	}{
		{"another network", "leaf0.boot", []string{"network 10.1.12.0/24 {", "network 10.9.0.0/16 {\n }\n network 10.1.12.0/24 {"}, "leaf0.boot:44: network 10.9.0.0/16 is not in Rackproof's plan"},
		{"a network less", "leaf0.boot", []string{"network 10.1.5.0/24 {\n                }\n", ""}, "leaf0.boot:37: network 10.1.5.0/24 is announced in Rackproof's plan"},
		{"a neighbor less", "spine1.boot", []string{"        neighbor 10.1.12.1 {\n" + neighbor + "            remote-as \"65005\"\n        }\n", ""}, "spine1.boot:30: neighbor 10.1.12.1 (leaf0) is in Rackproof's plan, and not here"},
		{"another AS", "spine0.boot", []string{"remote-as 65005", "remote-as 65006"}, "spine0.boot:25: neighbor 10.1.10.1 (leaf0) has remote-as 65006, and AS 65005 in Rackproof's plan"},
		{"no reflection", "leaf0.boot", []string{"route-reflector-client\n", "\n"}, "leaf0.boot:48: neighbor 10.1.5.10 (node0) has route-reflector-client in Rackproof's plan, and not here"},
		{"its own next hop", "spine0.boot", []string{neighbor + "            remote-as 65005", strings.Replace(neighbor, "unicast {", "unicast {\n nexthop-self\n", 1) + "remote-as 65005"}, "spine0.boot:25: neighbor 10.1.10.1 (leaf0) has nexthop-self, and not in Rackproof's plan"},
		{"a password", "spine0.boot", []string{"remote-as 65005", "remote-as 65005\n password x"}, "spine0.boot:25: neighbor 10.1.10.1 (leaf0) has a password, and not in Rackproof's plan"},
		{"TTL security", "spine0.boot", []string{"remote-as 65005", "remote-as 65005\n ttl-security {\n hops 1\n }"}, "spine0.boot:25: neighbor 10.1.10.1 (leaf0) has ttl-security, and not in Rackproof's plan"},
		{"restarts forgotten", "spine0.boot", []string{"remote-as 65005", "remote-as 65005\n graceful-restart disable", "remote-as 65008", "remote-as 65008\n graceful-restart disable"}, "spine0.boot:16: graceful-restart disable is not in Rackproof's plan"},
		{"an interface to nobody", "leaf0.boot", []string{"loopback lo", "ethernet eth4 {\n address 10.1.77.1/24\n }\n loopback lo"}, "leaf0.boot:21: eth4 with the network 10.1.77.0/24 is left out: nobody else is on it"},
		{"another host name", "leaf0.boot", []string{"nat {", "system {\n host-name leaf7\n }\nnat {"}, "leaf0.boot:24: system host-name leaf7 is left out: the router is named after its file, leaf0"},
		{"nodes of which one rack's are not reflected to", "leaf1.boot", []string{"system-as 65008", "system-as 65009", "route-reflector-client", "", "route-reflector-client", ""}, "no mode fits these routers: mode imported: Node node"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := articlesNames() // so that a leaf stays one whatever its AS
			o.Nodes = map[netip.Addr]string{netip.MustParseAddr("10.1.8.10"): "node2"}
			got, err := vyos.Import(spoiled(t, tt.file, tt.pairs...), o)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(got.Remarks, func(remark string) bool { return strings.HasPrefix(remark, tt.want) }) {
				t.Errorf("remarks\n%s\nwant %s", strings.Join(got.Remarks, "\n"), tt.want)
			}
		})
	}
}

func TestImportRejects(t *testing.T) {
	options := func(change func(*vyos.Options)) vyos.Options {
		o := vyos.DefaultOptions()
		if change != nil {
			change(&o)
		}
		return o
	}
	name := func(names ...string) func(*vyos.Options) {
		return func(o *vyos.Options) {
			o.Nodes = map[netip.Addr]string{}
			for pair := range slices.Chunk(names, 2) {
				o.Nodes[netip.MustParseAddr(pair[0])] = pair[1]
			}
		}
	}
	tests := []struct {
		name    string
		boots   []*vyos.Boot
		options func(*vyos.Options)
		want    string
	}{
		{"nothing", nil, nil, "there are no configurations to import"},
		{"a file without a name", []*vyos.Boot{read(t, "dir/Leaf_0.boot", "leaf0.boot")}, nil, `dir/Leaf_0.boot: routers are named after their files, and "Leaf_0" is not a DNS label`},
		{"two files of one name", []*vyos.Boot{read(t, "a/leaf0.boot", "leaf0.boot"), read(t, "b/leaf0.config.boot", "leaf0.boot")}, nil, "b/leaf0.config.boot: routers are named after their files, and a/leaf0.boot gives leaf0 already"},
		{"one file twice", []*vyos.Boot{read(t, "a/leaf0.boot", "leaf0.boot"), read(t, "b/leaf2.boot", "leaf0.boot")}, nil, "b/leaf2.boot:3: address 10.1.10.1 of eth1 is in a/leaf0.boot too"},
		{"a leaf is missing", article(t)[1:], nil, "spine0.boot:25: neighbor 10.1.10.1 is in no file, and spine0 is a spine, as it has no neighbor of its own AS: add the file of a router, or name the neighbor if it is a node"},
		{"a neighbor on no link", spoiled(t, "leaf0.boot", "neighbor 10.1.5.10 {", "neighbor 192.0.2.1 {"), nil, "leaf0.boot:48: neighbor 192.0.2.1 is on none of this router's links"},
		{"a neighbor with the last address of a network", spoiled(t, "leaf0.boot", "neighbor 10.1.5.10 {", "neighbor 10.1.5.255 {"), nil, "leaf0.boot:48: neighbor 10.1.5.255/24 is the first or the last address of its network"},
		{"one node in two autonomous systems", append(article(t), read(t, "leaf2.boot", switchConfig(65008, []string{"10.1.8.3/24"}, "10.1.8.10", "65008", "10.1.8.11", "65009"))), nil, "leaf2.boot:15: neighbor 10.1.8.11 has remote-as 65009 here and 65008 in leaf1.boot"},
		{"one node in two networks", append(article(t), read(t, "leaf2.boot", switchConfig(65008, []string{"10.1.8.3/25"}, "10.1.8.10", "65008"))), nil, "leaf2.boot:9: neighbor 10.1.8.10 is in 10.1.8.0/25 here and in 10.1.8.0/24 in leaf1.boot"},
		{"prefix lengths", spoiled(t, "spine0.boot", "10.1.10.2/24", "10.1.10.2/25"), nil, "leaf0.boot:68: neighbor 10.1.10.2 is in spine0.boot with another prefix length than on this router's eth1"},
		{"overlapping networks", spoiled(t, "spine0.boot", "loopback lo", "ethernet eth7 {\n address 10.1.12.129/25\n }\n loopback lo"), nil, "spine0.boot:13: the network of eth7, 10.1.12.128/25, overlaps 10.1.12.0/24 of leaf0's eth2"},
		{"a router on no link", append(article(t), read(t, "x.boot", "protocols {\n bgp {\n system-as 7\n }\n}\n")), nil, "x.boot:2: no interface of x is on a network with another router or node"},
		{"one router ID within an AS", spoiled(t, "leaf0.boot", "router-id 10.1.5.1", "router-id 10.1.5.11"), nil, "leaf0.boot:88: router-id 10.1.5.11 is that of node1 too, in the same AS 65005 (RFC 6286)"},
		{"name of the topology", article(t), func(o *vyos.Options) { o.Name = "My Lab" }, `the topology's name: "My Lab" is not a DNS label`},
		{"pods overlap a link", article(t), func(o *vyos.Options) { o.Pods = netip.MustParsePrefix("10.1.0.0/16") }, "the pod network 10.1.0.0/16 overlaps 10.1.10.0/24, that of leaf0's eth1"},
		{"services overlap pods", article(t), func(o *vyos.Options) { o.Services = netip.MustParsePrefix("10.244.8.0/24") }, "the network of cluster IPs 10.244.8.0/24 overlaps the pod network 10.244.0.0/16"},
		{"pods with host bits", article(t), func(o *vyos.Options) { o.Pods = netip.MustParsePrefix("10.244.0.1/16") }, "the pod network 10.244.0.1/16 is not an IPv4 prefix without host bits"},
		{"pods of IPv6", article(t), func(o *vyos.Options) { o.Pods = netip.MustParsePrefix("fd00::/48") }, "the pod network fd00::/48 is not an IPv4 prefix"},
		{"no pods", article(t), func(o *vyos.Options) { o.Pods = netip.Prefix{} }, "the pod network invalid Prefix is not an IPv4 prefix"},
		{"small management network", article(t), func(o *vyos.Options) { o.Management = netip.MustParsePrefix("172.30.0.0/29") }, "the management network 172.30.0.0/29 is too small for 4 nodes"},
		{"management network without its last address", article(t), func(o *vyos.Options) { o.Management = netip.MustParsePrefix("255.255.255.240/28") }, ""},
		{"a named node that is nobody", article(t), name("10.1.5.99", "worker"), "node worker: no leaf has a neighbor 10.1.5.99 that is in no file"},
		{"a named node that is a router", article(t), name("10.1.10.2", "worker"), "node worker: no leaf has a neighbor 10.1.10.2 that is in no file"},
		{"a node named as a router", article(t), name("10.1.5.10", "leaf0"), "node 10.1.5.10: there is another host named leaf0"},
		{"two nodes of one name", article(t), name("10.1.5.10", "worker", "10.1.5.11", "worker"), "node 10.1.5.11: there is another host named worker"},
		{"a node's name", article(t), name("10.1.5.10", "Worker"), `node 10.1.5.10: "Worker" is not a DNS label`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := vyos.Import(tt.boots, options(tt.options))
			if tt.want == "" {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			if err == nil {
				t.Fatalf("got\n%s", got.YAML)
			}
			if !slices.ContainsFunc(strings.Split(err.Error(), "\n"), func(line string) bool { return strings.HasPrefix(line, tt.want) }) {
				t.Errorf("got\n%v\nwant %s", err, tt.want)
			}
		})
	}
}

// read reads a configuration, or one of the article's, under another name.
func read(t *testing.T, file, data string) *vyos.Boot {
	t.Helper()
	files, err := fixtures.BootConfigurations()
	if err != nil {
		t.Fatal(err)
	}
	if article, ok := files[data]; ok {
		data = string(article)
	}
	boot, err := vyos.Read(file, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return boot
}

// switchConfig writes the configuration of a router with the given interfaces and
// neighbours, each an address and an AS number.
func switchConfig(as int, addresses []string, neighbors ...string) string {
	var b strings.Builder
	b.WriteString("interfaces {\n")
	for i, address := range addresses {
		fmt.Fprintf(&b, "ethernet eth%d {\naddress %s\n}\n", i, address)
	}
	fmt.Fprintf(&b, "}\nprotocols {\nbgp {\nsystem-as %d\n", as)
	for pair := range slices.Chunk(neighbors, 2) {
		fmt.Fprintf(&b, "neighbor %s {\naddress-family {\nipv4-unicast\n}\nremote-as %s\n}\n", pair[0], pair[1])
	}
	b.WriteString("}\n}\n")
	return b.String()
}

func TestImportFindsRolesRacksAndLinks(t *testing.T) {
	tests := []struct {
		name  string
		boots []*vyos.Boot
		nodes map[netip.Addr]string
		want  string
		links string
	}{
		{
			name: "two ToRs on one network are one rack",
			boots: []*vyos.Boot{
				read(t, "core.boot", switchConfig(64600, []string{"10.2.10.2/24", "10.2.11.2/24"}, "10.2.10.1", "64512", "10.2.11.1", "64512")),
				read(t, "tor0.boot", switchConfig(64512, []string{"10.2.10.1/24", "192.168.1.1/24"}, "10.2.10.2", "64600", "192.168.1.10", "64512")),
				read(t, "tor1.boot", switchConfig(64512, []string{"10.2.11.1/24", "192.168.1.2/24"}, "10.2.11.2", "64600", "192.168.1.10", "internal")),
			},
			want: `spine core  AS 64600 id 10.2.10.2 gateways [] eth0 10.2.10.2/24 tor0-core eth1 10.2.11.2/24 tor1-core
leaf tor0 rack0 AS 64512 id 10.2.10.1 gateways [] eth0 10.2.10.1/24 tor0-core eth1 192.168.1.1/24 br-tor0
leaf tor1 rack0 AS 64512 id 192.168.1.2 gateways [] eth1 192.168.1.2/24 br-tor0 eth0 10.2.11.1/24 tor1-core
node node0 rack0 AS 64512 id 192.168.1.10 gateways [192.168.1.1 192.168.1.2] net0 192.168.1.10/24 br-tor0
`,
			links: "tor0-core br-tor0 tor1-core",
		},
		{
			name: "a named neighbor of another AS makes a leaf",
			boots: []*vyos.Boot{
				read(t, "a.boot", switchConfig(65001, []string{"10.0.0.1/30", "10.0.1.1/24"}, "10.0.0.2", "65000", "10.0.1.10", "64999")),
				read(t, "b.boot", switchConfig(65000, []string{"10.0.0.2/30"}, "10.0.0.1", "65001")),
			},
			nodes: map[netip.Addr]string{netip.MustParseAddr("10.0.1.10"): "server"},
			want: `spine b  AS 65000 id 10.0.0.2 gateways [] eth0 10.0.0.2/30 a-b
leaf a rack0 AS 65001 id 10.0.0.1 gateways [] eth0 10.0.0.1/30 a-b eth1 10.0.1.1/24 a-server
node server rack0 AS 64999 id 10.0.1.10 gateways [10.0.1.1] net0 10.0.1.10/24 a-server
`,
			links: "a-b a-server",
		},
		{
			name: "links whose names are too long or taken are numbered",
			boots: []*vyos.Boot{
				read(t, "leaf-of-rack-0.boot", switchConfig(65001, []string{"10.0.0.1/31", "10.0.0.3/31", "10.0.1.1/24"}, "10.0.0.0", "65000", "10.0.1.10", "65001")),
				read(t, "s.boot", switchConfig(65000, []string{"10.0.0.0/31", "10.0.0.2/31", "10.0.9.1/24"}, "10.0.0.1", "65001", "10.0.9.2", "65002")),
				read(t, "t.boot", switchConfig(65002, []string{"10.0.9.2/24", "10.0.8.2/24"}, "10.0.9.1", "65000")),
				read(t, "u.boot", switchConfig(65003, []string{"10.0.9.3/24", "10.0.8.3/24"}, "10.0.9.1", "65000")),
			},
			want: `spine s  AS 65000 id 10.0.0.0 gateways [] eth0 10.0.0.0/31 link0 eth1 10.0.0.2/31 link1 eth2 10.0.9.1/24 br-s
spine t  AS 65002 id 10.0.9.2 gateways [] eth0 10.0.9.2/24 br-s eth1 10.0.8.2/24 t-u
spine u  AS 65003 id 10.0.9.3 gateways [] eth0 10.0.9.3/24 br-s eth1 10.0.8.3/24 t-u
leaf leaf-of-rack-0 rack0 AS 65001 id 10.0.0.1 gateways [] eth0 10.0.0.1/31 link0 eth1 10.0.0.3/31 link1 eth2 10.0.1.1/24 link2
node node0 rack0 AS 65001 id 10.0.1.10 gateways [10.0.1.1] net0 10.0.1.10/24 link2
`,
			links: "link0 link1 link2 br-s t-u",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := vyos.DefaultOptions()
			o.Nodes = tt.nodes
			got, err := vyos.Import(tt.boots, o)
			if err != nil {
				t.Fatal(err)
			}
			if described := describe(got.Topology); described != tt.want {
				t.Errorf("got\n%swant\n%s", described, tt.want)
			}
			var links []string
			for _, l := range got.Topology.Links {
				links = append(links, l.Name)
			}
			if strings.Join(links, " ") != tt.links {
				t.Errorf("links %v, want %s", links, tt.links)
			}
		})
	}
}

// A fabric whose routers are rendered, read and imported is that fabric again, and
// its routers are planned as before.
func TestARenderedFabricIsImported(t *testing.T) {
	state := leafSpine(t)
	var boots []*vyos.Boot
	for i, r := range state.Routers {
		r.GracefulShutdown = r.Host == "leaf0"
		for at, n := range r.Neighbors {
			r.Neighbors[at].DefaultOriginate = r.Host == "leaf1" && n.Host == "worker2"
		}
		state.Routers[i] = r
		config, err := vyos.Of(state.Topology, r)
		if err != nil {
			t.Fatal(err)
		}
		data, err := vyos.Render(config)
		if err != nil {
			t.Fatal(err)
		}
		boots = append(boots, read(t, r.Host+".boot", string(data)))
	}
	got, err := vyos.Import(boots, articlesNames())
	if err != nil {
		t.Fatal(err)
	}
	agree(t, got.Remarks, nil)
	mode, err := fixtures.Mode("leafreflector")
	if err != nil {
		t.Fatal(err)
	}
	planned, err := fabric.Plan(got.Topology, mode)
	if err != nil {
		t.Fatal(err)
	}
	if len(planned) != len(state.Routers) {
		t.Fatalf("%d routers, want %d", len(planned), len(state.Routers))
	}
	for i, want := range state.Routers {
		if got, want := fmt.Sprint(sorted(planned[i])), fmt.Sprint(sorted(want)); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestImportWithoutNodesIsRemarked(t *testing.T) {
	boots := []*vyos.Boot{
		read(t, "a.boot", switchConfig(65001, []string{"10.0.0.1/30"}, "10.0.0.2", "65000")),
		read(t, "b.boot", switchConfig(65000, []string{"10.0.0.2/30"}, "10.0.0.1", "65001")),
	}
	got, err := vyos.Import(boots, vyos.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Topology.Nodes()) > 0 || !slices.ContainsFunc(got.Remarks, func(r string) bool {
		return strings.Contains(r, "no lab can be made of the topology") && strings.Contains(r, "--node")
	}) {
		t.Errorf("remarks %q", got.Remarks)
	}
}
