package observe

import (
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/rackproof/rackproof/framework/topology"
)

// expectFindings compares the findings with parts of the expected ones, in order.
func expectFindings(t *testing.T, got []Finding, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d findings, want %d:\n%v", len(got), len(want), got)
	}
	for i, part := range want {
		if !strings.Contains(got[i].String(), part) {
			t.Errorf("got %s\nwant %s", got[i], part)
		}
	}
}

func kernelsOwnRules() []netlink.Rule {
	var rules []netlink.Rule
	for _, priority := range []int{0, 32766, 32767} {
		rule := *netlink.NewRule()
		rule.Priority, rule.Table = priority, kernelRules()[priority]
		rules = append(rules, rule)
	}
	return rules
}

func TestForeignRules(t *testing.T) {
	expectFindings(t, foreignRules("leaf0", kernelsOwnRules()))

	from := *netlink.NewRule()
	from.Priority, from.Table = 100, 77
	expectFindings(t, foreignRules("leaf0", append(kernelsOwnRules(), from)), "leaf0: policy-rules: the rule \"ip rule 100: from all to all table 77\"")
	expectFindings(t, foreignRules("leaf0", kernelsOwnRules()[:2]), "rule of priority 32767 for table 253 is missing (to undo it: ip rule add pref 32767 lookup 253)")

	narrow := kernelsOwnRules()
	narrow[1].IifName = "eth1"
	expectFindings(t, foreignRules("leaf0", narrow), "ip rule del pref 32766", "is missing")
}

// worker is a node with two interfaces, and its topology.
func worker() (topology.Host, *topology.Topology) {
	host := topology.Host{
		Name: "worker", Role: topology.Node, Management: netip.MustParseAddr("172.30.0.11"),
		Interfaces: []topology.Interface{{Host: "worker", Name: "net0", Addresses: []netip.Prefix{netip.MustParsePrefix("10.1.5.11/24")}}},
	}
	return host, &topology.Topology{
		Pods: topology.Networks{netip.MustParsePrefix("10.244.0.0/16")}, Management: topology.Management{Prefix: netip.MustParsePrefix("172.30.0.0/24")},
	}
}

func TestForeignAddresses(t *testing.T) {
	at := func(dev, prefix string) local { return local{dev, netip.MustParsePrefix(prefix)} }
	own := []local{
		at("lo", "127.0.0.1/8"), at("eth0", "172.30.0.11/24"), at("net0", "10.1.5.11/24"), at("vxlan.calico", "10.244.1.0/32"),
		at("lo", "::1/128"), at("net0", "fe80::1/64"),
	}
	host, top := worker()
	expectFindings(t, foreignAddresses(host, top, own))
	for _, c := range []struct {
		name      string
		addresses []local
		want      string
	}{
		{"on lo", append(own, at("lo", "192.168.4.200/32")), "interface lo has the address 192.168.4.200/32, which the topology does not give it (to undo it: ip addr del 192.168.4.200/32 dev lo)"},
		{"a second on a tunnel", append(own, at("vxlan.calico", "10.244.9.9/32")), "interface vxlan.calico has the address 10.244.9.9/32"},
		{"no pod's on a tunnel", append(own, at("tunl0", "192.0.2.1/32")), "interface tunl0 has the address 192.0.2.1/32"},
		{"of another length", append(slices.Clone(own[:2]), at("net0", "10.1.5.11/16"), own[2]), "interface net0 has the address 10.1.5.11/16"},
		{"missing", slices.Delete(slices.Clone(own), 1, 2), "interface eth0 lacks its address 172.30.0.11/24 (to undo it: ip addr add 172.30.0.11/24 dev eth0)"},
	} {
		t.Run(c.name, func(t *testing.T) { expectFindings(t, foreignAddresses(host, top, c.addresses), c.want) })
	}
	host.Role = topology.Leaf
	expectFindings(t, foreignAddresses(host, top, own), "interface vxlan.calico has the address 10.244.1.0/32")
}

