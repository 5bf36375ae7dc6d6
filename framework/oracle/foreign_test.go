package oracle_test

import (
	"net/netip"
	"testing"

	"github.com/rackproof/rackproof/framework/route"
)

// A node tells its neighbours of a foreign route in a pool, and of no other.
func TestForeignRoutes(t *testing.T) {
	inPool, outside := netip.MustParsePrefix("10.244.200.0/24"), netip.MustParsePrefix("192.0.2.0/24")
	state := cluster(t, "single-rack", "fullmesh")
	state.Foreign = map[string]route.Table{"worker": {
		{Prefix: inPool, Kind: route.Blackhole, Origin: route.OriginStatic}, {Prefix: outside, Kind: route.Blackhole, Origin: route.OriginStatic},
	}}
	all := tables(t, state)
	for _, c := range []struct {
		host   string
		prefix netip.Prefix
		want   string
	}{
		{"worker", inPool, "blackhole"}, {"worker", outside, "blackhole"},
		{"worker2", inPool, "10.1.5.11"}, {"worker2", outside, ""},
	} {
		if got := hopsTo(all[c.host], c.prefix); got != c.want {
			t.Errorf("%s sends %s to %q, want %q", c.host, c.prefix, got, c.want)
		}
	}
}

func TestForeignRoutesThatAreRefused(t *testing.T) {
	for host, c := range map[string]struct {
		origin route.Origin
		want   string
	}{
		"leaf0": {route.OriginStatic, "leaf0 has a foreign route and is no node"}, "worker": {route.OriginBIRD, "passes for one of BIRD's"}, "worker2": {route.OriginBoot, ""},
	} {
		state := cluster(t, "single-rack", "fullmesh")
		state.Foreign = map[string]route.Table{host: {{Prefix: netip.MustParsePrefix("192.0.2.0/24"), Kind: route.Blackhole, Origin: c.origin}}}
		accepts(t, host, state, c.want)
	}
}
