package oracle_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/oracle/random"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/topology"
)

// byBIRD leaves the routes between a state's nodes to BIRD, as v3.31 does by default.
func byBIRD(state oracle.State) oracle.State {
	state.Resources.FelixConfigurations = nil
	return state
}

// withEncapsulation switches the state's pool to another encapsulation, as a live
// change does: the nodes get other tunnel addresses, and all else stays.
func withEncapsulation(state oracle.State, ipip v3.IPIPMode, vxlan v3.VXLANMode) oracle.State {
	pool := &state.Resources.IPPools[0].Spec
	pool.IPIPMode, pool.VXLANMode = ipip, vxlan
	random.Allot(state)
	return state
}

// inPods are a table's routes into the pod network of all topologies here.
func inPods(table route.Table) route.Table {
	return table.Within(netip.MustParsePrefix("10.244.0.0/16"))
}

// The nodes are control-plane and worker in one rack and worker2 in another, and each
// has a pod and its end of the tunnel in its block.
func TestTunnelModes(t *testing.T) {
	for mode, want := range map[string]map[string]string{
		"ipip": {
			"worker": `
				10.244.10.0/26 via 10.1.5.10 dev tunl0 onlink proto 80 mtu 1480
				blackhole 10.244.11.0/26 proto 80
				10.244.11.1/32 dev cali-worker proto boot
				10.244.12.0/26 via 10.1.8.10 dev tunl0 onlink proto 80 mtu 1480`,
			"leaf0": "",
		},
		"crosssubnet": {
			"worker": `
				10.244.10.0/26 via 10.1.5.10 dev net0 onlink proto 80
				blackhole 10.244.11.0/26 proto 80
				10.244.11.1/32 dev cali-worker proto boot
				10.244.12.0/26 via 10.1.8.10 dev tunl0 onlink proto 80 mtu 1480`,
			"worker2": `
				10.244.10.0/26 via 10.1.5.10 dev tunl0 onlink proto 80 mtu 1480
				10.244.11.0/26 via 10.1.5.11 dev tunl0 onlink proto 80 mtu 1480
				blackhole 10.244.12.0/26 proto 80
				10.244.12.1/32 dev cali-worker2 proto boot`,
			"leaf0": "",
		},
		"vxlan": {
			"worker": `
				10.244.10.0/26 via 10.244.10.0 dev vxlan.calico onlink proto boot mtu 1450
				blackhole 10.244.11.0/26 proto 80
				10.244.11.1/32 dev cali-worker proto boot
				10.244.12.0/26 via 10.244.12.0 dev vxlan.calico onlink proto boot mtu 1450`,
			"spine0": "",
		},
		"vxlancrosssubnet": {
			"worker": `
				10.244.10.0/26 via 10.1.5.10 dev net0 onlink proto 80
				blackhole 10.244.11.0/26 proto 80
				10.244.11.1/32 dev cali-worker proto boot
				10.244.12.0/26 via 10.244.12.0 dev vxlan.calico onlink proto boot mtu 1450`,
		},
		// The leaf hears every block from all of its nodes, and their ends of the tunnel
		// from nobody: those are in the blocks.
		"ipipleaf": {
			"worker": `
				10.244.10.0/26 via 10.1.5.10 dev tunl0 onlink proto 80 mtu 1480
				blackhole 10.244.11.0/26 proto 80
				10.244.11.1/32 dev cali-worker proto boot
				10.244.12.0/26 via 10.1.8.10 dev tunl0 onlink proto 80 mtu 1480`,
			"leaf0": `
				10.244.10.0/26 proto bird nexthop via 10.1.5.10 dev eth3 nexthop via 10.1.5.11 dev eth3
				10.244.11.0/26 proto bird nexthop via 10.1.5.10 dev eth3 nexthop via 10.1.5.11 dev eth3
				10.244.12.0/26 proto bird nexthop via 10.1.5.10 dev eth3 nexthop via 10.1.5.11 dev eth3`,
			"leaf1": `
				10.244.10.0/26 via 10.1.8.10 dev eth3 proto bird
				10.244.11.0/26 via 10.1.8.10 dev eth3 proto bird
				10.244.12.0/26 via 10.1.8.10 dev eth3 proto bird`,
			"spine0": `
				10.244.10.0/26 proto bird nexthop via 10.1.10.1 dev eth1 nexthop via 10.1.34.1 dev eth2
				10.244.11.0/26 proto bird nexthop via 10.1.10.1 dev eth1 nexthop via 10.1.34.1 dev eth2
				10.244.12.0/26 proto bird nexthop via 10.1.10.1 dev eth1 nexthop via 10.1.34.1 dev eth2`,
		},
	} {
		t.Run(mode, func(t *testing.T) {
			all := tables(t, cluster(t, "two-racks", mode))
			for host, lines := range want {
				agree(t, host, inPods(all[host]), strings.ReplaceAll(lines, "\n\t\t\t\t", "\n"))
			}
		})
	}
}

