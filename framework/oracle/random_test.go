package oracle_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/bird2"
	"github.com/rackproof/rackproof/framework/topology"
)

// randomStates is how many states `go test` tries; FuzzStates tries others.
const randomStates = 200

// Whatever the resources are, the oracle comes to rest or says why it does not.
func TestRandomStates(t *testing.T) {
	settled := 0
	for seed := range uint64(randomStates) {
		if tryState(t, seed) {
			settled++
		}
	}
	// Else the states would prove nothing.
	if settled < randomStates/3 || settled > randomStates*9/10 {
		t.Errorf("of %d random states %d come to rest, which should be some and not all", randomStates, settled)
	}
}

// FuzzStates looks for states that send the oracle astray.
func FuzzStates(f *testing.F) {
	f.Add(uint64(randomStates))
	f.Fuzz(func(t *testing.T, seed uint64) { tryState(t, seed) })
}

// tryState computes a random state, and again with its parts in another order: there
// must be no difference. It reports whether the state comes to rest.
func tryState(t *testing.T, seed uint64) bool {
	t.Helper()
	g := generator{rand.New(rand.NewPCG(seed, 0))}
	state := g.state(t)
	got, err := state.Tables()
	_, sessionsErr := state.Sessions()
	_, pathsErr := state.Paths()
	if (err == nil) != (sessionsErr == nil) || (err == nil) != (pathsErr == nil) {
		t.Errorf("seed %d: errors for tables %v, sessions %v, paths %v: all or none", seed, err, sessionsErr, pathsErr)
	}
	if err != nil && !strings.HasPrefix(err.Error(), "oracle: ") {
		t.Errorf("seed %d: error %v does not say whose it is", seed, err)
	}
	for host, table := range got {
		for _, r := range table {
			for _, hop := range r.NextHops {
				if hop.Via.IsValid() && !isNeighbor(state, host, hop, r.Origin) {
					t.Errorf("seed %d: %s: %s: no neighbour has %s on %s", seed, host, r, hop.Via, hop.Dev)
				}
			}
		}
	}
	slices.Reverse(state.Nodes)
	slices.Reverse(state.Routers)
	slices.Reverse(state.Services)
	slices.Reverse(state.Resources.BGPPeers)
	slices.Reverse(state.Resources.IPPools)
	again, againErr := state.Tables()
	if d := diff.Compare(got, again); len(d) > 0 || (err == nil) != (againErr == nil) {
		t.Errorf("seed %d: in another order: error %v, was %v\n%s", seed, againErr, err, d)
	}
	return err == nil
}

// generator makes random states.
type generator struct{ *rand.Rand }

// pick is one of some values.
func pick[T any](g generator, values ...T) T { return values[g.IntN(len(values))] }

// state is a mode on its topology with a few things changed.
func (g generator) state(t *testing.T) oracle.State {
	t.Helper()
	chosen := pick(g, append(slices.Concat(modes(), tunnelModes(), tunnelModes()), topologyAndMode{"single-rack", "fullmesh"}, topologyAndMode{"leaf-spine", "fullmesh"}, topologyAndMode{"leaf-spine", "leafreflector"})...)
	state := cluster(t, chosen.topology, chosen.mode)
	changes := []func(*oracle.State){
		g.label, g.label, g.cluster, g.as, g.goneNode, g.peer, g.peer, g.peerOption, g.peerOption, g.filter, g.filter,
		g.configuration, g.communities, g.pool, g.service, g.service, g.cut, g.router, g.router, g.workload,
		g.tunnel, g.tunnel, g.encapsulation,
	}
	for range 1 + g.IntN(6) {
		changes[g.IntN(len(changes))](&state)
	}
	return state
}

func (g generator) node(s *oracle.State) *oracle.Node { return &s.Nodes[g.IntN(len(s.Nodes))] }

func (g generator) host(s *oracle.State) topology.Host {
	return s.Topology.Hosts[g.IntN(len(s.Topology.Hosts))]
}

func (g generator) label(s *oracle.State) {
	key := pick(g, "rack", "rr", "route-reflector", "rr-group", "rr-id", "node.kubernetes.io/exclude-from-external-load-balancers")
	g.node(s).Labels[key] = pick(g, "true", "rack0", "rack1", "rr1", "rr2")
}

func (g generator) cluster(s *oracle.State) {
	g.node(s).ReflectorClusterID = pick(g, "", "244.0.0.1", "244.0.0.2", "10.1.5.1", "none")
}

func (g generator) as(s *oracle.State) { g.node(s).AS = pick[uint32](g, 0, 64512, 65005, 65008, 65011) }

func (g generator) goneNode(s *oracle.State) { g.node(s).Gone = true }

