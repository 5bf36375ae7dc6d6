package oracle_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/projectcalico/api/pkg/lib/numorstring"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/oracle/random"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// The blocks of the first four nodes in all tests that use topologies whose pod
// network is 10.244.0.0/16 (see block).
var (
	controlPlaneBlock = netip.MustParsePrefix("10.244.10.0/26")
	workerBlock       = netip.MustParsePrefix("10.244.11.0/26")
	worker2Block      = netip.MustParsePrefix("10.244.12.0/26")
	worker3Block      = netip.MustParsePrefix("10.244.13.0/26")
)

// cluster is the state of an embedded topology in an embedded mode, with a block
// and a pod on each node.
func cluster(t *testing.T, topologyName, modeName string) oracle.State {
	t.Helper()
	fabricTopology, err := fixtures.Topology(topologyName)
	if err != nil {
		t.Fatal(err)
	}
	mode, err := fixtures.Mode(modeName)
	if err != nil {
		t.Fatal(err)
	}
	routers, err := fabric.Plan(fabricTopology, mode)
	if err != nil {
		t.Fatal(err)
	}
	state := oracle.State{
		Topology: fabricTopology, Resources: mode.Resources, Routers: routers, Software: drivers.Software(),
		Nodes: nodesOf(fabricTopology, mode.Resources), Flannel: mode.Flannel, Backend: mode.Backend,
	}
	for i := range state.Nodes {
		n, block := &state.Nodes[i], block(fabricTopology, i)
		n.Blocks = []netip.Prefix{block}
		n.Workloads = []oracle.Workload{{Address: pod(block), Interface: "cali-" + n.Name}}
	}
	if state.Flannel == nil {
		random.Allot(state)
	}
	return state
}

// tunnelEnd is the address in a block that a node has on its tunnel device.
func tunnelEnd(block netip.Prefix) netip.Addr { return block.Addr() }

// withoutNextHopMode takes the nextHopMode of a mode's BGPPeers away, so that
// reflectors are the next hop of what they tell external neighbours.
func withoutNextHopMode(state oracle.State) oracle.State {
	for i := range state.Resources.BGPPeers {
		state.Resources.BGPPeers[i].Spec.NextHopMode = nil
	}
	return state
}

// block is the i-th node's: 10.244.10.0/26, 10.244.11.0/26 and so on.
func block(t *topology.Topology, i int) netip.Prefix {
	octets := t.Pods.First().Addr().As4()
	octets[2] = byte(10 + i)
	return netip.PrefixFrom(netip.AddrFrom4(octets), 26)
}

// pod is the address of the pod in a block.
func pod(block netip.Prefix) netip.Addr { return block.Addr().Next() }

// node finds a node of the state, to change it.
func node(t *testing.T, state oracle.State, name string) *oracle.Node {
	t.Helper()
	i := slices.IndexFunc(state.Nodes, func(n oracle.Node) bool { return n.Name == name })
	if i < 0 {
		t.Fatalf("no node %s in the state", name)
	}
	return &state.Nodes[i]
}

// place puts a pod with an address of another node's block onto a node.
func place(t *testing.T, state oracle.State, name string, address netip.Addr) {
	t.Helper()
	n := node(t, state, name)
	n.Workloads = append(n.Workloads, oracle.Workload{Address: address, Interface: "cali-placed"})
}

