package oracle_test

import (
	"net/netip"
	"slices"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/oracle"
)

// Every absent session has the reason for which it does not come up.
func TestAbsent(t *testing.T) {
	router := func(s *oracle.State, name string) int {
		for i, r := range s.Routers {
			if r.Host == name {
				return i
			}
		}
		t.Fatalf("no router %s", name)
		return 0
	}
	for _, c := range []struct {
		name   string
		change func(*oracle.State)
		want   []string
	}{
		{"nothing", func(*oracle.State) {}, nil},
		{"an address of no host", func(s *oracle.State) { s.Resources.BGPPeers[0].Spec.PeerIP = "10.1.5.77" }, []string{
			"control-plane has no session with 10.1.5.77: no host has this address",
			"leaf0 has no session with control-plane (10.1.5.10): control-plane does not peer with leaf0",
		}},
		{"a node that is gone", func(s *oracle.State) { node(t, *s, "worker").Gone = true }, []string{"leaf0 has no session with worker (10.1.5.11): worker is switched off"}},
		{"another AS", func(s *oracle.State) { node(t, *s, "worker").AS = 65001 }, []string{
			"leaf0 has no session with worker (10.1.5.11): leaf0 expects AS 65005, and worker has AS 65001",
			"worker has no session with leaf0 (10.1.5.1): worker has AS 65001, and leaf0 expects AS 65005",
		}},
		{"a password", func(s *oracle.State) {
			r := &s.Routers[router(s, "leaf0")]
			for i := range r.Neighbors {
				if r.Neighbors[i].Host == "spine0" {
					r.Neighbors[i].Password = "secret"
				}
			}
		}, []string{"leaf0 has no session with spine0 (10.1.10.2): the two ends have different passwords"}},
		{"another address of the leaf", func(s *oracle.State) { s.Resources.BGPPeers[0].Spec.PeerIP = "10.1.10.1" }, []string{
			"control-plane has no session with leaf0 (10.1.10.1): leaf0 peers with control-plane from 10.1.5.1 to 10.1.5.10, and not from 10.1.10.1 to 10.1.5.10",
		}},
		{"a host without BGP", func(s *oracle.State) { s.Resources.BGPPeers[0].Spec.PeerIP = "10.1.100.10" }, []string{
			"control-plane has no session with client (10.1.100.10): client speaks no BGP",
		}},
		{"a cut link", func(s *oracle.State) { s.CutLinks = map[string]bool{"leaf0-spine0": true} }, []string{
			"leaf0 has no session with spine0 (10.1.10.2): leaf0 has no link to 10.1.10.2, and this session takes no other way",
		}},
		{"TTL security over too many hops", func(s *oracle.State) {
			s.Resources.BGPPeers = append(s.Resources.BGPPeers, v3.BGPPeer{Spec: v3.BGPPeerSpec{Node: "worker", PeerSelector: "kubernetes.io/hostname == 'worker2'", TTLSecurity: new(uint8(1))}})
		}, []string{"worker has no session with worker2 (10.1.8.10): packets pass 3 routers (worker → leaf0 → spine0 → leaf1 → worker2), and their TTL of 255 does not suffice"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "leaf-spine", "leafreflector")
			c.change(&state)
			absent, err := state.Absent()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range absent {
				got = append(got, a.String())
			}
			for _, want := range c.want {
				if !slices.Contains(got, want) {
					t.Errorf("got %q\nwant %q", got, want)
				}
			}
			if len(c.want) == 0 && len(got) > 0 {
				t.Errorf("got %q, want none", got)
			}
		})
	}
}

// A packet to a service arrives at the first node that it comes to, also at its own.
func TestWalkToService(t *testing.T) {
	state := cluster(t, "leaf-spine", "serviceips")
	all := tables(t, state)
	service := netip.MustParseAddr("10.96.0.1")
	ways, err := state.WalkToService(all, "client", service)
	if err != nil || len(ways) != 8 {
		t.Errorf("error %v, ways %v, want 8", err, ways)
	}
	if ways, err = state.WalkToService(all, "worker", service); err != nil || len(ways) != 1 || ways[0].String() != "worker" {
		t.Errorf("from a node: error %v, ways %v", err, ways)
	}
	if _, err = cluster(t, "leaf-spine", "leafreflector").WalkToService(tables(t, cluster(t, "leaf-spine", "leafreflector")), "client", service); err == nil {
		t.Error("a service that nobody announces is reached")
	}
}