func (g generator) peer(s *oracle.State) {
	spec := v3.BGPPeerSpec{}
	switch g.IntN(3) {
	case 0:
		spec.Node = g.node(s).Name
	case 1:
		spec.NodeSelector = pick(g, "all()", "has(rr)", "rack == 'rack0'", "!has(rr-id)")
	}
	if g.IntN(2) == 0 {
		host := g.host(s)
		spec.PeerIP, spec.ASNumber = host.Interfaces[g.IntN(len(host.Interfaces))].Addresses[0].Addr().String(), asNumber(pick(g, host.AS, 64512, 0))
	} else {
		spec.PeerSelector = pick(g, "all()", "has(rr)", "rack == 'rack1'", "has(")
	}
	peer := v3.BGPPeer{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("random%d", len(s.Resources.BGPPeers))}, Spec: spec}
	s.Resources.BGPPeers = append(s.Resources.BGPPeers, peer)
}

func (g generator) peerOption(s *oracle.State) {
	if len(s.Resources.BGPPeers) == 0 {
		return
	}
	peer := &s.Resources.BGPPeers[g.IntN(len(s.Resources.BGPPeers))]
	spec := &peer.Spec
	switch g.IntN(9) {
	case 0:
		spec.NextHopMode = new(pick[v3.NextHopMode](g, "Self", "Keep", "Auto"))
	case 1:
		spec.KeepOriginalNextHop = true
	case 2:
		hops := pick[uint8](g, 0, 1, 2, 255)
		spec.TTLSecurity = &hops
	case 3:
		local := asNumber(pick[uint32](g, 64512, 65005, 64999))
		spec.LocalASNumber = &local
	case 4:
		allowed := pick[int32](g, 0, 1, 3)
		spec.NumAllowedLocalASNumbers = &allowed
	case 5:
		reverse := v3.ReversePeeringManual
		spec.ReversePeering = &reverse
	case 6:
		spec.SourceAddress = v3.SourceAddressNone
	case 7:
		s.Passwords = map[string]string{peer.Name: "secret"}
	case 8:
		spec.Filters = []string{pick(g, "f0", "f1"), "f2"}
	}
}

func (g generator) filter(s *oracle.State) {
	f := v3.BGPFilter{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("f%d", len(s.Resources.BGPFilters))}}
	for range 1 + g.IntN(3) {
		r := v3.BGPFilterRuleV4{Action: pick(g, v3.Accept, v3.Reject)}
		if g.IntN(3) > 0 {
			r.CIDR = pick(g, "10.244.0.0/16", "10.244.11.0/26", "0.0.0.0/0", "10.48.0.0/16", "10.1.5.0/24", "10.244.11.1/26")
			r.MatchOperator = pick(g, v3.In, v3.NotIn, v3.Equal, v3.NotEqual)
		}
		if g.IntN(4) == 0 {
			r = ofLength(r, pick[int32](g, -1, 8, 26, 32), pick[int32](g, -1, 26, 31, 32))
		}
		if g.IntN(4) == 0 {
			r.Source = v3.BGPFilterSourceRemotePeers
		}
		if g.IntN(2) == 0 {
			f.Spec.ExportV4 = append(f.Spec.ExportV4, r)
		} else {
			f.Spec.ImportV4 = append(f.Spec.ImportV4, r)
		}
	}
	s.Resources.BGPFilters = append(s.Resources.BGPFilters, f)
	if len(s.Resources.BGPPeers) > 0 {
		spec := &s.Resources.BGPPeers[g.IntN(len(s.Resources.BGPPeers))].Spec
		spec.Filters = append(spec.Filters, f.Name)
	}
}

func (g generator) configuration(s *oracle.State) {
	switch spec := global(s); g.IntN(3) {
	case 0:
		mesh := g.IntN(2) == 0
		spec.NodeToNodeMeshEnabled = &mesh
	case 1:
		as := asNumber(pick[uint32](g, 64512, 65005))
		spec.ASNumber = &as
	case 2:
		aggregation(s, pick(g, v3.ServiceLoadBalancerAggregationEnabled, v3.ServiceLoadBalancerAggregationDisabled))
	}
}

func (g generator) communities(s *oracle.State) {
	a := advertise(pick(g, "10.244.0.0/16", "0.0.0.0/0", "192.168.3.0/24"), pick(g, "65000:1", "64512:1:2", "named", "nobody"))
	spec := global(s)
	spec.Communities = []v3.Community{{Name: "named", Value: "65000:7"}}
	spec.PrefixAdvertisements = append(spec.PrefixAdvertisements, a)
}

func (g generator) pool(s *oracle.State) {
	if g.IntN(2) == 0 {
		s.Resources.IPPools[0].Spec.DisableBGPExport = true
		return
	}
	s.Resources.IPPools = append(s.Resources.IPPools, v3.IPPool{Spec: v3.IPPoolSpec{
		CIDR: pick(g, "10.1.0.0/16", "10.1.8.0/24", "0.0.0.0/0", "192.168.0.0/16"), Disabled: true, DisableBGPExport: g.IntN(4) == 0,
		IPIPMode: s.Resources.IPPools[0].Spec.IPIPMode, VXLANMode: s.Resources.IPPools[0].Spec.VXLANMode,
	}})
	if g.IntN(4) == 0 {
		s.Resources.IPPools[len(s.Resources.IPPools)-1].Spec.VXLANMode = v3.VXLANModeAlways
	}
}