func TestForeignSettings(t *testing.T) {
	good := map[string]string{
		"net/ipv4/ip_forward": "1", "net/ipv4/conf/all/forwarding": "1", "net/ipv4/conf/all/rp_filter": "0",
		"net/ipv4/conf/net0/forwarding": "1", "net/ipv4/conf/net0/rp_filter": "0", "net/ipv4/conf/net0/proxy_arp": "0",
		"net/ipv4/conf/tunl0/forwarding": "1", "net/ipv4/conf/tunl0/rp_filter": "1", "net/ipv4/ip_default_ttl": "64",
		"net/ipv4/fib_multipath_hash_policy": "3", "net/ipv4/conf/default/accept_redirects": "1",
	}
	given := map[string]string{
		"net/ipv4/ip_forward": "1", "net/ipv4/conf/all/rp_filter": "0", "net/ipv4/fib_multipath_hash_policy": "3",
		"net/ipv4/conf/default/accept_redirects": "0", "net/ipv6/conf/all/disable_ipv6": "1",
	}
	host, _ := worker()
	for _, c := range []struct{ name, setting, value, want string }{
		{"as it is", "", "", ""},
		{"all off", "net/ipv4/ip_forward", "0", "worker: forwarding: net.ipv4.ip_forward is 0: the host forwards nothing (to undo it: sysctl -w net.ipv4.ip_forward=1)"},
		{"one interface off", "net/ipv4/conf/net0/forwarding", "0", "forwards nothing that comes in by net0"},
		{"strict", "net/ipv4/conf/net0/rp_filter", "1", "net.ipv4.conf.net0.rp_filter is 1"},
		{"loose", "net/ipv4/conf/net0/rp_filter", "2", ""},
		{"a tunnel off", "net/ipv4/conf/tunl0/forwarding", "0", "forwards nothing that comes in by tunl0"},
		{"it answers for others", "net/ipv4/conf/net0/proxy_arp", "1", "worker: kernel-settings: net.ipv4.conf.net0.proxy_arp is 1"},
		{"a short life", "net/ipv4/ip_default_ttl", "1", "net.ipv4.ip_default_ttl is 1: the kernel's default is 64 (to undo it: sysctl -w net.ipv4.ip_default_ttl=64)"},
		{"other hashes", "net/ipv4/fib_multipath_hash_policy", "0", "net.ipv4.fib_multipath_hash_policy is 0: the lab sets it to 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := foreignSettings(host, []string{"net0", "tunl0"}, given, func(setting string) (string, error) {
				if setting == c.setting {
					return c.value, nil
				}
				value, ok := good[setting]
				if !ok {
					return "", os.ErrNotExist
				}
				return value, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				expectFindings(t, got)
			} else {
				expectFindings(t, got, c.want)
			}
		})
	}
}

func TestForeignQueue(t *testing.T) {
	expectFindings(t, foreignQueue("leaf0", "eth1", "noqueue", netlink.HANDLE_NONE, netlink.HANDLE_ROOT))
	expectFindings(t, foreignQueue("leaf0", "eth1", "clsact", netlink.MakeHandle(0xffff, 0), netlink.HANDLE_INGRESS), "to undo it: tc qdisc del dev eth1 clsact")
	expectFindings(t, foreignQueue("leaf0", "eth1", "fq_codel", netlink.MakeHandle(1, 0), netlink.HANDLE_ROOT), "the queueing discipline fq_codel")
	expectFindings(t, foreignQueue("leaf0", "eth1", "netem", netlink.MakeHandle(1, 0), netlink.HANDLE_ROOT), "to undo it: tc qdisc del dev eth1 root")
}

func TestForeignFilters(t *testing.T) {
	drop := filterRule{does: "rule with handle 7: drop", remedy: "nft delete rule ip filter FORWARD handle 7"}
	theirs := []filterChain{
		{table: "ip filter", name: "cali-FORWARD", rules: []filterRule{drop}},
		{table: "ip nat", name: "KUBE-SERVICES", rules: []filterRule{drop}},
		{table: "ip kube-proxy", name: "filter-forward", drops: true, rules: []filterRule{drop}},
		{table: "ip filter", name: "FORWARD", rules: []filterRule{{jumps: "cali-FORWARD", does: "jump"}, {jumps: "KUBE-FORWARD"}, {comments: []string{"cali:S93hcgKJrXEqnTfs", "Policy explicitly accepted packet."}}}},
	}
	expectFindings(t, foreignFilters("worker", true, theirs))
	// No router runs Calico.
	if got := foreignFilters("leaf0", false, theirs[:1]); len(got) != 1 {
		t.Errorf("on a leaf: %v", got)
	}
	ours := append(theirs, filterChain{table: "ip filter", name: "INPUT", drops: true, remedy: "nft", rules: []filterRule{drop}})
	expectFindings(t, foreignFilters("worker", true, ours), "chain INPUT of table ip filter drops packets by its policy", "rule with handle 7: drop (to undo it: nft delete rule")
}
