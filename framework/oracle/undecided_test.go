package oracle_test

import (
	"slices"
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