// tunnel changes what a node is to tunnels.
func (g generator) tunnel(s *oracle.State) {
	n, other := g.node(s), g.node(s)
	switch g.IntN(5) {
	case 0:
		n.IPIPTunnel, n.VXLANTunnel = netip.Addr{}, netip.Addr{}
	case 1:
		n.EndRoutes = append(n.EndRoutes, other.Name)
	case 2:
		// From a block that belongs to another node, to itself, or to nobody.
		borrowed := pick(g, pod(other.Blocks[0]).Next(), pod(other.Blocks[0]).Next(), netip.MustParseAddr("10.244.99.7"))
		n.Borrowed = append(n.Borrowed, borrowed)
		if g.IntN(2) == 0 && n.VXLANTunnel.IsValid() {
			n.VXLANTunnel = borrowed
		}
	case 3:
		host, _ := s.Topology.Host(n.Name)
		// Not wider than the link: Felix would take nodes for neighbours that are none.
		n.Subnet = netip.PrefixFrom(host.Address(), pick(g, 24, 28, 32))
	case 4:
		n.Blocks = []netip.Prefix{netip.PrefixFrom(pod(n.Blocks[0]), 32)}
	}
}

// encapsulation switches the pool to another one, with the owner that goes with it
// and without.
func (g generator) encapsulation(s *oracle.State) {
	spec := &s.Resources.IPPools[0].Spec
	spec.IPIPMode, spec.VXLANMode = v3.IPIPModeNever, v3.VXLANModeNever
	switch g.IntN(3) {
	case 0:
		spec.IPIPMode = pick(g, v3.IPIPModeAlways, v3.IPIPModeCrossSubnet)
	case 1:
		spec.VXLANMode = pick(g, v3.VXLANModeAlways, v3.VXLANModeCrossSubnet)
	}
	s.Resources.FelixConfigurations = nil
	if spec.IPIPMode != v3.IPIPModeNever || g.IntN(4) == 0 {
		s.Resources.FelixConfigurations = felixOwns()
	}
	allot(*s)
}

func (g generator) service(s *oracle.State) {
	externalRange(s, pick(g, "192.168.3.0/24", "192.168.3.10/32", "192.168.3.11/32"))
	loadBalancerRange(s, pick(g, "192.168.4.0/24", "192.168.3.0/24", "192.168.4.10/32"))
	service := everyAddress(g.node(s).Name, g.node(s).Name)
	service.Local = g.IntN(2) == 0
	service.Type = pick(g, corev1.ServiceTypeClusterIP, corev1.ServiceTypeNodePort, corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeExternalName)
	s.Services = append(s.Services, service)
}

func (g generator) cut(s *oracle.State) {
	link := s.Topology.Links[g.IntN(len(s.Topology.Links))]
	if g.IntN(2) == 0 {
		s.CutLinks = map[string]bool{link.Name: true}
		return
	}
	s.CutEnds = map[oracle.End]bool{{Link: link.Name, Host: link.Ends[g.IntN(len(link.Ends))].Host}: true}
}

func (g generator) router(s *oracle.State) {
	if len(s.Routers) == 0 {
		return
	}
	r := &s.Routers[g.IntN(len(s.Routers))]
	n := &r.Neighbors[g.IntN(len(r.Neighbors))]
	switch g.IntN(9) {
	case 0:
		r.Software = pick(g, bird.Name, bird2.Name)
	case 1:
		n.NextHopSelf = !n.NextHopSelf
	case 2:
		n.ReflectorClient = n.AS == r.AS
	case 3:
		n.TTLSecurity = pick(g, 1, 2, 64)
	case 4:
		n.Password = "secret"
	case 5:
		n.AS = pick(g, r.AS, 64512, 65005)
		n.ReflectorClient = n.ReflectorClient && n.AS == r.AS
	case 6:
		r.Networks = r.Networks[:g.IntN(len(r.Networks)+1)]
	case 7:
		host := g.node(s)
		at, _ := s.Topology.Host(host.Name)
		known := func(n fabric.Neighbor) bool { return n.Address == at.Address() }
		if !slices.ContainsFunc(r.Neighbors, known) {
			r.Neighbors = append(r.Neighbors, fabric.Neighbor{Host: host.Name, Address: at.Address(), AS: pick(g, r.AS, 64512, 65005)})
		}
	case 8:
		r.AS = pick[uint32](g, 64512, 65005)
	}
}

func (g generator) workload(s *oracle.State) {
	n := g.node(s)
	if blocks := g.node(s).Blocks; g.IntN(2) == 0 {
		n.Workloads = append(n.Workloads, oracle.Workload{Address: pod(blocks[0]).Next(), Interface: "cali-random"})
	} else {
		n.Blocks = append(n.Blocks, blocks[0])
	}
}
