package oracle_test

import (
	"cmp"
	"net/netip"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/projectcalico/api/pkg/lib/numorstring"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// withPeers switches the mesh off and applies BGPPeers.
func withPeers(state *oracle.State, specs ...v3.BGPPeerSpec) {
	off := false
	state.Resources.BGPConfigurations[0].Spec.NodeToNodeMeshEnabled = &off
	state.Resources.BGPPeers = nil
	for i, spec := range specs {
		state.Resources.BGPPeers = append(state.Resources.BGPPeers, v3.BGPPeer{
			ObjectMeta: metav1.ObjectMeta{Name: string(rune('a' + i))}, Spec: spec,
		})
	}
}

// reflectors makes route reflectors of nodes, each with its cluster ID and the
// label rr.
func reflectors(t *testing.T, state oracle.State, clusterIDs map[string]string) {
	t.Helper()
	for name, id := range clusterIDs {
		n := node(t, state, name)
		n.ReflectorClusterID, n.Labels["rr"] = id, "true"
	}
}

var allToReflectors = v3.BGPPeerSpec{NodeSelector: "all()", PeerSelector: "has(rr)"}

func TestNodeReflectors(t *testing.T) {
	for _, c := range []struct {
		name       string
		clusterIDs map[string]string
		peers      []v3.BGPPeerSpec
		gone       string
		// hops is worker3's way to worker's block.
		hops string
	}{
		{
			name:       "the owner is the next hop, not the reflector",
			clusterIDs: map[string]string{"control-plane": "244.0.0.1"},
			peers:      []v3.BGPPeerSpec{allToReflectors}, hops: "10.1.5.11",
		},
		{
			name:       "two reflectors of one cluster give one next hop",
			clusterIDs: map[string]string{"control-plane": "244.0.0.1", "worker2": "244.0.0.1"},
			peers:      []v3.BGPPeerSpec{allToReflectors}, hops: "10.1.5.11",
		},
		{
			name:       "one of two reflectors is enough",
			clusterIDs: map[string]string{"control-plane": "244.0.0.1", "worker2": "244.0.0.1"},
			peers:      []v3.BGPPeerSpec{allToReflectors}, gone: "worker2", hops: "10.1.5.11",
		},
		{
			name:       "without its only reflector the cluster's routes are gone",
			clusterIDs: map[string]string{"control-plane": "244.0.0.1"},
			peers:      []v3.BGPPeerSpec{allToReflectors}, gone: "control-plane", hops: "",
		},
		{
			name:  "a node without a cluster ID passes nothing on between internal neighbours",
			peers: []v3.BGPPeerSpec{{NodeSelector: "all()", PeerSelector: "kubernetes.io/hostname == 'control-plane'"}},
			hops:  "",
		},
		{
			// RFC 4456, section 8: a path whose CLUSTER_LIST has the cluster's ID has
			// been in it already.
			name:       "what one reflector of a cluster sends the other stays there",
			clusterIDs: map[string]string{"control-plane": "244.0.0.1", "worker2": "244.0.0.1"},
			peers: []v3.BGPPeerSpec{
				{NodeSelector: "has(rr)", PeerSelector: "has(rr)"}, {Node: "worker", PeerIP: "10.1.5.10", ASNumber: 64512},
				{Node: "worker3", PeerIP: "10.1.5.12", ASNumber: 64512},
			},
			hops: "",
		},
		{
			name:       "reflectors of different clusters serve each other's clients",
			clusterIDs: map[string]string{"control-plane": "244.0.0.1", "worker2": "244.0.0.2"},
			peers: []v3.BGPPeerSpec{
				{NodeSelector: "has(rr)", PeerSelector: "has(rr)"}, {Node: "worker", PeerIP: "10.1.5.10", ASNumber: 64512},
				{Node: "worker3", PeerIP: "10.1.5.12", ASNumber: 64512},
			},
			hops: "10.1.5.11",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "single-rack", "fullmesh")
			reflectors(t, state, c.clusterIDs)
			withPeers(&state, c.peers...)
			if c.gone != "" {
				node(t, state, c.gone).Gone = true
			}
			if got := hopsTo(tables(t, state)["worker3"], workerBlock); got != c.hops {
				t.Errorf("next hops %q, want %q", got, c.hops)
			}
		})
	}
}

