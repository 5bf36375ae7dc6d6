package oracle_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// placements is how many placements of endpoints each fabric is tried with for each
// number of nodes that have some.
const placements = 6

// placedService is a Local service with ready endpoints on some nodes, and on all
// nodes some that are not ready, as it comes. The nodes are in no order.
func placedService(random *rand.Rand, address netip.Addr, nodes []topology.Host, count int) (oracle.Service, []topology.Host) {
	service := oracle.Service{
		Namespace: "default", Name: "placed", Type: corev1.ServiceTypeNodePort, Local: true, ClusterIPs: []netip.Addr{address},
	}
	shuffled := slices.Clone(nodes)
	random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for i, node := range shuffled {
		for range random.IntN(2) {
			service.Endpoints = append(service.Endpoints, oracle.Endpoint{Node: node.Name})
		}
		if i < count {
			for range 1 + random.IntN(2) {
				service.Endpoints = append(service.Endpoints, oracle.Endpoint{Node: node.Name, Ready: true})
			}
		}
	}
	random.Shuffle(len(service.Endpoints), func(i, j int) {
		service.Endpoints[i], service.Endpoints[j] = service.Endpoints[j], service.Endpoints[i]
	})
	return service, shuffled[:count]
}

// Wherever the endpoints of a Local service are, its address is announced by exactly
// the nodes that have a ready one: a leaf goes to those in its rack, or to their
// reflectors, all by equal cost, and without any to all spines if another rack has
// some; a spine goes to the leaves of exactly the racks that have some. Packets that
// follow the tables come to those nodes, to all of them and to no other.
func TestLocalServicesFollowTheirEndpoints(t *testing.T) {
	for _, c := range []struct {
		topologyAndMode
		changed func(oracle.State) oracle.State
		// reflectors are the nodes that the leaves peer with, nil for all.
		reflectors []string
	}{
		{topologyAndMode: topologyAndMode{"leaf-spine", "serviceips"}},
		{topologyAndMode: topologyAndMode{"leaf-spine", "serviceips"}, changed: birdLeaves},
		{topologyAndMode: topologyAndMode{"tor", "tor"}},
		{topologyAndMode: topologyAndMode{"tor", "tor"}, changed: birdLeaves},
		{topologyAndMode: topologyAndMode{"rack-reflector", "rackreflector"}, changed: withoutNextHopMode, reflectors: []string{"node11", "node12", "node21", "node22"}},
	} {
		t.Run(fmt.Sprintf("%s, changed %t", c.mode, c.changed != nil), func(t *testing.T) {
			random := rand.New(rand.NewPCG(3, 1))
			state := cluster(t, c.topology, c.mode)
			if c.changed != nil {
				state = c.changed(state)
			}
			global(&state).ServiceClusterIPs = []v3.ServiceClusterIPBlock{{CIDR: state.Topology.Services.String()}}
			address := state.Topology.Services.First().Addr().Next()
			nodes := state.Topology.Nodes()
			for i := range placements * (len(nodes) + 1) {
				service, ready := placedService(random, address, nodes, i/placements)
				state.Services = []oracle.Service{service}
				all := tables(t, state)
				arrivals := map[string]bool{}
				for _, host := range state.Topology.Hosts {
					got, want := hopsTo(all[host.Name], single(address)), placedHops(state, host, ready, c.reflectors)
					if got != want {
						t.Fatalf("%s: next hops %q, want %q, with ready endpoints on %v", host.Name, got, want, names(ready))
					}
					if host.Role == topology.Leaf {
						arrive(t, state, all, host.Name, address, arrivals)
					}
				}
				if got, want := slices.Sorted(maps.Keys(arrivals)), names(ready); c.reflectors == nil && !slices.Equal(got, want) {
					t.Fatalf("packets come to %v, want exactly the nodes with ready endpoints, %v", got, want)
				}
			}
		})
	}
}

func names(hosts []topology.Host) []string {
	var all []string
	for _, h := range hosts {
		all = append(all, h.Name)
	}
	slices.Sort(all)
	return all
}

// placedHops are a host's next hops for the address of a service that is announced
// by some nodes. In all fabrics here a leaf's rack is that of its nodes, and spines
// are on links with all leaves.
func placedHops(state oracle.State, host topology.Host, announcers []topology.Host, reflectors []string) string {
	// At is where those whose rack is asked for are to be found from host.
	var at []netip.Addr
	add := func(name string) {
		for _, peer := range state.Topology.Peers(host.Name) {
			if peer.Host == name && !slices.Contains(at, peer.Addresses[0].Addr()) {
				at = append(at, peer.Addresses[0].Addr())
			}
		}
	}
	switch host.Role {
	case topology.Leaf:
		for _, a := range announcers {
			if a.Rack != host.Rack {
				continue
			}
			if reflectors == nil {
				add(a.Name)
			}
			for _, name := range reflectors {
				add(name)
			}
		}
		if len(at) == 0 && len(announcers) > 0 {
			for _, spine := range state.Topology.Spines() {
				add(spine.Name)
			}
		}
	case topology.Spine:
		for _, a := range announcers {
			for _, leaf := range state.Topology.Leaves() {
				if leaf.Rack == a.Rack {
					add(leaf.Name)
				}
			}
		}
	default:
		return "" // nodes keep the range out of their kernels, clients speak no BGP
	}
	slices.SortFunc(at, netip.Addr.Compare)
	var text []string
	for _, a := range at {
		text = append(text, a.String())
	}
	return strings.Join(text, " ")
}

// arrive follows a packet to a service's address through the tables of routers, as
// far as the nodes.
func arrive(t *testing.T, state oracle.State, all route.Tables, from string, to netip.Addr, arrivals map[string]bool) {
	t.Helper()
	host, _ := state.Topology.Host(from)
	if host.Role == topology.Node {
		arrivals[from] = true
		return
	}
	for _, r := range all[from].Within(single(to)) {
		for _, hop := range r.NextHops {
			next, ok := state.Topology.HostOf(hop.Via)
			if !ok {
				t.Fatalf("%s: %s: nobody has %s", from, r, hop.Via)
			}
			arrive(t, state, all, next, to, arrivals)
		}
	}
}

// Leaves and spines of a whole fabric go to a block by every way that is as good as
// another, and by no other: it is a service on one node, so to speak.
func TestBlocksGoByEveryEqualWay(t *testing.T) {
	for _, m := range []topologyAndMode{
		{"leaf-spine", "leafreflector"}, {"leaf-spine", "serviceips"}, {"tor", "tor"}, {"rack-reflector", "rackreflector"},
	} {
		for software, changed := range map[string]func(oracle.State) oracle.State{
			"FRR": func(s oracle.State) oracle.State { return s }, "BIRD": birdLeaves,
		} {
			t.Run(m.mode+" on "+software, func(t *testing.T) {
				state := changed(cluster(t, m.topology, m.mode))
				all, looked := tables(t, state), 0
				for _, node := range state.Nodes {
					owner, _ := state.Topology.Host(node.Name)
					for _, host := range append(state.Topology.Leaves(), state.Topology.Spines()...) {
						for _, block := range node.Blocks {
							got, want := hopsTo(all[host.Name], block), placedHops(state, host, []topology.Host{*owner}, nil)
							if got != want || got == "" {
								t.Errorf("%s: next hops %q to the block of %s, want %q", host.Name, got, owner.Name, want)
							}
							looked++
						}
					}
				}
				if looked == 0 {
					t.Error("no block")
				}
			})
		}
	}
}
