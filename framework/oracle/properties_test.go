package oracle_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

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
		})
	}
}
