package oracle_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A node that peers with all others hears of a block of the other rack by two nodes, and
// tells its leaf both. The leaf passes one on: that which came first. Found on a living lab
// (seed 15 of leafreflector).
func TestUndecided(t *testing.T) {
	state := cluster(t, "leaf-spine", "leafreflector")
	if undecided, err := state.Undecided(); err != nil || len(undecided) > 0 {
		t.Fatalf("the design is undecided: %v, %v", undecided, err)
	}
	node(t, state, "worker3").Labels["rr"] = "true"
	state.Resources.BGPPeers = append(state.Resources.BGPPeers, v3.BGPPeer{
		ObjectMeta: metav1.ObjectMeta{Name: "everybody"}, Spec: v3.BGPPeerSpec{PeerSelector: "has(rr)"},
	})
	undecided, err := state.Undecided()
	want := "leaf1: 10.244.10.0/26 from 10.1.8.11 by 10.1.5.10 or 10.1.5.11"
	if err != nil || !slices.Contains(undecided, want) {
		t.Errorf("error %v, undecided %v, want %s", err, undecided, want)
	}
}

// Nodes that peer with two addresses of their leaf, which has one neighbor for each: the
// connections compete. Found on a living lab (seed 3021626435 of leafreflector).
func TestContestedSessions(t *testing.T) {
	state := cluster(t, "leaf-spine", "leafreflector")
	state.Resources.BGPPeers = append(state.Resources.BGPPeers, v3.BGPPeer{
		ObjectMeta: metav1.ObjectMeta{Name: "other"}, Spec: v3.BGPPeerSpec{NodeSelector: "rack == 'rack1'", PeerIP: "10.1.11.1", ASNumber: 65008},
	})
	undecided, err := state.Undecided()
	want := "leaf1: the session of 10.1.8.1 with 10.1.8.10, as worker2 connects to 10.1.11.1 too"
	if err != nil || !slices.Contains(undecided, want) {
		t.Errorf("error %v, undecided %v, want %s", err, undecided, want)
	}
}

// A leaf that does not announce its rack's subnet severs the mesh between racks. Found on a
// living lab (seed 2536272761 of fullmesh): BIRD kept the sessions for its hold time.
func TestSevered(t *testing.T) {
	state := cluster(t, "leaf-spine", "fullmesh")
	if severed, err := state.Severed(); err != nil || len(severed) > 0 {
		t.Fatalf("the design is severed: %v, %v", severed, err)
	}
	for i := range state.Routers {
		if r := &state.Routers[i]; r.Host == "leaf0" {
			r.Networks = slices.DeleteFunc(slices.Clone(r.Networks), func(p netip.Prefix) bool { return p.String() == "10.1.5.0/24" })
		}
	}
	severed, err := state.Severed()
	if err != nil || len(severed) != 4 || !strings.HasPrefix(severed[0], "worker2 to 10.1.5.10: ") {
		t.Errorf("error %v, severed %q, want the four sessions of rack1", err, severed)
	}
}
