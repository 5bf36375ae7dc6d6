package observe

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/namespace"
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
	expectFindings(t, foreignAddresses(host, top, own, nil))
	for _, c := range []struct {
		name      string
		addresses []local
		ranges    []local
		want      string
	}{
		{"on lo", append(own, at("lo", "192.168.4.200/32")), nil, "interface lo has the address 192.168.4.200/32, which the topology does not give it (to undo it: ip addr del 192.168.4.200/32 dev lo)"},
		{"a second on a tunnel", append(own, at("vxlan.calico", "10.244.9.9/32")), nil, "interface vxlan.calico has the address 10.244.9.9/32"},
		{"no pod's on a tunnel", append(own, at("tunl0", "192.0.2.1/32")), nil, "interface tunl0 has the address 192.0.2.1/32"},
		{"of another length", append(slices.Clone(own[:2]), at("net0", "10.1.5.11/16"), own[2]), nil, "interface net0 has the address 10.1.5.11/16"},
		{"missing", slices.Delete(slices.Clone(own), 1, 2), nil, "interface eth0 lacks its address 172.30.0.11/24 (to undo it: ip addr add 172.30.0.11/24 dev eth0)"},
		{"a range", own, []local{at("lo", "192.168.4.0/24")}, "a local route takes packets for 192.168.4.0/24"},
	} {
		t.Run(c.name, func(t *testing.T) { expectFindings(t, foreignAddresses(host, top, c.addresses, c.ranges), c.want) })
	}
	host.Role = topology.Leaf
	expectFindings(t, foreignAddresses(host, top, own, nil), "interface vxlan.calico has the address 10.244.1.0/32")
}

