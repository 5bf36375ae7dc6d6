package oracle_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/topology"
)

// drained is what a path carries of a graceful shutdown.
func drained(p path.Path) string {
	if slices.Contains(p.Communities, "65535:0") {
		return "community and " + p.Preferences()
	}
	return p.Preferences()
}

// A leaf that is about to go lowers LOCAL_PREF within its AS, of what it reflects too, and
// gives the community to what it has from others. Routers of other AS lower it themselves,
// and pass the community on.
func TestGracefulShutdownOfALeaf(t *testing.T) {
	state := cluster(t, "leaf-spine", "leafreflector")
	router(t, state, "leaf0").GracefulShutdown = true
	for _, c := range []struct{ what, host, from, prefix, want string }{
		{"its own network", "worker", "10.1.5.1", "10.1.5.0/24", "community and local preference 0, MED 0"},
		{"another rack's block", "worker", "10.1.5.1", "10.244.12.0/26", "community and local preference 0, no MED"},
		{"a block that it reflects", "worker", "10.1.5.1", "10.244.10.0/26", "local preference 0, MED 0"},
		{"a node's block", "leaf0", "10.1.5.11", "10.244.11.0/26", "local preference 100, no MED"},
		{"a spine's network", "leaf0", "10.1.10.2", "10.1.34.0/24", "community and local preference 0, MED 0"},
		{"a node's block in the next AS", "spine0", "10.1.10.1", "10.244.11.0/26", "community and local preference 0, no MED"},
		{"a node's block two AS away", "leaf1", "10.1.34.2", "10.244.11.0/26", "community and local preference 0, no MED"},
		{"a node's block at a node in another AS", "worker2", "10.1.8.1", "10.244.11.0/26", "community and local preference 0, no MED"},
		{"its network there", "spine1", "10.1.12.1", "10.1.5.0/24", "community and local preference 0, MED 0"},
		{"another leaf's network", "spine0", "10.1.34.1", "10.1.8.0/24", "local preference 100, MED 0"},
	} {
		got := paths(t, state, c.host).To(netip.MustParsePrefix(c.prefix)).From(netip.MustParseAddr(c.from))
		if len(got) != 1 || drained(got[0]) != c.want {
			t.Errorf("%s: %s has %v, want %s", c.what, c.host, got, c.want)
		}
	}
}

// Leaves of FRR leave a spine that is about to go; BIRD has no rule for the community.
func TestGracefulShutdownOfASpine(t *testing.T) {
	for software, want := range map[topology.Software]string{frr.Name: "10.1.12.2", bird.Name: "10.1.10.2 10.1.12.2"} {
		state := leavesOf(software, cluster(t, "leaf-spine", "leafreflector"))
		router(t, state, "spine0").GracefulShutdown = true
		if got := hopsTo(tables(t, state)["leaf0"], worker2Block); got != want {
			t.Errorf("leaves of %s route another rack's block by %q, want %q", software, got, want)
		}
	}
}

// Nodes in a switch's own AS leave one that is about to go, as it lowers LOCAL_PREF.
func TestGracefulShutdownOfAToR(t *testing.T) {
	state := cluster(t, "tor", "tor")
	outside := netip.MustParsePrefix("10.2.100.0/24")
	if got := hopsTo(tables(t, state)["server0"], outside); got != "192.168.1.1 192.168.1.2" {
		t.Errorf("before: server0 routes %s by %q", outside, got)
	}
	router(t, state, "tor0").GracefulShutdown = true
	if got := hopsTo(tables(t, state)["server0"], outside); got != "192.168.1.2" {
		t.Errorf("server0 routes %s by %q, want the other switch", outside, got)
	}
	if got := hopsTo(tables(t, state)["core"], server1Block); got != "10.2.11.1" {
		t.Errorf("the core routes %s by %q, want the other switch", server1Block, got)
	}
}

// A router announces its own default route where it is told to, before one that it has, and
// passes the latter on elsewhere. A node hears of it, and keeps its own.
func TestDefaultOriginate(t *testing.T) {
	everywhere := netip.MustParsePrefix("0.0.0.0/0")
	state := cluster(t, "tor", "tor")
	defaultRoutes := func() route.Table {
		return slices.DeleteFunc(slices.Clone(tables(t, state)["server0"]), func(r route.Route) bool { return r.Prefix != everywhere })
	}
	own := defaultRoutes()
	neighbor(t, state, "tor0", "server0").DefaultOriginate = true
	expect := func(what string, state oracle.State, server, want string) {
		t.Helper()
		var got []string
		for _, p := range paths(t, state, server).To(everywhere) {
			got = append(got, p.String())
		}
		if text := strings.Join(got, "\n"); text != want {
			t.Errorf("%s: %s has\n%s\nwant\n%s", what, server, text, want)
		}
	}
	const fromToR = "0.0.0.0/0 from 192.168.1.1 next hop 192.168.1.1 AS path [] local preference 100, MED 0"
	expect("by the switch", state, "server0", fromToR)
	expect("by the switch", state, "server1", "")
	if got := defaultRoutes(); got.String() != own.String() || len(got) != 1 {
		t.Errorf("server0 routes everything by %s, and by %s before", got, own)
	}

	neighbor(t, state, "core", "tor0").DefaultOriginate = true
	expect("by the core too", state, "server0", fromToR)
	expect("by the core too", state, "server1", "0.0.0.0/0 from 192.168.1.1 next hop 192.168.1.1 AS path [64600] local preference 100, MED 0")
	if got := hopsTo(tables(t, state)["tor0"], everywhere); got != "10.2.10.2" {
		t.Errorf("tor0 routes everything by %q, want the core", got)
	}

	router(t, state, "tor0").GracefulShutdown = true
	expect("by a switch that is about to go", state, "server0",
		"0.0.0.0/0 from 192.168.1.1 next hop 192.168.1.1 AS path [] communities 65535:0 local preference 0, MED 0")
}

// Software without the statements is refused, by its name.
func TestOnPurposeIsRefused(t *testing.T) {
	for _, c := range []struct {
		change func(oracle.State)
		want   string
	}{
		{func(s oracle.State) { router(t, s, "tor1").GracefulShutdown = true }, "BIRD 1.6 has no statement for a graceful shutdown"},
		{func(s oracle.State) { neighbor(t, s, "tor1", "server0").DefaultOriginate = true }, "BIRD 1.6 announces no default route"},
	} {
		state := cluster(t, "tor", "tor")
		c.change(state)
		if _, err := state.Tables(); err == nil || !strings.Contains(err.Error(), "tor1") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}
