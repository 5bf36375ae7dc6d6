package observe

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/hostkernel"
	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// ownHost is a host that runs commands in the network namespace of a cable.
type ownHost struct {
	*cable
	inside namespace.Set
}

func (h ownHost) Run(ctx context.Context, argv ...string) ([]byte, error) {
	return lab.Output("cable", argv, exec.CommandContext(ctx, argv[0], argv[1:]...), h.inside.Start)
}

// kernelHost is a host with a kernel of its own for a test, set up as a lab does.
type kernelHost struct {
	ownHost
	t        *testing.T
	entry    topology.Host
	topology *topology.Topology
}

func newKernelHost(t *testing.T) kernelHost {
	t.Helper()
	c := newCable(t)
	near := topology.Interface{Host: "leaf0", Name: "near", Link: "up", Addresses: []netip.Prefix{netip.MustParsePrefix("10.9.0.1/24")}}
	// The far end is in the same namespace, so that it has no address.
	far := topology.Interface{Host: "spine0", Name: "far", Link: "up", Addresses: []netip.Prefix{netip.MustParsePrefix("10.9.0.2/24")}}
	k := kernelHost{
		ownHost: ownHost{c, namespace.Set{Net: c.file}}, t: t,
		entry:    topology.Host{Name: "leaf0", Role: topology.Leaf, Interfaces: []topology.Interface{near}},
		topology: &topology.Topology{Links: []topology.Link{{Name: "up", MTU: 1500, Ends: []topology.Interface{near, far}}}},
	}
	var given map[string]string
	if err := k.inside.Do(func() error { given = hostkernel.Settings("leaf0", topology.Leaf); return nil }); err != nil {
		t.Fatal(err)
	}
	for setting, value := range given {
		if !strings.HasPrefix(setting, "net/ipv6/") {
			k.set(setting, value)
		}
	}
	k.set("net/ipv4/conf/near/rp_filter", "0")
	k.ip("addr add 10.9.0.1/24 dev near")
	return k
}

func (k kernelHost) set(setting, value string) {
	k.t.Helper()
	if err := k.inside.Do(func() error { return os.WriteFile(path.Join(settingsFolder, setting), []byte(value), 0o644) }); err != nil {
		k.t.Fatal(err)
	}
}

// ip runs iproute2 with words.
func (k kernelHost) ip(words string) {
	k.t.Helper()
	if err := k.try("ip " + words); err != nil {
		k.t.Fatal(err)
	}
}