func TestReflectorsLeaveTheMesh(t *testing.T) {
	state := cluster(t, "single-rack", "fullmesh")
	reflectors(t, state, map[string]string{"control-plane": "244.0.0.1"})
	got := sessions(t, state)
	if len(got["control-plane"]) != 0 || len(got["worker"]) != 2 {
		t.Errorf("sessions %v of the reflector and %v of a node, want none and two", got["control-plane"], got["worker"])
	}
}

// peerSelector makes the selected nodes peer back, unless told not to; the
// explicit peering and the reverse one are the same session.
func TestPeerings(t *testing.T) {
	manual, auto := v3.ReversePeeringManual, v3.ReversePeeringAuto
	for _, c := range []struct {
		name  string
		peers []v3.BGPPeerSpec
		host  string
		kinds map[string]session.Kind
		up    bool
	}{
		{
			name: "a peerSelector is obeyed by both ends", up: true,
			peers: []v3.BGPPeerSpec{{Node: "worker", PeerSelector: "kubernetes.io/hostname == 'worker2'"}},
			host:  "worker2", kinds: map[string]session.Kind{"10.1.5.11": session.NodeSpecific},
		},
		{
			name:  "reverse peering can be left to the user",
			peers: []v3.BGPPeerSpec{{Node: "worker", PeerSelector: "kubernetes.io/hostname == 'worker2'", ReversePeering: &manual}},
			host:  "worker2", kinds: map[string]session.Kind{},
		},
		{
			name: "or be said to be automatic", up: true,
			peers: []v3.BGPPeerSpec{{Node: "worker", PeerSelector: "kubernetes.io/hostname == 'worker2'", ReversePeering: &auto}},
			host:  "worker2", kinds: map[string]session.Kind{"10.1.5.11": session.NodeSpecific},
		},
		{
			name:  "without its reverse the session is down",
			peers: []v3.BGPPeerSpec{{Node: "worker", PeerSelector: "kubernetes.io/hostname == 'worker2'", ReversePeering: &manual}},
			host:  "worker", kinds: map[string]session.Kind{"10.1.5.12": session.NodeSpecific},
		},
		{
			name: "a mesh of node-specific sessions", up: true,
			peers: []v3.BGPPeerSpec{{NodeSelector: "all()", PeerSelector: "all()"}},
			host:  "worker", kinds: map[string]session.Kind{
				"10.1.5.10": session.NodeSpecific, "10.1.5.12": session.NodeSpecific, "10.1.5.13": session.NodeSpecific,
			},
		},
		{
			name: "a peering of neither node nor nodeSelector is global", up: true,
			peers: []v3.BGPPeerSpec{{PeerIP: "10.1.5.10", ASNumber: 64512}},
			host:  "worker", kinds: map[string]session.Kind{"10.1.5.10": session.Global},
		},
		{
			name: "a global peering goes before a node-specific one with the same neighbour", up: true,
			peers: []v3.BGPPeerSpec{
				{Node: "worker", PeerIP: "10.1.5.10", ASNumber: 64512}, {PeerIP: "10.1.5.10", ASNumber: 64512},
			},
			host: "worker", kinds: map[string]session.Kind{"10.1.5.10": session.Global},
		},
		{
			name: "a node whose address is the peerIP peers back", up: true,
			peers: []v3.BGPPeerSpec{{Node: "worker", PeerIP: "10.1.5.10", ASNumber: 64512}},
			host:  "control-plane", kinds: map[string]session.Kind{"10.1.5.11": session.NodeSpecific},
		},
		{
			name:  "but not if it is in another AS than the peer's resource says",
			peers: []v3.BGPPeerSpec{{Node: "worker", PeerIP: "10.1.5.10", ASNumber: 64513}},
			host:  "control-plane", kinds: map[string]session.Kind{},
		},
		{
			name: "peerings of one node by two BGPPeers that agree are one", up: true,
			peers: []v3.BGPPeerSpec{
				{Node: "worker", PeerIP: "10.1.5.10", ASNumber: 64512}, {NodeSelector: "all()", PeerIP: "10.1.5.10", ASNumber: 64512},
			},
			host: "worker", kinds: map[string]session.Kind{"10.1.5.10": session.NodeSpecific},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "single-rack", "fullmesh")
			withPeers(&state, c.peers...)
			list := sessions(t, state)[c.host]
			if len(list) != len(c.kinds) {
				t.Errorf("sessions %v, want %v", list, c.kinds)
			}
			for _, s := range list {
				if s.Kind != c.kinds[s.Peer.String()] || (s.State == session.Established) != c.up {
					t.Errorf("session %s, want kind %q, up %t", s, c.kinds[s.Peer.String()], c.up)
				}
			}
		})
	}
}