// BIRD makes the same routes as Felix, where the way is one.
func TestTunnelModesByBIRD(t *testing.T) {
	for mode, want := range map[string]map[string]string{
		"ipip": {
			"worker": `
				10.244.10.0/26 via 10.1.5.10 dev tunl0 onlink proto bird
				blackhole 10.244.11.0/26 proto bird
				10.244.11.1/32 dev cali-worker proto boot
				10.244.12.0/26 via 10.1.8.10 dev tunl0 onlink proto bird`,
			"leaf0": "",
		},
		"crosssubnet": {
			"worker": `
				10.244.10.0/26 via 10.1.5.10 dev net0 proto bird
				blackhole 10.244.11.0/26 proto bird
				10.244.11.1/32 dev cali-worker proto boot
				10.244.12.0/26 via 10.1.8.10 dev tunl0 onlink proto bird`,
		},
		// The leaf tells of the other rack's network, and a next hop that is found by a BGP
		// route is none (projectcalico/calico#1515).
		"ipipleaf": {
			"worker": `
				10.244.10.0/26 via 10.1.5.10 dev tunl0 onlink proto bird
				blackhole 10.244.11.0/26 proto bird
				10.244.11.1/32 dev cali-worker proto boot
				unreachable 10.244.12.0/26 proto bird`,
		},
		// The leaf sets itself as next hop of what it hears from outside its AS, and the
		// tunnel ends there (requirements B5, C3).
		"ipipreflector": {
			"worker": `
				10.244.10.0/26 via 10.1.5.10 dev tunl0 onlink proto bird
				blackhole 10.244.11.0/26 proto bird
				10.244.11.1/32 dev cali-worker proto boot
				10.244.12.0/26 via 10.1.5.1 dev tunl0 onlink proto bird`,
		},
		"crosssubnetreflector": {
			"worker": `
				10.244.10.0/26 via 10.1.5.10 dev net0 proto bird
				blackhole 10.244.11.0/26 proto bird
				10.244.11.1/32 dev cali-worker proto boot
				10.244.12.0/26 via 10.1.5.1 dev net0 proto bird`,
		},
	} {
		t.Run(mode, func(t *testing.T) {
			all := tables(t, byBIRD(cluster(t, "two-racks", mode)))
			for host, lines := range want {
				agree(t, host, inPods(all[host]), strings.ReplaceAll(lines, "\n\t\t\t\t", "\n"))
			}
		})
	}
}

// With stock BIRD, and its adapted kernel filter, a lab in which Felix makes the routes
// has the same tables.
func TestStockBIRDWhereFelixOwns(t *testing.T) {
	for _, mode := range []string{"ipip", "crosssubnet", "ipipleaf", "ipipreflector", "crosssubnetreflector"} {
		stock := cluster(t, "two-racks", mode)
		stock.StockBIRD = true
		if d := diff.Compare(tables(t, cluster(t, "two-racks", mode)), tables(t, stock)); len(d) > 0 {
			t.Errorf("%s:\n%s", mode, d)
		}
	}
}

