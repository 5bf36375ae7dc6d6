package oracle_test

import (
	"errors"
	"maps"
	"net/netip"
	"testing"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/session"
)

func TestFullMeshInOneRack(t *testing.T) {
	state := cluster(t, "single-rack", "fullmesh")
	agree(t, "worker2", tables(t, state)["worker2"], `
		0.0.0.0/0 via 10.1.5.1 dev net0 proto static
		10.1.5.0/24 dev net0 proto kernel
		10.244.10.0/26 via 10.1.5.10 dev net0 proto bird
		10.244.11.0/26 via 10.1.5.11 dev net0 proto bird
		blackhole 10.244.12.0/26 proto bird
		10.244.12.1/32 dev cali-worker2 proto boot
		10.244.13.0/26 via 10.1.5.13 dev net0 proto bird
		172.30.0.0/24 dev eth0 proto kernel`)
	for _, n := range state.Nodes {
		list := sessions(t, state)[n.Name]
		if len(list) != len(state.Nodes)-1 {
			t.Errorf("%s has %d sessions, want one with every other node: %v", n.Name, len(list), list)
		}
		for _, s := range list {
			if s.Kind != session.NodeToNodeMesh || s.State != session.Established {
				t.Errorf("%s: session %s, want an established one of the mesh", n.Name, s)
			}
		}
	}
}

func TestMeshSwitchedOff(t *testing.T) {
	state := cluster(t, "single-rack", "fullmesh")
	off := false
	state.Resources.BGPConfigurations[0].Spec.NodeToNodeMeshEnabled = &off
	if got := sessions(t, state)["worker"]; len(got) != 0 {
		t.Errorf("sessions %v, want none", got)
	}
	got := tables(t, state)["worker"].Within(netip.MustParsePrefix("10.244.0.0/16"))
	agree(t, "worker", got, `
		blackhole 10.244.11.0/26 proto bird
		10.244.11.1/32 dev cali-worker proto boot`)
}

// Across racks the mesh's sessions come up by the default routes, and the nodes
// send the other rack's pods the same way; but the leaf has never heard of them.
func TestFullMeshAcrossRacks(t *testing.T) {
	state := cluster(t, "leaf-spine", "fullmesh")
	for host, list := range sessions(t, state) {
		for _, s := range list {
			if s.State != session.Established {
				t.Errorf("%s: session %s, want it established", host, s)
			}
		}
	}
	all := tables(t, state)
	if got := hopsTo(all["worker"], worker2Block); got != "10.1.5.1" {
		t.Errorf("worker sends the other rack's block to %q, want its default gateway", got)
	}
	_, err := oracle.Walk(state.Topology, all, "worker", pod(worker2Block))
	var end *oracle.DeadEnd
	if !errors.As(err, &end) || end.Reason != oracle.NoRoute || end.Host() != "leaf0" {
		t.Errorf("walk to a pod of the other rack: %v, want it to end at leaf0, which has no route", err)
	}
	if _, err := oracle.Walk(state.Topology, all, "worker", pod(controlPlaneBlock)); err != nil {
		t.Errorf("walk to a pod of the same rack: %v", err)
	}
}

// Of two nodes that announce the same address, the one on the link is nearer (RFC
// 4271, section 9.1.2.2 e).
func TestNearestNextHop(t *testing.T) {
	state := cluster(t, "leaf-spine", "fullmesh")
	address := pod(netip.MustParsePrefix("10.244.99.0/26"))
	place(t, state, "worker", address)
	place(t, state, "worker2", address)
	all := tables(t, state)
	for host, want := range map[string]string{"control-plane": "10.1.5.11", "worker3": "10.1.8.10"} {
		if got := hopsTo(all[host], netip.PrefixFrom(address, 32)); got != want {
			t.Errorf("%s: next hops %q, want %q", host, got, want)
		}
	}
}

// With the racks apart the mesh's multihop sessions have no way, though both ends
// are configured.
func TestMeshFollowsTheUnderlay(t *testing.T) {
	state := cluster(t, "leaf-spine", "fullmesh")
	state.CutLinks = map[string]bool{"leaf1-spine0": true, "leaf1-spine1": true}
	want := map[string]session.State{
		"10.1.5.11": session.Established, "10.1.8.10": session.Down, "10.1.8.11": session.Down,
	}
	if got := states(sessions(t, state)["control-plane"]); !maps.Equal(got, want) {
		t.Errorf("sessions %v, want %v", got, want)
	}
	if got := hopsTo(tables(t, state)["control-plane"], worker2Block); got != "" {
		t.Errorf("the other rack's block goes to %q, want no route", got)
	}
}

// A node with an AS number of its own has eBGP sessions in the mesh, and all
// nodes hear its block from everyone; the owner remains everyone's next hop.
func TestMeshWithNodeSpecificAS(t *testing.T) {
	state := cluster(t, "single-rack", "fullmesh")
	node(t, state, "worker3").AS = 65010
	all := tables(t, state)
	if got := hopsTo(all["worker"], worker3Block); got != "10.1.5.13" {
		t.Errorf("worker sends worker3's block to %q", got)
	}
	if got := hopsTo(all["worker3"], workerBlock); got != "10.1.5.11" {
		t.Errorf("worker3 sends worker's block to %q", got)
	}
	for _, s := range sessions(t, state)["worker3"] {
		if s.LocalAS != 65010 || s.PeerAS != 64512 || s.State != session.Established {
			t.Errorf("session %s, want an established one from AS 65010 to AS 64512", s)
		}
	}
}

// Mesh sessions have no `multihop` statement, without which BIRD looks for eBGP
// neighbours on its own links only.
func TestExternalMeshStaysOnTheLink(t *testing.T) {
	state := cluster(t, "leaf-spine", "fullmesh")
	node(t, state, "worker2").AS, node(t, state, "worker3").AS = 65008, 65008
	want := map[string]session.State{
		"10.1.5.10": session.Down, "10.1.5.11": session.Down, "10.1.8.11": session.Established,
	}
	if got := states(sessions(t, state)["worker2"]); !maps.Equal(got, want) {
		t.Errorf("sessions %v, want %v", got, want)
	}
}

// A node that is not in the cluster speaks no BGP, and nobody has a session with
// it.
func TestNodeOutsideTheCluster(t *testing.T) {
	state := cluster(t, "single-rack", "fullmesh")
	state.Nodes = state.Nodes[:3]
	agree(t, "worker3", tables(t, state)["worker3"], `
		0.0.0.0/0 via 10.1.5.1 dev net0 proto static
		10.1.5.0/24 dev net0 proto kernel
		172.30.0.0/24 dev eth0 proto kernel`)
	if got := sessions(t, state)["worker"]; len(got) != 2 {
		t.Errorf("sessions %v, want two", got)
	}
}