func tables(t *testing.T, state oracle.State) route.Tables {
	t.Helper()
	got, err := state.Tables()
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func sessions(t *testing.T, state oracle.State) session.Sessions {
	t.Helper()
	got, err := state.Sessions()
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// agree compares a host's table with the lines that `ip route` would show, in the order
// of the prefixes. The lines have no sources of the kernel's own routes: TestSources
// compares those of all hosts.
func agree(t *testing.T, host string, got route.Table, want string) {
	t.Helper()
	got = slices.Clone(got)
	for i, r := range got {
		if r.Origin == route.OriginKernel {
			got[i].Source = netip.Addr{}
		}
	}
	want = strings.TrimSpace(strings.ReplaceAll(want, "\n\t\t", "\n"))
	if got.String() != want {
		t.Errorf("table of %s:\ngot\n%s\nwant\n%s", host, got, want)
	}
}

// paths are the paths that a host has from its BGP neighbours.
func paths(t *testing.T, state oracle.State, host string) path.Paths {
	t.Helper()
	all, err := state.Paths()
	if err != nil {
		t.Fatal(err)
	}
	return all[host]
}

// agreePaths compares a host's paths, without their preferences, with lines as path.Path
// prints them.
func agreePaths(t *testing.T, host string, got path.Paths, want string) {
	t.Helper()
	var lines []string
	for _, p := range got {
		lines = append(lines, p.Announcement())
	}
	want = strings.TrimSpace(strings.ReplaceAll(want, "\n\t\t", "\n"))
	if text := strings.Join(lines, "\n"); text != want {
		t.Errorf("paths of %s:\ngot\n%s\nwant\n%s", host, text, want)
	}
}

// birdLeaves makes the leaves run BIRD.
func birdLeaves(state oracle.State) oracle.State { return leavesOf(bird.Name, state) }

// leavesOf makes the leaves run the software.
func leavesOf(software topology.Software, state oracle.State) oracle.State {
	for i, r := range state.Routers {
		if host, _ := state.Topology.Host(r.Host); host.Role == topology.Leaf {
			state.Routers[i].Software = software
		}
	}
	return state
}

// router finds a router of the state, to change it.
func router(t *testing.T, state oracle.State, host string) *fabric.Router {
	t.Helper()
	i := slices.IndexFunc(state.Routers, func(r fabric.Router) bool { return r.Host == host })
	if i < 0 {
		t.Fatalf("no router %s in the state", host)
	}
	return &state.Routers[i]
}

// neighbor finds a router's neighbour, to change it.
func neighbor(t *testing.T, state oracle.State, host, name string) *fabric.Neighbor {
	t.Helper()
	r := router(t, state, host)
	i := slices.IndexFunc(r.Neighbors, func(n fabric.Neighbor) bool { return n.Host == name })
	if i < 0 {
		t.Fatalf("router %s has no neighbour %s", host, name)
	}
	return &r.Neighbors[i]
}

// asNumber is an AS number as Calico's API has it.
func asNumber(as uint32) numorstring.ASNumber { return numorstring.ASNumber(as) }

// onBothRacks gives worker, which is in the topology leaf-spine's first rack, a second
// interface, on the link of the other rack.
func onBothRacks(t *testing.T, state oracle.State) {
	t.Helper()
	const name = "worker"
	host, _ := state.Topology.Host(name)
	link, ok := state.Topology.Link("br-leaf1")
	if host == nil || !ok {
		t.Fatalf("no node %s, or no link br-leaf1", name)
	}
	port := topology.Interface{Host: name, Name: "net1", Link: link.Name, Addresses: []netip.Prefix{netip.MustParsePrefix("10.1.8.99/24")}}
	host.Interfaces = append(host.Interfaces, port)
	link.Ends = append(link.Ends, port)
}

// prefixesOf are the prefixes of some paths, each once, in order.
func prefixesOf(list path.Paths) string {
	var prefixes []string
	for _, p := range list {
		if text := p.Prefix.String(); !slices.Contains(prefixes, text) {
			prefixes = append(prefixes, text)
		}
	}
	return strings.Join(prefixes, " ")
}

// states are the states of a host's sessions by the neighbour's address.
func states(list []session.Session) map[string]session.State {
	m := map[string]session.State{}
	for _, s := range list {
		m[s.Peer.String()] = s.State
	}
	return m
}

// hopsTo are the next hops of a host's route to a prefix: addresses, or interfaces
// of connected networks and pods; the kind of a route that has none; empty if
// there is no route. Should there be several routes, it has them all.
func hopsTo(table route.Table, prefix netip.Prefix) string {
	var hops []string
	for _, r := range table {
		if r.Prefix != prefix {
			continue
		}
		if r.Kind != route.Unicast {
			hops = append(hops, r.Kind.String())
		}
		for _, h := range r.NextHops {
			if h.Via.IsValid() {
				hops = append(hops, h.Via.String())
			} else {
				hops = append(hops, h.Dev)
			}
		}
	}
	return strings.Join(hops, " ")
}

// nodesOf returns the topology's nodes with the labels, AS numbers and reflector
// cluster IDs that a mode's resources give them: a cluster in which nothing runs
// yet, and so without blocks.
func nodesOf(t *topology.Topology, resources calico.Resources) []oracle.Node {
	var nodes []oracle.Node
	for _, host := range t.Nodes() {
		node := oracle.Node{Name: host.Name, Labels: resources.NodeLabels(host)}
		if r, ok := resources.Node(host.Name); ok && r.Spec.BGP != nil {
			node.ReflectorClusterID = r.Spec.BGP.RouteReflectorClusterID
			if r.Spec.BGP.ASNumber != nil {
				node.AS = uint32(*r.Spec.BGP.ASNumber)
			}
		}
		nodes = append(nodes, node)
	}
	return nodes
}