// rackReflectors is article 3 in small: worker reflects for its rack, and speaks
// eBGP with the leaf; the rack's AS is 64512, the leaf's 65005.
func rackReflectors(t *testing.T, toLeaf v3.BGPPeerSpec) oracle.State {
	t.Helper()
	state := cluster(t, "single-rack", "fullmesh")
	reflectors(t, state, map[string]string{"control-plane": "10.1.5.10", "worker": "10.1.5.10"})
	toLeaf.NodeSelector, toLeaf.PeerIP, toLeaf.ASNumber = "has(rr)", "10.1.5.1", 65005
	withPeers(&state, allToReflectors, toLeaf)
	state.Routers = []fabric.Router{{
		Host: "leaf0", Software: frr.Name, AS: 65005, RouterID: netip.MustParseAddr("10.1.5.1"),
		Networks: []netip.Prefix{netip.MustParsePrefix("10.1.10.0/24")},
		Neighbors: []fabric.Neighbor{
			{Host: "control-plane", Address: netip.MustParseAddr("10.1.5.10"), AS: 64512},
			{Host: "worker", Address: netip.MustParseAddr("10.1.5.11"), AS: 64512},
		},
	}}
	return state
}

func TestExternalLeafOverReflectors(t *testing.T) {
	keep := v3.NextHopMode("Keep")
	network := netip.MustParsePrefix("10.1.10.0/24")
	for _, c := range []struct {
		name   string
		toLeaf v3.BGPPeerSpec
		host   string
		prefix netip.Prefix
		hops   string
	}{
		{name: "the leaf sees the reflectors as next hops", host: "leaf0", prefix: worker3Block, hops: "10.1.5.10 10.1.5.11"},
		{name: "even for a reflector's own block, which the other one passes on", host: "leaf0", prefix: workerBlock, hops: "10.1.5.10 10.1.5.11"},
		{name: "with Keep it sees the owner", toLeaf: v3.BGPPeerSpec{NextHopMode: &keep}, host: "leaf0", prefix: worker3Block, hops: "10.1.5.13"},
		{name: "and so with keepOriginalNextHop", toLeaf: v3.BGPPeerSpec{KeepOriginalNextHop: true}, host: "leaf0", prefix: worker3Block, hops: "10.1.5.13"},
		{name: "the leaf's network is not in a pool, and stays with the reflectors", host: "worker3", prefix: network, hops: ""},
		{name: "which know it", host: "worker", prefix: network, hops: "10.1.5.1"},
		{name: "nodes use the owner", host: "worker3", prefix: worker2Block, hops: "10.1.5.12"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := hopsTo(tables(t, rackReflectors(t, c.toLeaf))[c.host], c.prefix); got != c.hops {
				t.Errorf("%s on %s: next hops %q, want %q", c.prefix, c.host, got, c.hops)
			}
		})
	}
}

// A reflector sends the leaf every path that it has (RFC 7911), not just its best.
func TestReflectorSendsAllPaths(t *testing.T) {
	state := rackReflectors(t, v3.BGPPeerSpec{KeepOriginalNextHop: true})
	address := pod(netip.MustParsePrefix("10.244.99.0/26"))
	place(t, state, "worker2", address)
	place(t, state, "worker3", address)
	if got, want := hopsTo(tables(t, state)["leaf0"], netip.PrefixFrom(address, 32)), "10.1.5.12 10.1.5.13"; got != want {
		t.Errorf("next hops %q, want both owners, %q", got, want)
	}
}