func (k kernelHost) try(command string) error {
	if out, err := k.Run(k.t.Context(), strings.Fields(command)...); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// look is what Foreign finds on the host; the far end has the hardware address that the
// cable has.
func (k kernelHost) look() []Finding {
	k.t.Helper()
	seen, err := foreignOn(k, k.entry, k.topology)
	if err != nil {
		k.t.Fatal(err)
	}
	far := look{hardware: map[netip.Addr]string{netip.MustParseAddr("10.9.0.2"): k.to.String()}}
	return append(seen.findings, foreignNeighbours(k.topology, []look{seen, far})...)
}

// Each fault alone on a real kernel: found, and gone with its undoing.
func TestForeignOnAKernel(t *testing.T) {
	k := newKernelHost(t)
	expectFindings(t, k.look())
	for _, c := range []struct {
		name, do, undo string
		want           []string
	}{
		{"a rule", "ip rule add pref 100 to 10.244.0.0/16 blackhole", "ip rule del pref 100", []string{"leaf0: policy-rules: the rule", "ip rule del pref 100"}},
		{"another table", "ip route add blackhole 10.244.0.0/16 table 77", "ip route flush table 77", []string{"table 77 has 1 routes, the first to 10.244.0.0/16"}},
		{"the local table", "ip route add blackhole 10.244.0.0/16 table local", "ip route del blackhole 10.244.0.0/16 table local", []string{"the local table has a blackhole route to 10.244.0.0/16"}},
		{"a range", "ip route add local 192.0.2.0/24 dev lo table local", "ip route del local 192.0.2.0/24 table local", []string{"a local route takes packets for 192.0.2.0/24"}},
		{"an own address", "ip route del local 10.9.0.1 table local", "ip route add local 10.9.0.1 dev near table local proto kernel scope host src 10.9.0.1", []string{"the local table has no route to 10.9.0.1 of near"}},
		{"a nexthop object", "ip nexthop add id 5 via 10.9.0.2 dev near", "ip nexthop del id 5", []string{"leaf0: nexthop-objects: the kernel has the nexthop object 5"}},
		{"an address", "ip addr add 10.9.9.9/32 dev far", "ip addr del 10.9.9.9/32 dev far", []string{"ip addr del 10.9.9.9/32 dev far"}},
		{"an MTU", "ip link set dev near mtu 1400", "ip link set dev near mtu 1500", []string{"leaf0: interfaces: interface near has MTU 1400"}},
		{"a short-lived tunnel", "ip link add vxlan.calico type vxlan id 4096 dstport 4789 ttl 1", "ip link del vxlan.calico", []string{"leaf0: interfaces: tunnel vxlan.calico gives outer packets TTL 1"}},
		{"no ARP", "ip link set dev near arp off", "ip link set dev near arp on", []string{"leaf0: interfaces: interface near asks for no neighbours"}},
		{"a neighbour", "ip neigh replace 10.9.0.2 lladdr 02:00:00:00:00:99 dev near nud permanent", "ip neigh del 10.9.0.2 dev near", []string{"it looks for 10.9.0.2 on near at 02:00:00:00:00:99, and spine0 has"}},
		{"a neighbour for a while", "ip neigh replace 10.9.0.2 lladdr 02:00:00:00:00:99 dev near nud stale", "ip neigh del 10.9.0.2 dev near", []string{"it looks for 10.9.0.2 on near at 02:00:00:00:00:99"}},
		{"an answer for others", "ip neigh add proxy 10.9.0.7 dev near", "ip neigh del proxy 10.9.0.7 dev near", []string{"the host answers for 10.9.0.7 on near"}},
		{"no forwarding", "sysctl -qw net.ipv4.ip_forward=0", "sysctl -qw net.ipv4.ip_forward=1", []string{"leaf0: forwarding: net.ipv4.ip_forward is 0"}},
		{"no forwarding by one", "sysctl -qw net.ipv4.conf.near.forwarding=0", "sysctl -qw net.ipv4.conf.near.forwarding=1", []string{"net.ipv4.conf.near.forwarding is 0"}},
		{"the reverse path", "sysctl -qw net.ipv4.conf.near.rp_filter=1", "sysctl -qw net.ipv4.conf.near.rp_filter=0", []string{"net.ipv4.conf.near.rp_filter is 1"}},
		{"another answer", "sysctl -qw net.ipv4.conf.near.arp_ignore=8", "sysctl -qw net.ipv4.conf.near.arp_ignore=0", []string{"leaf0: kernel-settings: net.ipv4.conf.near.arp_ignore is 8"}},
		{"redirects", "sysctl -qw net.ipv4.conf.all.accept_redirects=1", "sysctl -qw net.ipv4.conf.all.accept_redirects=0", []string{"net.ipv4.conf.all.accept_redirects is 1: the lab sets it to 0"}},
		{"the hash", "sysctl -qw net.ipv4.fib_multipath_hash_policy=0", "sysctl -qw net.ipv4.fib_multipath_hash_policy=" + k.setting("net/ipv4/fib_multipath_hash_policy"), []string{"net.ipv4.fib_multipath_hash_policy is 0"}},
		{"a queue", "tc qdisc add dev near root tbf rate 1mbit burst 10kb limit 64kb", "tc qdisc del dev near root", []string{"leaf0: packet-filters: interface near has the queueing discipline tbf"}},
		{"a place for filters", "tc qdisc add dev near clsact", "tc qdisc del dev near clsact", []string{"the queueing discipline clsact", "tc qdisc del dev near clsact"}},
		{"IPsec", "ip xfrm policy add src 0.0.0.0/0 dst 10.244.0.0/16 dir out action block", "ip xfrm policy flush", []string{"leaf0: transformations: an IPsec policy (block) decides over packets from"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := k.try(c.do); err != nil {
				t.Skip("this machine's kernel has no such thing: ", err)
			}
			found := k.look()
			if err := k.try(c.undo); err != nil {
				t.Fatal(err)
			}
			if len(found) != 1 {
				t.Errorf("got %d findings, want 1: %v", len(found), found)
			}
			for _, part := range c.want {
				if !slices.ContainsFunc(found, func(f Finding) bool { return strings.Contains(f.String(), part) }) {
					t.Errorf("got %v, want %q", found, part)
				}
			}
			expectFindings(t, k.look())
		})
	}
}

func (k kernelHost) setting(setting string) string {
	k.t.Helper()
	var value []byte
	if err := k.inside.Do(func() (err error) { value, err = os.ReadFile(path.Join(settingsFolder, setting)); return err }); err != nil {
		k.t.Fatal(err)
	}
	return strings.TrimSpace(string(value))
}

func TestForeignFiltersOnAKernel(t *testing.T) {
	k := newKernelHost(t)
	connection, err := nftables.New(nftables.WithNetNSFd(int(k.file.Fd())))
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
	expectFindings(t, k.look(), "chain forward of table inet mine drops packets by its policy", "drop (to undo it: nft delete rule inet mine forward handle")
}

// The older iptables' rules are found, and Calico's are not.
func TestLegacyFiltersOnAKernel(t *testing.T) {
	k := newKernelHost(t)
	k.entry.Role = topology.Node
	for _, words := range []string{
		"-N cali-FORWARD", "-A cali-FORWARD -j DROP", "-A FORWARD -m comment --comment cali:wUHhoiAYhphO9Mso -j cali-FORWARD",
		"-A FORWARD -m comment --comment cali:S93hcgKJrXEqnTfs -j ACCEPT", "-N KUBE-FORWARD", "-A FORWARD -j KUBE-FORWARD", "-N empty",
	} {
		if err := k.try("iptables-legacy -w " + words); err != nil {
			t.Skip("this machine has no older iptables: ", err)
		}
	}
	expectFindings(t, k.look())
	for _, words := range []string{"-A FORWARD -s 10.1.100.0/24 -p tcp -j DROP", "-P INPUT DROP", "-A OUTPUT -j empty", "-A empty -j REJECT"} {
		if err := k.try("iptables-legacy -w " + words); err != nil {
			t.Fatal(err)
		}
	}
	expectFindings(t, k.look(), "chain INPUT of table iptables-legacy filter drops packets by its policy (to undo it: iptables-legacy -t filter -P INPUT ACCEPT)",
		"rule 4: drop (to undo it: iptables-legacy -t filter -D FORWARD 4)",
		"rule 1: jump to empty (to undo it: iptables-legacy -t filter -D OUTPUT 1)", "rule 1: REJECT (to undo it: iptables-legacy -t filter -D empty 1)")
}

// Attributes of a kernel's routes show in the table.
func TestAttributesOfAKernelsRoutes(t *testing.T) {
	k := newKernelHost(t)
	k.ip("addr add 10.9.0.8/24 dev near")
	for words, want := range map[string]string{
		"10.10.0.0/16 nexthop via 10.9.0.2 weight 1 nexthop via 10.9.0.3 weight 200": "10.10.0.0/16 proto boot nexthop via 10.9.0.2 dev near nexthop via 10.9.0.3 dev near weight 200",
		"10.10.0.0/16 via 10.9.0.2 mtu 1000":                                         "10.10.0.0/16 via 10.9.0.2 dev near proto boot mtu 1000",
		"10.10.0.0/16 via 10.9.0.2 mtu lock 1000 advmss 500":                         "10.10.0.0/16 via 10.9.0.2 dev near proto boot mtu 1000 lock mtu advmss 500",
		"10.10.0.0/16 via 10.9.0.2 src 10.9.0.8":                                     "10.10.0.0/16 via 10.9.0.2 dev near proto boot src 10.9.0.8",
		"10.10.0.0/16 via 10.9.0.2 hoplimit 1 initcwnd 2 quickack 1":                 "10.10.0.0/16 via 10.9.0.2 dev near proto boot hoplimit 1 initcwnd 2 quickack 1",
		"tos 0x10 10.10.0.0/16 via 10.9.0.2":                                         "10.10.0.0/16 via 10.9.0.2 dev near proto boot tos 0x10",
	} {
		k.ip("route add " + words)
		table, err := KernelTable(k, []route.Family{route.IPv4})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(table, func(r route.Route) bool { return r.String() == want }) {
			t.Errorf("after ip route add %s the table is\n%s\nwithout %s", words, table, want)
		}
		k.ip("route flush 10.10.0.0/16")
	}
}

// An encapsulation that the netlink library leaves out of its routes is found.
func TestUnknownAttributesOfAKernelsRoutes(t *testing.T) {
	k := newKernelHost(t)
	if err := k.try("ip route add 10.10.0.0/16 encap ip id 7 dst 10.9.0.2 dev near"); err != nil {
		t.Skip("this machine's kernel has no such thing: ", err)
	}
	expectFindings(t, k.look(), "the route to 10.10.0.0/16 has attributes that Rackproof does not know")
}