// Each encapsulation is what it is in a mode of its own, whatever the pool was
// before.
func TestSwitchedEncapsulation(t *testing.T) {
	want := func(mode string) route.Tables { return tables(t, cluster(t, "two-racks", mode)) }
	for _, from := range []string{"ipip", "crosssubnet"} {
		for to, state := range map[string]oracle.State{
			"ipip":             withEncapsulation(cluster(t, "two-racks", from), v3.IPIPModeAlways, v3.VXLANModeNever),
			"crosssubnet":      withEncapsulation(cluster(t, "two-racks", from), v3.IPIPModeCrossSubnet, v3.VXLANModeNever),
			"vxlan":            withEncapsulation(cluster(t, "two-racks", from), v3.IPIPModeNever, v3.VXLANModeAlways),
			"vxlancrosssubnet": withEncapsulation(cluster(t, "two-racks", from), v3.IPIPModeNever, v3.VXLANModeCrossSubnet),
		} {
			if d := diff.Compare(want(to), tables(t, state)); len(d) > 0 {
				t.Errorf("from %s to %s:\n%s", from, to, d)
			}
		}
	}
	off := withEncapsulation(cluster(t, "two-racks", "ipip"), v3.IPIPModeNever, v3.VXLANModeNever)
	off.Resources.FelixConfigurations[0].Spec.ProgramClusterRoutes = new("Disabled")
	if d := diff.Compare(want("fullmesh"), tables(t, off)); len(d) > 0 {
		t.Errorf("without encapsulation, and with BIRD's routes:\n%s", d)
	}
}

// Felix's routes do not rest on BGP, nor on the other node's being alive.
func TestFelixNeedsNoBGP(t *testing.T) {
	for _, m := range tunnelModes() {
		state := cluster(t, m.topology, m.mode)
		want := inPods(tables(t, state)["worker"])
		off := cluster(t, m.topology, m.mode)
		off.Resources.BGPConfigurations[0].Spec.NodeToNodeMeshEnabled = new(false)
		gone := cluster(t, m.topology, m.mode)
		node(t, gone, "worker2").Gone = true
		for name, changed := range map[string]oracle.State{"no mesh": off, "worker2 gone": gone} {
			if d := diff.CompareRows(want, inPods(tables(t, changed)["worker"])); !d.Empty() {
				t.Errorf("%s, %s:\n%s", m.mode, name, d)
			}
		}
	}
}

// A node whose subnet is its own address alone shares one with no other node; the
// others use theirs.
func TestSubnetOfOneAddress(t *testing.T) {
	state := cluster(t, "two-racks", "crosssubnet")
	worker := node(t, state, "worker")
	worker.Subnet = netip.MustParsePrefix("10.1.5.11/32")
	all := tables(t, state)
	agree(t, "worker", inPods(all["worker"]), `
		10.244.10.0/26 via 10.1.5.10 dev tunl0 onlink proto 80 mtu 1480
		blackhole 10.244.11.0/26 proto 80
		10.244.11.1/32 dev cali-worker proto boot
		10.244.12.0/26 via 10.1.8.10 dev tunl0 onlink proto 80 mtu 1480`)
	if got := all["control-plane"].Within(workerBlock).String(); got != "10.244.11.0/26 via 10.1.5.11 dev net0 onlink proto 80" {
		t.Errorf("control-plane has %s", got)
	}
	worker.Subnet = netip.MustParsePrefix("10.1.0.0/16")
	if _, err := state.Tables(); err == nil || !strings.Contains(err.Error(), "node worker has the address 10.1.0.0/16 for Calico") {
		t.Errorf("another address for Calico: %v", err)
	}
}

// An address that is on another node than its block has a route of its own at all
// nodes, the block's owner too, by the way to the node that has it.
func TestBorrowedAddresses(t *testing.T) {
	address := pod(workerBlock).Next()
	prefix := netip.PrefixFrom(address, 32)
	for mode, want := range map[string][2]string{
		"ipip":             {"via 10.1.8.10 dev tunl0 onlink proto 80 mtu 1480", "via 10.1.8.10 dev tunl0 onlink proto 80 mtu 1480"},
		"crosssubnet":      {"via 10.1.8.10 dev tunl0 onlink proto 80 mtu 1480", "via 10.1.8.10 dev tunl0 onlink proto 80 mtu 1480"},
		"vxlan":            {"via 10.244.12.0 dev vxlan.calico onlink proto boot mtu 1450", "via 10.244.12.0 dev vxlan.calico onlink proto boot mtu 1450"},
		"vxlancrosssubnet": {"via 10.244.12.0 dev vxlan.calico onlink proto boot mtu 1450", "via 10.244.12.0 dev vxlan.calico onlink proto boot mtu 1450"},
	} {
		state := cluster(t, "two-racks", mode)
		node(t, state, "worker2").Borrowed = []netip.Addr{address}
		place(t, state, "worker2", address)
		all := tables(t, state)
		for i, host := range []string{"control-plane", "worker"} {
			if got := all[host].Within(prefix).String(); got != prefix.String()+" "+want[i] {
				t.Errorf("%s: %s has %s, want %s", mode, host, got, want[i])
			}
			ways, err := state.Walk(all, host, address)
			if err != nil || len(ways) != 1 || ways[0][len(ways[0])-1] != "worker2" {
				t.Errorf("%s: from %s to the address: %v, %v", mode, host, ways, err)
			}
		}
		if got := all["worker2"].Within(prefix).String(); got != prefix.String()+" dev cali-placed proto boot" {
			t.Errorf("%s: worker2 has %s", mode, got)
		}
	}
}