func TestForeignForwarding(t *testing.T) {
	good := map[string]string{
		"net/ipv4/ip_forward": "1", "net/ipv4/conf/all/forwarding": "1", "net/ipv4/conf/all/rp_filter": "0",
		"net/ipv4/conf/net0/forwarding": "1", "net/ipv4/conf/net0/rp_filter": "0",
	}
	host, _ := worker()
	for _, c := range []struct{ name, setting, value, want string }{
		{"as it is", "", "", ""},
		{"all off", "net/ipv4/ip_forward", "0", "worker: forwarding: net.ipv4.ip_forward is 0: the host forwards nothing (to undo it: sysctl -w net.ipv4.ip_forward=1)"},
		{"one interface off", "net/ipv4/conf/net0/forwarding", "0", "forwards nothing that comes in by net0"},
		{"strict", "net/ipv4/conf/net0/rp_filter", "1", "net.ipv4.conf.net0.rp_filter is 1"},
		{"loose", "net/ipv4/conf/net0/rp_filter", "2", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := foreignForwarding(host, func(setting string) (string, error) {
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
	expectFindings(t, foreignQueue("leaf0", "eth1", "noqueue", netlink.HANDLE_ROOT))
	expectFindings(t, foreignQueue("leaf0", "eth1", "clsact", netlink.HANDLE_INGRESS), "to undo it: tc qdisc del dev eth1 clsact")
	expectFindings(t, foreignQueue("leaf0", "eth1", "netem", netlink.HANDLE_ROOT), "to undo it: tc qdisc del dev eth1 root")
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

func TestParseSaved(t *testing.T) {
	const saved = `# Generated by iptables-save v1.8.9
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [12:720]
:cali-FORWARD - [0:0]
-A FORWARD -m comment --comment "cali:wUHhoiAYhphO9Mso" -j cali-FORWARD
-A FORWARD -m comment --comment "cali:S93hcgKJrXEqnTfs" -m comment --comment "Policy explicitly accepted packet." -j ACCEPT
-A FORWARD -s 10.1.100.0/24 -p tcp -j DROP
-A cali-FORWARD -j MARK --set-xmark 0x0/0xe0000
COMMIT
`
	expectFindings(t, foreignFilters("worker", true, parseSaved("filter", []byte(saved))),
		"chain FORWARD of table iptables-legacy filter drops packets by its policy (to undo it: iptables-legacy -t filter -P FORWARD ACCEPT)",
		"-s 10.1.100.0/24 -p tcp -j DROP (to undo it: iptables-legacy -t filter -D FORWARD -s 10.1.100.0/24 -p tcp -j DROP)")
}

// ownHost is a host that runs commands in the network namespace of a cable.
type ownHost struct {
	*cable
	inside namespace.Set
}

func (h ownHost) Run(ctx context.Context, argv ...string) ([]byte, error) {
	return lab.Output("cable", argv, exec.CommandContext(ctx, argv[0], argv[1:]...), h.inside.Start)
}

// Findings of a kernel, one fault of each kind after the other.
func TestForeignOnAKernel(t *testing.T) {
	c := newCable(t)
	host := ownHost{c, namespace.Set{Net: c.file}}
	entry := topology.Host{Name: "leaf0", Role: topology.Leaf, Interfaces: []topology.Interface{{Host: "leaf0", Name: "near", Addresses: []netip.Prefix{netip.MustParsePrefix("10.9.0.1/24")}}}}
	look := func() []Finding {
		t.Helper()
		found, err := foreignOn(t.Context(), host, entry, &topology.Topology{})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	change := func(do func() error) {
		t.Helper()
		if err := host.inside.Do(do); err != nil {
			t.Fatal(err)
		}
	}
	set := func(setting, value string) func() error {
		return func() error { return os.WriteFile(path.Join(settingsFolder, setting), []byte(value), 0o644) }
	}
	addAddress := func(name, address string) func() error {
		return func() error {
			link, err := netlink.LinkByName(name)
			if err != nil {
				return err
			}
			parsed, err := netlink.ParseAddr(address)
			if err != nil {
				return err
			}
			return netlink.AddrAdd(link, parsed)
		}
	}
	for _, setting := range []string{"all", "near"} {
		change(set("net/ipv4/conf/"+setting+"/rp_filter", "0"))
	}
	change(set("net/ipv4/ip_forward", "1"))
	change(addAddress("near", "10.9.0.1/24"))
	expectFindings(t, look())

	change(set("net/ipv4/conf/near/forwarding", "0"))
	change(addAddress("far", "10.9.9.9/32"))
	change(func() error {
		rule := netlink.NewRule()
		rule.Priority, rule.Table = 100, 77
		return netlink.RuleAdd(rule)
	})
	change(func() error {
		_, ipNet, err := net.ParseCIDR("192.0.2.0/24")
		if err != nil {
			return err
		}
		return netlink.RouteAdd(&netlink.Route{LinkIndex: 1, Table: unix.RT_TABLE_LOCAL, Type: unix.RTN_LOCAL, Scope: netlink.SCOPE_HOST, Dst: ipNet})
	})
	change(func() error {
		link, err := netlink.LinkByName("near")
		if err != nil {
			return err
		}
		return netlink.QdiscAdd(&netlink.Tbf{
			QdiscAttrs: netlink.QdiscAttrs{LinkIndex: link.Attrs().Index, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT},
			Rate:       1 << 20, Limit: 1 << 16, Buffer: 1 << 16,
		})
	})
	found := look()
	expectFindings(t, found, "ip rule del pref 100", "ip addr del 10.9.9.9/32 dev far", "a local route takes packets for 192.0.2.0/24",
		"interface near has the queueing discipline tbf, which can delay or drop packets (to undo it: tc qdisc del dev near root)", "net.ipv4.conf.near.forwarding is 0")

	connection, err := nftables.New(nftables.WithNetNSFd(int(c.file.Fd())))
	if err != nil {
		t.Fatal(err)
	}
	policy := nftables.ChainPolicyDrop
	table := connection.AddTable(&nftables.Table{Name: "mine", Family: nftables.TableFamilyINet})
	chain := connection.AddChain(&nftables.Chain{
		Name: "forward", Table: table, Type: nftables.ChainTypeFilter, Hooknum: nftables.ChainHookForward, Priority: nftables.ChainPriorityFilter, Policy: &policy,
	})
	connection.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{&expr.Verdict{Kind: expr.VerdictDrop}}})
	if err := connection.Flush(); err != nil {
		t.Skip("this machine's kernel has no nftables: ", err)
	}
	expectFindings(t, look()[len(found):], "chain forward of table inet mine drops packets by its policy", "drop (to undo it: nft delete rule inet mine forward handle")
}
