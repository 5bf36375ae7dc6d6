package frr

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/fabric"
)

func TestChanges(t *testing.T) {
	tests := []struct {
		name   string
		change func(*fabric.Router)
		want   string
		anew   bool
	}{
		{name: "nothing", change: func(*fabric.Router) {}},
		{
			name:   "one neighbor's password",
			change: func(r *fabric.Router) { r.Neighbors[3].Password = "secret" },
			want: `router bgp 65005
no neighbor 10.1.5.11
neighbor 10.1.5.11 remote-as 65005
neighbor 10.1.5.11 shutdown
neighbor 10.1.5.11 description worker
neighbor 10.1.5.11 password secret
neighbor 10.1.5.11 timers connect 1
neighbor 10.1.5.11 advertisement-interval 0
neighbor 10.1.5.11 solo
address-family ipv4 unicast
neighbor 10.1.5.11 activate
neighbor 10.1.5.11 route-reflector-client
neighbor 10.1.5.11 next-hop-self
exit-address-family
no neighbor 10.1.5.11 shutdown`,
		},
		{
			name:   "a client becomes a plain neighbor",
			change: func(r *fabric.Router) { r.Neighbors[2].ReflectorClient, r.Neighbors[2].NextHopSelf = false, false },
			want: `router bgp 65005
no neighbor 10.1.5.10
neighbor 10.1.5.10 remote-as 65005
neighbor 10.1.5.10 shutdown
neighbor 10.1.5.10 description control-plane
neighbor 10.1.5.10 timers connect 1
neighbor 10.1.5.10 advertisement-interval 0
neighbor 10.1.5.10 solo
address-family ipv4 unicast
neighbor 10.1.5.10 activate
exit-address-family
no neighbor 10.1.5.10 shutdown`,
		},
		{
			name:   "a neighbor less",
			change: func(r *fabric.Router) { r.Neighbors = r.Neighbors[1:] },
			want:   "router bgp 65005\nno neighbor 10.1.10.2",
		},
		{
			name: "another address of a neighbor",
			change: func(r *fabric.Router) {
				r.Neighbors[0].Address, r.Neighbors[0].TTLSecurity = netip.MustParseAddr("10.1.10.3"), 1
			},
			want: `router bgp 65005
no neighbor 10.1.10.2
neighbor 10.1.10.3 remote-as 500
neighbor 10.1.10.3 shutdown
neighbor 10.1.10.3 description spine0
neighbor 10.1.10.3 ttl-security hops 1
neighbor 10.1.10.3 timers connect 1
neighbor 10.1.10.3 advertisement-interval 0
neighbor 10.1.10.3 solo
address-family ipv4 unicast
neighbor 10.1.10.3 activate
exit-address-family
no neighbor 10.1.10.3 shutdown`,
		},
		{
			name:   "one network for another",
			change: func(r *fabric.Router) { r.Networks[1] = netip.MustParsePrefix("10.1.99.0/24") },
			want: `router bgp 65005
address-family ipv4 unicast
no network 10.1.10.0/24
network 10.1.99.0/24
exit-address-family`,
		},
		{
			name: "a graceful shutdown and a default route for a neighbor",
			change: func(r *fabric.Router) {
				r.GracefulShutdown, r.Neighbors[3].DefaultOriginate = true, true
			},
			want: `router bgp 65005
address-family ipv4 unicast
neighbor 10.1.5.11 default-originate
exit-address-family
bgp graceful-shutdown`,
		},
		{
			name: "a new neighbor with a default route",
			change: func(r *fabric.Router) {
				r.Neighbors[0].Address, r.Neighbors[0].DefaultOriginate = netip.MustParseAddr("10.1.10.3"), true
			},
			want: `router bgp 65005
no neighbor 10.1.10.2
neighbor 10.1.10.3 remote-as 500
neighbor 10.1.10.3 shutdown
neighbor 10.1.10.3 description spine0
neighbor 10.1.10.3 timers connect 1
neighbor 10.1.10.3 advertisement-interval 0
neighbor 10.1.10.3 solo
address-family ipv4 unicast
neighbor 10.1.10.3 activate
neighbor 10.1.10.3 default-originate
exit-address-family
no neighbor 10.1.10.3 shutdown`,
		},
		{name: "another order", change: func(r *fabric.Router) { slices.Reverse(r.Neighbors); slices.Reverse(r.Networks) }},
		{name: "another AS", change: func(r *fabric.Router) {
			r.AS = 65006
			r.Neighbors = r.Neighbors[:2]
		}, anew: true},
		{name: "another router ID", change: func(r *fabric.Router) { r.RouterID = netip.MustParseAddr("10.1.5.2") }, anew: true},
		{name: "no helper of graceful restarts", change: func(r *fabric.Router) { r.ForgetRestarting = true }, anew: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, after := leaf(), leaf()
			tt.change(&after)
			lines, ok, err := Changes(before, after)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(lines, "\n"); got != tt.want || ok == tt.anew {
				t.Errorf("got (ok: %v)\n%s\nwant (ok: %v)\n%s", ok, got, !tt.anew, tt.want)
			}
		})
	}
}

// Both are taken back within the session too.
func TestChangesBack(t *testing.T) {
	before := leaf()
	before.GracefulShutdown, before.Neighbors[3].DefaultOriginate = true, true
	const want = `router bgp 65005
address-family ipv4 unicast
no neighbor 10.1.5.11 default-originate
exit-address-family
no bgp graceful-shutdown`
	if lines, ok, err := Changes(before, leaf()); err != nil || !ok || strings.Join(lines, "\n") != want {
		t.Errorf("got (ok: %v, error %v)\n%s\nwant\n%s", ok, err, strings.Join(lines, "\n"), want)
	}
}

func TestChangesRefuses(t *testing.T) {
	after := leaf()
	after.Neighbors[0].Password = "two words"
	if _, _, err := Changes(leaf(), after); err == nil || !strings.Contains(err.Error(), "leaf0: neighbor spine0") {
		t.Errorf("got %v", err)
	}
}