// A borrowed end of a VXLAN tunnel is on the device's own network.
func TestBorrowedTunnelEnd(t *testing.T) {
	state := cluster(t, "two-racks", "vxlan")
	worker2 := node(t, state, "worker2")
	worker2.VXLANTunnel = pod(workerBlock).Next()
	worker2.Borrowed = []netip.Addr{worker2.VXLANTunnel}
	agree(t, "worker", inPods(tables(t, state)["worker"]), `
		10.244.10.0/26 via 10.244.10.0 dev vxlan.calico onlink proto boot mtu 1450
		blackhole 10.244.11.0/26 proto 80
		10.244.11.1/32 dev cali-worker proto boot
		10.244.11.2/32 dev vxlan.calico proto boot mtu 1450
		10.244.12.0/26 via 10.244.11.2 dev vxlan.calico onlink proto boot mtu 1450`)
}

// Blocks of a single address have no blackhole, and Felix routes to each.
func TestSingleAddressBlocks(t *testing.T) {
	state := cluster(t, "two-racks", "vxlan")
	for i := range state.Nodes {
		n := &state.Nodes[i]
		n.Blocks = []netip.Prefix{netip.PrefixFrom(n.VXLANTunnel, 32), netip.PrefixFrom(n.Workloads[0].Address, 32)}
	}
	agree(t, "worker", inPods(tables(t, state)["worker"]), `
		10.244.10.0/32 dev vxlan.calico proto boot mtu 1450
		10.244.10.1/32 via 10.244.10.0 dev vxlan.calico onlink proto boot mtu 1450
		10.244.11.1/32 dev cali-worker proto boot
		10.244.12.0/32 dev vxlan.calico proto boot mtu 1450
		10.244.12.1/32 via 10.244.12.0 dev vxlan.calico onlink proto boot mtu 1450`)
}

// BIRD learns from the kernel: a node announces its own block twice where Felix has its
// blackhole, does not announce routes through vxlan.calico to other nodes, and does
// announce those through tunl0 (projectcalico/calico#13470) and those of its subnet
// (#13533). It does not announce routes that BIRD itself has made.
func TestWhatNodesTellEachOther(t *testing.T) {
	own := `
		10.244.10.0/26 from 10.1.5.10 next hop 10.1.5.10 AS path []
		10.244.10.0/26 from 10.1.5.10 next hop 10.1.5.10 AS path []
		10.244.11.0/26 from 10.1.5.11 next hop 10.1.5.11 AS path []
		10.244.11.0/26 from 10.1.5.11 next hop 10.1.5.11 AS path []`
	agreePaths(t, "worker2", paths(t, cluster(t, "two-racks", "vxlan"), "worker2"), own)
	for _, mode := range []string{"ipip", "crosssubnet"} {
		agreePaths(t, "worker2", paths(t, byBIRD(cluster(t, "two-racks", mode)), "worker2"), `
		10.244.10.0/26 from 10.1.5.10 next hop 10.1.5.10 AS path []
		10.244.11.0/26 from 10.1.5.11 next hop 10.1.5.11 AS path []`)
	}
	for _, mode := range []string{"ipip", "crosssubnet", "vxlancrosssubnet"} {
		agreePaths(t, "worker2", paths(t, cluster(t, "two-racks", mode), "worker2"), `
		10.244.10.0/26 from 10.1.5.10 next hop 10.1.5.10 AS path []
		10.244.10.0/26 from 10.1.5.10 next hop 10.1.5.10 AS path []
		10.244.10.0/26 from 10.1.5.11 next hop 10.1.5.10 AS path []
		10.244.11.0/26 from 10.1.5.10 next hop 10.1.5.11 AS path []
		10.244.11.0/26 from 10.1.5.11 next hop 10.1.5.11 AS path []
		10.244.11.0/26 from 10.1.5.11 next hop 10.1.5.11 AS path []`)
	}
	// A mesh session counts as internal whatever its AS numbers are.
	state := cluster(t, "two-racks", "vxlan")
	node(t, state, "worker").AS = 65011
	// With AS numbers of their own these two have no session across racks, so that
	// control-plane knows the block by its tunnel alone.
	node(t, state, "worker2").AS = 65012
	if got := paths(t, state, "worker").From(netip.MustParseAddr("10.1.5.10")).To(worker2Block); len(got) != 0 {
		t.Errorf("control-plane tells what it sends through the tunnel: %v", got)
	}
}