// A path from outside the AS goes before the same from inside (RFC 4271, section
// 9.1.2.2 d): every node uses the leaf itself, not the other nodes that offer it.
func TestExternalBeforeInternal(t *testing.T) {
	state := rackReflectors(t, v3.BGPPeerSpec{})
	self := v3.NextHopMode("Self")
	withPeers(&state, v3.BGPPeerSpec{NodeSelector: "has(rr)", PeerSelector: "has(rr)", NextHopMode: &self},
		v3.BGPPeerSpec{NodeSelector: "has(rr)", PeerIP: "10.1.5.1", ASNumber: 65005})
	// A pool over the leaf's network, so that nodes pass it on.
	state.Resources.IPPools = append(state.Resources.IPPools, v3.IPPool{Spec: v3.IPPoolSpec{CIDR: "10.1.10.0/24", Disabled: true}})
	network := netip.MustParsePrefix("10.1.10.0/24")
	if got := hopsTo(tables(t, state)["worker"], network); got != "10.1.5.1" {
		t.Errorf("next hops %q, want the leaf alone", got)
	}
	// The other reflector loses its way through the leaf, and takes what it is offered.
	state.Routers[0].Neighbors = state.Routers[0].Neighbors[1:]
	if got := hopsTo(tables(t, state)["control-plane"], network); got != "10.1.5.11" {
		t.Errorf("next hops %q, want worker", got)
	}
}

// A router resolves the next hop of an internal path by its other BGP routes. BIRD
// does not: a node that learns the other rack's subnet by BGP loses its way to the
// pods there (#1515), but still tells others of them.
func TestNextHopBehindABGPRoute(t *testing.T) {
	state := cluster(t, "leaf-spine", "fullmesh")
	reflectors(t, state, map[string]string{"control-plane": "244.0.0.1"})
	withPeers(&state, allToReflectors, v3.BGPPeerSpec{Node: "control-plane", PeerIP: "10.1.5.1", ASNumber: 65005})
	for i := range state.Nodes {
		state.Nodes[i].AS = 65005
	}
	for i, r := range state.Routers {
		if r.Host == "leaf0" {
			state.Routers[i].Neighbors = append(r.Neighbors, fabric.Neighbor{
				Host: "control-plane", Address: netip.MustParseAddr("10.1.5.10"), AS: 65005, NextHopSelf: true,
			})
		}
	}
	all := tables(t, state)
	for host, want := range map[string]string{"leaf0": "10.1.10.2 10.1.12.2", "control-plane": "unreachable", "worker": "10.1.5.1"} {
		if got := hopsTo(all[host], worker2Block); got != want {
			t.Errorf("%s sends worker2's block to %q, want %q", host, got, want)
		}
	}
}

// An external leaf beside the mesh hears every block from every node (#3810,
// #5235): nodes pass on what they learned to neighbours of another AS.
func TestExternalLeafBesideTheMesh(t *testing.T) {
	state := cluster(t, "single-rack", "fullmesh")
	state.Resources.BGPPeers = []v3.BGPPeer{{Spec: v3.BGPPeerSpec{PeerIP: "10.1.5.1", ASNumber: 65005}}}
	leaf := fabric.Router{Host: "leaf0", Software: frr.Name, AS: 65005, RouterID: netip.MustParseAddr("10.1.5.1")}
	for _, host := range state.Topology.Nodes() {
		leaf.Neighbors = append(leaf.Neighbors, fabric.Neighbor{Host: host.Name, Address: host.Address(), AS: 64512})
	}
	state.Routers = []fabric.Router{leaf}
	want := "10.1.5.10 10.1.5.11 10.1.5.12 10.1.5.13"
	if got := hopsTo(tables(t, state)["leaf0"], worker2Block); got != want {
		t.Errorf("next hops %q, want those of all nodes, %q", got, want)
	}
	withPeers(&state, v3.BGPPeerSpec{PeerIP: "10.1.5.1", ASNumber: 65005})
	if got := hopsTo(tables(t, state)["leaf0"], worker2Block); got != "10.1.5.12" {
		t.Errorf("without the mesh: next hops %q, want the owner's", got)
	}
}

