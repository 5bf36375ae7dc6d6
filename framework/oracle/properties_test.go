package oracle_test

import (
	"errors"
	"maps"
	"net/netip"
	"slices"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// scenarios are states of all shapes that the properties below must hold for.
func scenarios(t *testing.T) map[string]oracle.State {
	t.Helper()
	states := map[string]oracle.State{
		"full mesh, one rack":    cluster(t, "single-rack", "fullmesh"),
		"full mesh, leaf-spine":  cluster(t, "leaf-spine", "fullmesh"),
		"leaf reflector":         cluster(t, "leaf-spine", "leafreflector"),
		"rack reflectors":        rackReflectors(t, v3.BGPPeerSpec{}),
		"rack reflectors, keep":  rackReflectors(t, v3.BGPPeerSpec{KeepOriginalNextHop: true}),
		"mesh with four AS":      cluster(t, "single-rack", "fullmesh"),
		"leaf reflector, a node": cluster(t, "leaf-spine", "leafreflector"),
	}
	for _, c := range []struct{ topology, mode string }{
		{"single-rack", "nodereflector"}, {"rack-reflector", "rackreflector"}, {"tor", "tor"}, {"leaf-spine", "serviceips"},
	} {
		states[c.mode] = withServices(cluster(t, c.topology, c.mode))
		onBIRD := withServices(cluster(t, c.topology, c.mode))
		for i := range onBIRD.Routers {
			onBIRD.Routers[i].Software = topology.BIRD
		}
		states[c.mode+" on BIRD"] = onBIRD
	}
	for i := range states["mesh with four AS"].Nodes {
		states["mesh with four AS"].Nodes[i].AS = 65001 + uint32(i)
	}
	node(t, states["leaf reflector, a node"], "worker").Gone = true
	for _, link := range states["leaf reflector"].Topology.Links {
		cut := cluster(t, "leaf-spine", "leafreflector")
		cut.CutLinks = map[string]bool{link.Name: true}
		states["leaf reflector without "+link.Name] = cut
	}
	return states
}

// withServices adds services whose endpoints are on the first and the last node,
// and announces all addresses that the topology has for services.
func withServices(state oracle.State) oracle.State {
	first, last := state.Nodes[0].Name, state.Nodes[len(state.Nodes)-1].Name
	configuration := &state.Resources.BGPConfigurations[0].Spec
	configuration.ServiceClusterIPs = []v3.ServiceClusterIPBlock{{CIDR: state.Topology.Services.String()}}
	both := []oracle.Endpoint{{Node: first, Ready: true}, {Node: last, Ready: true}}
	address := state.Topology.Services.Addr().Next().Next()
	state.Services = []oracle.Service{
		{Namespace: "default", Name: "local", Type: corev1.ServiceTypeNodePort, ClusterIPs: []netip.Addr{address}, Local: true, Endpoints: both},
		{Namespace: "default", Name: "cluster", Type: corev1.ServiceTypeNodePort, ClusterIPs: []netip.Addr{address.Next()}, Endpoints: both},
	}
	if external := state.Topology.ExternalIPs; external.IsValid() {
		single := netip.PrefixFrom(external.Addr().Next(), 32)
		configuration.ServiceExternalIPs = []v3.ServiceExternalIPBlock{{CIDR: single.String()}}
		state.Services[1].ExternalIPs = []netip.Addr{single.Addr()}
	}
	return state
}

// Every next hop is a neighbour on the link that the route names.
func TestNextHopsAreNeighbors(t *testing.T) {
	for name, state := range scenarios(t) {
		t.Run(name, func(t *testing.T) {
			for host, table := range tables(t, state) {
				for _, r := range table {
					for _, hop := range r.NextHops {
						if hop.Via.IsValid() && !isNeighbor(state, host, hop) {
							t.Errorf("%s: %s: no neighbour has %s on %s", host, r, hop.Via, hop.Dev)
						}
					}
				}
			}
		})
	}
}

func isNeighbor(state oracle.State, host string, hop route.NextHop) bool {
	h, _ := state.Topology.Host(host)
	port, ok := h.Interface(hop.Dev)
	return ok && !state.CutLinks[port.Link] && slices.ContainsFunc(state.Topology.Peers(host), func(peer topology.Interface) bool {
		return peer.Link == port.Link && peer.Address.Addr() == hop.Via
	})
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
// and no host gone, every host reaches every other.
func TestNoLoops(t *testing.T) {
	for name, state := range scenarios(t) {
		t.Run(name, func(t *testing.T) {
			whole := len(state.CutLinks) == 0 && !slices.ContainsFunc(state.Nodes, func(n oracle.Node) bool { return n.Gone })
			all := tables(t, state)
			for from := range all {
				for _, to := range state.Topology.Hosts {
					_, err := oracle.Walk(state.Topology, all, from, to.Address())
					var end *oracle.DeadEnd
					if errors.As(err, &end) && (whole || end.Reason == oracle.Loop) {
						t.Errorf("from %s to %s: %v", from, to.Name, err)
					}
				}
				for _, n := range state.Nodes {
					_, err := oracle.Walk(state.Topology, all, from, n.Workloads[0].Address)
					var end *oracle.DeadEnd
					if errors.As(err, &end) && end.Reason == oracle.Loop {
						t.Errorf("from %s to the pod on %s: %v", from, n.Name, err)
					}
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
			if d := route.CompareAll(want, got); len(d) > 0 {
				t.Error(route.DescribeAll(d))
			}
			if !slices.Equal(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))) {
				t.Error("the tables are of different hosts")
			}
			for host, table := range want {
				if !slices.EqualFunc(table, table.Sorted(), route.Route.Equal) {
					t.Errorf("the table of %s is not in order", host)
				}
			}
		})
	}
}