// A leaf that is a reflector hears of all blocks from each of its nodes
// (projectcalico/calico#13470). It prefers them to what it hears over the fabric, and
// tells the spine of a way that leads back there. BIRD resolves their next hop by the
// spine's route, which is not recursive, as a neighbour on a link has `gateway direct`.
func TestTunnelRoutesReachLeaves(t *testing.T) {
	for _, software := range []topology.Software{frr.Name, bird.Name} {
		state := cluster(t, "two-racks", "ipipreflector")
		for i := range state.Routers {
			state.Routers[i].Software = software
		}
		_, err := state.Walk(tables(t, state), "leaf1", pod(workerBlock))
		if circles := err != nil && strings.Contains(err.Error(), string(oracle.Loop)); !circles {
			t.Errorf("from leaf1 with %s to the pod on worker: %v", software, err)
		}
		if _, err := state.Walk(tables(t, byBIRD(state)), "leaf1", pod(workerBlock)); err != nil {
			t.Errorf("from leaf1 with %s to the pod on worker, by BIRD's routes: %v", software, err)
		}
	}
}

// Chance decides whether a node has a route to the other end of a tunnel, and BIRD
// tells it as any other.
func TestRoutesToTunnelEnds(t *testing.T) {
	end := netip.PrefixFrom(tunnelEnd(workerBlock), 32)
	for mode, want := range map[string]struct{ route, told string }{
		"ipip":             {"via 10.1.5.11 dev tunl0 onlink proto 80 mtu 1480", "10.244.11.0/32"},
		"crosssubnet":      {"via 10.1.5.11 dev net0 onlink proto 80", "10.244.11.0/32"},
		"vxlan":            {"dev vxlan.calico proto boot mtu 1450", ""},
		"vxlancrosssubnet": {"via 10.1.5.11 dev net0 onlink proto 80", "10.244.11.0/32"},
	} {
		state := cluster(t, "two-racks", mode)
		node(t, state, "control-plane").EndRoutes = []string{"worker"}
		if got := tables(t, state)["control-plane"].Within(end).String(); got != end.String()+" "+want.route {
			t.Errorf("%s: control-plane has %s, want %s", mode, got, want.route)
		}
		if got := prefixesOf(paths(t, state, "worker2").To(end)); got != want.told {
			t.Errorf("%s: worker2 is told of %q, want %q", mode, got, want.told)
		}
	}
	state := cluster(t, "two-racks", "ipipleaf")
	node(t, state, "control-plane").EndRoutes = []string{"worker"}
	if got := hopsTo(tables(t, state)["leaf0"], end); got != "10.1.5.10" {
		t.Errorf("ipipleaf: leaf0 sends to the end of worker's tunnel by %q, want the node that told it", got)
	}
}

