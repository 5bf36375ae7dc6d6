package oracle_test

import (
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/bird2"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// scenarios are states of all shapes that the properties below must hold for.
func scenarios(t *testing.T) map[string]oracle.State {
	t.Helper()
	states := map[string]oracle.State{
		"full mesh, one rack":                 cluster(t, "single-rack", "fullmesh"),
		acrossRacks:                           cluster(t, "leaf-spine", "fullmesh"),
		"leaf reflector":                      cluster(t, "leaf-spine", "leafreflector"),
		"rack reflectors":                     rackReflectors(t, v3.BGPPeerSpec{}),
		"rack reflectors, keep":               rackReflectors(t, v3.BGPPeerSpec{KeepOriginalNextHop: true}),
		"mesh with four AS":                   cluster(t, "single-rack", "fullmesh"),
		"leaf reflector, a node":              cluster(t, "leaf-spine", "leafreflector"),
		"one AS for all racks":                withServices(oneASForAllRacks(t, 0)),
		"one AS for all racks, allowed":       withServices(oneASForAllRacks(t, 1)),
		"one AS for all racks, allowed, BIRD": withServices(birdLeaves(oneASForAllRacks(t, 1))),
		"rackreflector, Keep":                 withServices(cluster(t, "rack-reflector", "rackreflector")),
		"nodereflector, Self":                 withServices(cluster(t, "single-rack", "nodereflector")),
		"serviceips, a node excluded":         withServices(cluster(t, "leaf-spine", "serviceips")),
		"nodereflector, a reflector excluded": withServices(cluster(t, "single-rack", "nodereflector")),
	}
	for i := range states["mesh with four AS"].Nodes {
		states["mesh with four AS"].Nodes[i].AS = 65001 + uint32(i)
	}
	node(t, states["leaf reflector, a node"], "worker").Gone = true
	for i := range states["rackreflector, Keep"].Resources.BGPPeers {
		states["rackreflector, Keep"].Resources.BGPPeers[i].Spec.NextHopMode = new(v3.NextHopMode("Keep"))
	}
	// Towards the leaf: between reflectors it makes loops (TestReflectorsAsNextHops).
	states["nodereflector, Self"].Resources.BGPPeers[1].Spec.NextHopMode = new(v3.NextHopMode("Self"))
	for _, name := range []string{"serviceips, a node excluded", "nodereflector, a reflector excluded"} {
		node(t, states[name], "worker").Labels["node.kubernetes.io/exclude-from-external-load-balancers"] = "true"
	}
	for _, m := range modes() {
		states[m.mode] = withServices(cluster(t, m.topology, m.mode))
		states[m.mode+" on BIRD"] = withServices(cluster(t, m.topology, m.mode))
		for i := range states[m.mode+" on BIRD"].Routers {
			states[m.mode+" on BIRD"].Routers[i].Software = bird.Name
		}
		states[m.mode+" on BIRD 2"] = withServices(cluster(t, m.topology, m.mode))
		for i := range states[m.mode+" on BIRD 2"].Routers {
			states[m.mode+" on BIRD 2"].Routers[i].Software = bird2.Name
		}
	}
	for _, m := range tunnelModes() {
		states[m.mode] = cluster(t, m.topology, m.mode)
		states[m.mode+", known ends"] = cluster(t, m.topology, m.mode)
		states[m.mode+", no mesh"] = cluster(t, m.topology, m.mode)
		states[m.mode+", borrowed"] = cluster(t, m.topology, m.mode)
		states[m.mode+", on FRR"] = withServices(cluster(t, m.topology, m.mode))
		for i := range states[m.mode].Nodes {
			states[m.mode+", known ends"].Nodes[i].EndRoutes = nodeNames(states[m.mode])
		}
		for i := range states[m.mode].Routers {
			states[m.mode+", on FRR"].Routers[i].Software = frr.Name
		}
		states[m.mode+", no mesh"].Resources.BGPConfigurations[0].Spec.NodeToNodeMeshEnabled = new(false)
		// worker2 has a pod and its end of the tunnel from worker's block.
		lender, borrower := node(t, states[m.mode+", borrowed"], "worker"), node(t, states[m.mode+", borrowed"], "worker2")
		borrower.Borrowed = []netip.Addr{pod(lender.Blocks[0]).Next(), pod(lender.Blocks[0]).Next().Next()}
		place(t, states[m.mode+", borrowed"], "worker2", borrower.Borrowed[0])
		if borrower.IPIPTunnel.IsValid() {
			borrower.IPIPTunnel = borrower.Borrowed[1]
		} else {
			borrower.VXLANTunnel = borrower.Borrowed[1]
		}
	}
	for _, mode := range []string{"ipip", "crosssubnet"} {
		states[mode+" by BIRD"] = byBIRD(cluster(t, "two-racks", mode))
	}
	maps.Copy(states, cutScenarios(t))
	return states
}

// acrossRacks is the scenario in which leaves do not know the other rack's pods.
const acrossRacks = "full mesh, leaf-spine"

type topologyAndMode struct{ topology, mode string }

// modes are the routed modes, each with its topology.
func modes() []topologyAndMode {
	return []topologyAndMode{
		{"single-rack", "nodereflector"}, {"rack-reflector", "rackreflector"}, {"tor", "tor"}, {"leaf-spine", "serviceips"},
		{"two-racks", "noencapreflector"},
	}
}

// tunnelModes are the modes with tunnels, each with its topology.
func tunnelModes() []topologyAndMode {
	return []topologyAndMode{
		{"two-racks", "ipip"}, {"two-racks", "crosssubnet"}, {"two-racks", "vxlan"}, {"two-racks", "vxlancrosssubnet"}, {"two-racks", "ipipleaf"},
		// Not crosssubnetreflector and ipipreflector: what a node tells its leaf there of
		// other nodes' blocks (projectcalico/calico#13533, #13470) does not go when their
		// cables are out, and sends packets in circles (TestTunnelRoutesReachLeaves).
		{"two-racks", "vxlanreflector"},
	}
}

// nodeNames are the names of a state's nodes.
func nodeNames(state oracle.State) []string {
	var all []string
	for _, n := range state.Nodes {
		all = append(all, n.Name)
	}
	return all
}

// cutScenarios lack a link each, or one end of one.
func cutScenarios(t *testing.T) map[string]oracle.State {
	t.Helper()
	states := map[string]oracle.State{}
	for _, m := range append(slices.Concat(modes(), tunnelModes()), topologyAndMode{"leaf-spine", "leafreflector"}) {
		for _, link := range cluster(t, m.topology, m.mode).Topology.Links {
			cut := cluster(t, m.topology, m.mode)
			cut.CutLinks = map[string]bool{link.Name: true}
			states[m.mode+" without "+link.Name] = cut
			for _, end := range link.Ends {
				if link.Bridge {
					cut := cluster(t, m.topology, m.mode)
					cut.CutEnds = map[oracle.End]bool{{Link: link.Name, Host: end.Host}: true}
					states[m.mode+" without "+link.Name+" at "+end.Host] = cut
				}
			}
		}
	}
	return states
}

// whole reports whether a state has all its links and hosts.
func whole(state oracle.State) bool {
	return len(state.CutLinks) == 0 && len(state.CutEnds) == 0 && !slices.ContainsFunc(state.Nodes, func(n oracle.Node) bool { return n.Gone })
}

// withServices adds services whose endpoints are on the first and the last node,
// and announces all addresses that the topology has for services.
func withServices(state oracle.State) oracle.State {
	first, last := state.Nodes[0].Name, state.Nodes[len(state.Nodes)-1].Name
	configuration := &state.Resources.BGPConfigurations[0].Spec
	configuration.ServiceClusterIPs = []v3.ServiceClusterIPBlock{{CIDR: state.Topology.Services.String()}}
	both := []oracle.Endpoint{{Node: first, Ready: true}, {Node: last, Ready: true}}
	address := state.Topology.Services.First().Addr().Next().Next()
	state.Services = []oracle.Service{
		{Namespace: "default", Name: "local", Type: corev1.ServiceTypeNodePort, ClusterIPs: []netip.Addr{address}, Local: true, Endpoints: both},
		{Namespace: "default", Name: "cluster", Type: corev1.ServiceTypeNodePort, ClusterIPs: []netip.Addr{address.Next()}, Endpoints: both},
	}
	if external := state.Topology.ExternalIPs.First(); external.IsValid() {
		single := netip.PrefixFrom(external.Addr().Next(), 32)
		configuration.ServiceExternalIPs = []v3.ServiceExternalIPBlock{{CIDR: single.String()}}
		state.Services[1].ExternalIPs = []netip.Addr{single.Addr()}
	}
	return state
}

// Every next hop is a neighbour on the link that the route names, with both ends
// up, or another node at the end of a tunnel. A default route that a host was given,
// and what Felix makes, stays while the host's own end is up. BIRD takes whatever host a
// neighbour names as next hop for the end of a tunnel.
func TestNextHopsAreNeighbors(t *testing.T) {
	for name, state := range scenarios(t) {
		t.Run(name, func(t *testing.T) {
			for host, table := range tables(t, state) {
				for _, r := range table {
					for _, hop := range r.NextHops {
						if hop.Via.IsValid() && !isNeighbor(state, host, hop, r.Origin) {
							t.Errorf("%s: %s: no neighbour has %s on %s", host, r, hop.Via, hop.Dev)
						}
					}
				}
			}
		})
	}
}

func isNeighbor(state oracle.State, host string, hop route.NextHop, origin route.Origin) bool {
	h, _ := state.Topology.Host(host)
	if ends := map[string]func(oracle.Node) netip.Addr{
		"tunl0": func(n oracle.Node) netip.Addr {
			at, _ := state.Topology.Host(n.Name)
			return at.Address()
		},
		"vxlan.calico": func(n oracle.Node) netip.Addr { return n.VXLANTunnel },
	}; ends[hop.Dev] != nil {
		if at, known := state.Topology.HostOf(hop.Via); origin == route.OriginBIRD {
			return hop.Onlink && known && at != host
		}
		return hop.Onlink && slices.ContainsFunc(state.Nodes, func(n oracle.Node) bool { return n.Name != host && ends[hop.Dev](n) == hop.Via })
	}
	static := origin == route.OriginStatic || origin == route.OriginFelix
	port, ok := h.Interface(hop.Dev)
	up := func(end topology.Interface) bool {
		return !state.CutLinks[end.Link] && !state.CutEnds[oracle.End{Link: end.Link, Host: end.Host}]
	}
	return ok && up(port) && slices.ContainsFunc(state.Topology.Peers(host), func(peer topology.Interface) bool {
		return peer.Link == port.Link && peer.Has(hop.Via) && (static || up(peer))
	})
}

// A session has two ends, and both are up or both are down. Only by one that is up
// does a host have paths, and none of a path's next hops is the host itself.
func TestSessionsHaveTwoEnds(t *testing.T) {
	for name, state := range scenarios(t) {
		t.Run(name, func(t *testing.T) {
			all := sessions(t, state)
			learned, err := state.Paths()
			if err != nil {
				t.Fatal(err)
			}
			for host, list := range all {
				up := states(list)
				for _, s := range list {
					peer, _ := state.Topology.HostOf(s.Peer)
					back := func(other session.Session) bool {
						back, _ := state.Topology.HostOf(other.Peer)
						return back == host && other.State == session.Established && other.LocalAS == s.PeerAS && other.PeerAS == s.LocalAS
					}
					if s.State == session.Established && !slices.ContainsFunc(all[peer], back) {
						t.Errorf("%s: %s, and %s has no such session", host, s, peer)
					}
				}
				for _, p := range learned[host] {
					if up[p.Peer.String()] != session.Established {
						t.Errorf("%s has %s from a neighbour with which it has no session", host, p)
					}
					if owner, _ := state.Topology.HostOf(p.NextHop); owner == host {
						t.Errorf("%s is told that it is itself the next hop: %s", host, p)
					}
				}
			}
		})
	}
}

// A host spreads traffic over hosts that are as far up or down in the fabric as
// each other, each on its own link or with its own address, and over no more than
// there are.
func TestEqualCostIsWhatTheFabricAllows(t *testing.T) {
	sets := 0
	for name, state := range scenarios(t) {
		t.Run(name, func(t *testing.T) {
			for host, table := range tables(t, state) {
				for _, r := range table {
					if len(r.NextHops) < 2 {
						continue
					}
					sets++
					roles, seen := map[topology.Role]bool{}, map[route.NextHop]bool{}
					for _, hop := range r.NextHops {
						name, ok := state.Topology.HostOf(hop.Via)
						neighbor, known := state.Topology.Host(name)
						if !ok || !known || seen[hop] {
							t.Fatalf("%s: %s: %s is no host's address, or there twice", host, r, hop.Via)
						}
						roles[neighbor.Role], seen[hop] = true, true
					}
					if len(roles) != 1 {
						t.Errorf("%s: %s: next hops of different roles %v", host, r, roles)
					}
					for role := range roles {
						if have := len(state.Topology.ByRole(role)); len(r.NextHops) > have {
							t.Errorf("%s: %s: more next hops than there are hosts of role %s (%d)", host, r, role, have)
						}
					}
				}
			}
		})
	}
	if sets == 0 {
		t.Error("no table has equal-cost routes, so nothing was proven")
	}
}

// No table sends a packet in circles, whatever is cut; and where no link is cut
// and no host gone, every host reaches every other, and every node every pod, unless
// the leaves do not know them.
func TestNoLoops(t *testing.T) {
	for name, state := range scenarios(t) {
		t.Run(name, func(t *testing.T) {
			all := tables(t, state)
			walk := func(from, to string, address netip.Addr, arrives bool) {
				_, err := state.Walk(all, from, address)
				var end *oracle.DeadEnd
				if errors.As(err, &end) && (arrives || strings.Contains(err.Error(), string(oracle.Loop))) {
					t.Errorf("from %s to %s: %v", from, to, err)
				}
			}
			for from := range all {
				for _, to := range state.Topology.Hosts {
					walk(from, to.Name, to.Address(), whole(state))
				}
				host, _ := state.Topology.Host(from)
				for _, n := range state.Nodes {
					walk(from, "the pod on "+n.Name, n.Workloads[0].Address, whole(state) && host.Role == topology.Node && name != acrossRacks)
				}
			}
		})
	}
}

// The same state gives the same tables, however its parts are ordered.
func TestOrderDoesNotMatter(t *testing.T) {
	for name, state := range scenarios(t) {
		t.Run(name, func(t *testing.T) {
			want := tables(t, state)
			state.Nodes, state.Routers = slices.Clone(state.Nodes), slices.Clone(state.Routers)
			slices.Reverse(state.Nodes)
			slices.Reverse(state.Routers)
			slices.Reverse(state.Resources.BGPPeers)
			got := tables(t, state)
			if d := diff.Compare(want, got); len(d) > 0 {
				t.Error(d)
			}
			if !slices.Equal(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))) {
				t.Error("the tables are of different hosts")
			}
			for host, table := range want {
				if !slices.IsSortedFunc(table, route.Route.Compare) {
					t.Errorf("the table of %s is not in order", host)
				}
			}
		})
	}
}