// Racks of one AS refuse each other's routes as loops, unless they are told to
// let their AS number pass; a local AS number of each rack's own is another cure.
func TestOneASForAllRacks(t *testing.T) {
	once, rack0AS, rack1AS := int32(1), numorstring.ASNumber(65100), numorstring.ASNumber(65108)
	for _, c := range []struct {
		name         string
		rack0, rack1 v3.BGPPeerSpec
		// nodeAS is what the leaves expect of their racks' nodes.
		nodeAS map[string]uint32
		hops   string
	}{
		{name: "a loop", hops: ""},
		{
			name:  "allowed once",
			rack0: v3.BGPPeerSpec{NumAllowedLocalASNumbers: &once}, rack1: v3.BGPPeerSpec{NumAllowedLocalASNumbers: &once},
			hops: "10.1.5.1",
		},
		{
			name:  "local AS numbers",
			rack0: v3.BGPPeerSpec{LocalASNumber: &rack0AS}, rack1: v3.BGPPeerSpec{LocalASNumber: &rack1AS},
			nodeAS: map[string]uint32{"rack0": 65100, "rack1": 65108}, hops: "10.1.5.1",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "leaf-spine", "fullmesh")
			c.rack0.NodeSelector, c.rack0.PeerIP, c.rack0.ASNumber = "rack == 'rack0'", "10.1.5.1", 65005
			c.rack1.NodeSelector, c.rack1.PeerIP, c.rack1.ASNumber = "rack == 'rack1'", "10.1.8.1", 65008
			withPeers(&state, c.rack0, c.rack1)
			peerWithRacks(state, func(rack string) uint32 { return cmp.Or(c.nodeAS[rack], 64512) })
			all := tables(t, state)
			if got := hopsTo(all["worker"], worker2Block); got != c.hops {
				t.Errorf("next hops %q, want %q", got, c.hops)
			}
			if got := hopsTo(all["leaf1"], workerBlock); got != "10.1.11.2 10.1.34.2" {
				t.Errorf("leaf1 sends worker's block to %q, want both spines", got)
			}
		})
	}
}

// peerWithRacks gives the leaves their racks' nodes as eBGP neighbours.
func peerWithRacks(state oracle.State, as func(rack string) uint32) {
	for i, r := range state.Routers {
		for _, end := range state.Topology.Peers(r.Host) {
			host, _ := state.Topology.Host(end.Host)
			if host.Role == topology.Node {
				state.Routers[i].Neighbors = append(state.Routers[i].Neighbors, fabric.Neighbor{Host: host.Name, Address: end.Addresses[0].Addr(), AS: as(host.Rack)})
			}
		}
	}
}

// A router tells an external neighbour of a next hop on their common link as it is
// (RFC 4271, section 5.1.3), here one node of another; the spine, which is not on
// that link, is told of the router itself.
func TestThirdPartyNextHop(t *testing.T) {
	state := cluster(t, "leaf-spine", "fullmesh")
	for i := range state.Nodes {
		state.Nodes[i].AS = 64512 + uint32(i)
	}
	withPeers(&state,
		v3.BGPPeerSpec{NodeSelector: "rack == 'rack0'", PeerIP: "10.1.5.1", ASNumber: 65005},
		v3.BGPPeerSpec{NodeSelector: "rack == 'rack1'", PeerIP: "10.1.8.1", ASNumber: 65008})
	for i, r := range state.Routers {
		for _, n := range state.Nodes {
			host, _ := state.Topology.Host(n.Name)
			if router, _ := state.Topology.Host(r.Host); router.Rack == host.Rack {
				state.Routers[i].Neighbors = append(state.Routers[i].Neighbors, fabric.Neighbor{Host: n.Name, Address: host.Address(), AS: n.AS})
			}
		}
	}
	all := tables(t, state)
	for _, c := range []struct {
		host string
		hops string
	}{{"control-plane", "10.1.5.11"}, {"leaf0", "10.1.5.11"}, {"spine0", "10.1.10.1"}, {"worker2", "10.1.8.1"}} {
		if got := hopsTo(all[c.host], workerBlock); got != c.hops {
			t.Errorf("%s sends worker's block to %q, want %q", c.host, got, c.hops)
		}
	}
}