// A walk goes through tunnels as the packet around the packet does, and past the same
// leaf twice where it has to.
func TestWalkThroughTunnels(t *testing.T) {
	state := cluster(t, "two-racks", "vxlan")
	all := tables(t, state)
	walk := func(from string, to netip.Addr) []string {
		ways, err := state.Walk(all, from, to)
		if err != nil {
			t.Errorf("from %s to %s: %v", from, to, err)
		}
		var texts []string
		for _, way := range ways {
			texts = append(texts, way.String())
		}
		slices.Sort(texts)
		return texts
	}
	const across = "worker → leaf0 → spine0 → leaf1 → worker2"
	for _, to := range []netip.Addr{pod(worker2Block), tunnelEnd(worker2Block)} {
		if got := walk("worker", to); !slices.Equal(got, []string{across}) {
			t.Errorf("to %s by %q", to, got)
		}
	}
	if _, err := oracle.Walk(state.Topology, all, "worker", pod(worker2Block)); err == nil || !strings.Contains(err.Error(), string(oracle.NoTunnelEnd)) {
		t.Errorf("a walk that knows no tunnels: %v", err)
	}

	state = cluster(t, "two-racks", "ipipleaf")
	all = tables(t, state)
	want := []string{
		"leaf0 → control-plane → leaf0 → spine0 → leaf1 → worker2",
		"leaf0 → worker → leaf0 → spine0 → leaf1 → worker2",
	}
	if got := walk("leaf0", pod(worker2Block)); !slices.Equal(got, want) {
		t.Errorf("from leaf0 by %q", got)
	}
	delete(all, "leaf1")
	if _, err := state.Walk(all, "worker", pod(worker2Block)); err == nil || !strings.Contains(err.Error(), "in a tunnel to worker2") {
		t.Errorf("without leaf1: %v", err)
	}
}

func TestTunnelsThatAreNotReckonedWith(t *testing.T) {
	tests := []struct {
		name   string
		change func(*oracle.State)
		says   string
	}{
		{"stock BIRD owns IPIP", func(s *oracle.State) { s.Resources.FelixConfigurations, s.StockBIRD = nil, true }, "its routes are BIRD's"},
		{"both own", func(s *oracle.State) { s.Resources.IPPools[0].Spec.IPIPMode = v3.IPIPModeNever }, "both program"},
		{"two encapsulations", func(s *oracle.State) {
			s.Resources.IPPools = append(s.Resources.IPPools, v3.IPPool{ObjectMeta: metav1.ObjectMeta{Name: "second"}, Spec: v3.IPPoolSpec{CIDR: "10.245.0.0/16", VXLANMode: v3.VXLANModeAlways}})
		}, "several at once"},
		{"a block of two nodes", func(s *oracle.State) { s.Nodes[0].Blocks = append(s.Nodes[0].Blocks, s.Nodes[1].Blocks...) }, "both have 10.244.11.0/26"},
		{"an address of two nodes", func(s *oracle.State) {
			s.Nodes[0].Borrowed, s.Nodes[1].Borrowed = []netip.Addr{pod(worker2Block)}, []netip.Addr{pod(worker2Block)}
		}, "both have 10.244.12.1/32"},
		{"a node without its end of the tunnel", func(s *oracle.State) { s.Nodes[1].IPIPTunnel = netip.Addr{} }, "node worker has no address on tunl0"},
		{"another source of routes", func(s *oracle.State) { s.Resources.FelixConfigurations[0].Spec.RouteSource = "WorkloadIPs" }, "routeSource is not supported"},
		{"eBPF", func(s *oracle.State) { s.Resources.FelixConfigurations[0].Spec.BPFEnabled = new(true) }, "bpfEnabled is not supported"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			state := cluster(t, "two-racks", "ipip")
			tt.change(&state)
			if _, err := state.Tables(); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want %q", err, tt.says)
			}
		})
	}
}

// A leaf that fails to tell a node of the node itself leaves what it told before, and
// nothing else.
func TestWithoutLeftovers(t *testing.T) {
	state := cluster(t, "two-racks", "ipipreflector")
	for i := range state.Routers {
		state.Routers[i].Software = bird.Name
	}
	leaf := netip.MustParseAddr("10.1.5.1")
	stale, other := path.Path{Prefix: workerBlock, Peer: leaf}, path.Path{Prefix: worker2Block, Peer: leaf}
	got, err := state.WithoutLeftovers(path.Tables{"worker": {stale, other}, "control-plane": {stale}})
	if err != nil || len(got["worker"]) != 1 || got["worker"][0].Prefix != worker2Block || len(got["control-plane"]) != 1 {
		t.Errorf("error %v, left %v", err, got)
	}
}
