package bird

import (
	"bytes"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/session"
)

func reflector() fabric.Router {
	return fabric.Router{
		Host:     "leaf0",
		AS:       65005,
		RouterID: netip.MustParseAddr("10.1.5.1"),
		Networks: []netip.Prefix{netip.MustParsePrefix("10.1.5.0/24"), netip.MustParsePrefix("10.1.10.0/24")},
		Neighbors: []fabric.Neighbor{
			{Host: "spine0", Address: netip.MustParseAddr("10.1.10.2"), Local: netip.MustParseAddr("10.1.10.1"), AS: 500},
			{Host: "control-plane", Address: netip.MustParseAddr("10.1.5.10"), Local: netip.MustParseAddr("10.1.5.1"), AS: 65005, ReflectorClient: true, NextHopSelf: true},
			{Host: "worker", Address: netip.MustParseAddr("10.1.5.11"), Local: netip.MustParseAddr("10.1.5.1"), AS: 65005, ReflectorClient: true, NextHopSelf: true},
		},
	}
}

func tor() fabric.Router {
	return fabric.Router{
		Host:     "tor0",
		AS:       64512,
		RouterID: netip.MustParseAddr("192.168.1.1"),
		Networks: []netip.Prefix{netip.MustParsePrefix("192.168.1.0/24")},
		Neighbors: []fabric.Neighbor{
			{Host: "server0", Address: netip.MustParseAddr("192.168.1.10"), AS: 64512, NextHopSelf: true},
			{Host: "server1", Address: netip.MustParseAddr("192.168.1.11"), AS: 64512, NextHopSelf: true, Password: "s3cret!#'\\", TTLSecurity: 1},
			{Host: "core", Address: netip.MustParseAddr("10.2.10.2"), AS: 64600, Password: "other", TTLSecurity: 1},
		},
		ForgetRestarting: true,
	}
}

// routers are the routers that TestRender renders, by golden file.
func routers() map[string]fabric.Router {
	return map[string]fabric.Router{
		"router-reflector": reflector(),
		"router-tor":       tor(),
		"router-two-links": {
			Host: "core", AS: 64600, RouterID: netip.MustParseAddr("10.2.10.2"),
			Neighbors: []fabric.Neighbor{
				{Host: "tor-0", Address: netip.MustParseAddr("10.2.10.1"), AS: 64512},
				{Host: "tor-0", Address: netip.MustParseAddr("10.2.12.1"), AS: 64512},
			},
		},
		"router-alone": {Host: "leaf0", AS: 65005, RouterID: netip.MustParseAddr("10.1.5.1")},
	}
}

func TestRender(t *testing.T) {
	for name, router := range routers() {
		t.Run(name, func(t *testing.T) {
			got, err := configuration(router)
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("not as in %s (go test -update writes it again); got:\n%s", golden, got)
			}
		})
	}
}

// TestRenderedConfigurationIsAccepted has BIRD check what is rendered.
func TestRenderedConfigurationIsAccepted(t *testing.T) {
	bird, err := exec.LookPath("bird")
	if err != nil {
		t.Skipf("BIRD is not installed, the test only compares the output with the golden files: %v", err)
	}
	for name, router := range routers() {
		t.Run(name, func(t *testing.T) {
			config, err := configuration(router)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "bird.conf")
			if err := os.WriteFile(path, config, 0o644); err != nil {
				t.Fatal(err)
			}
			if output, err := exec.CommandContext(t.Context(), bird, "-p", "-c", path).CombinedOutput(); err != nil {
				t.Errorf("%v: %s\n%s", err, output, config)
			}
		})
	}
}

// TestRenderedNamesAreNotCalicos: sessions are told apart by their names.
func TestRenderedNamesAreNotCalicos(t *testing.T) {
	for _, host := range []string{"core", "Mesh", "Node-0", "global"} {
		if name := ProtocolName(host, nil); kind(name) != session.FabricPeer {
			t.Errorf("%s: a session named %s is taken for %s", host, name, kind(name))
		}
	}
}

// TestRenderedLocalAS: a router's own AS is found in what Render writes, as BIRD
// does not tell it.
func TestRenderedLocalAS(t *testing.T) {
	config, err := configuration(tor())
	if err != nil {
		t.Fatal(err)
	}
	numbers, err := localAS(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"to_server0", "to_server1", "to_core"} {
		if numbers[name] != 64512 {
			t.Errorf("%s: got AS %d, want 64512", name, numbers[name])
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*fabric.Router)
		want   string
	}{
		{"what no router can do", func(r *fabric.Router) { r.AS = 0 }, "leaf0: the router has no AS number"},
		{"TTL security over several hops to another AS", func(r *fabric.Router) { r.Neighbors[0].TTLSecurity = 2 },
			"leaf0: neighbor spine0 (10.1.10.2): TTL security over 2 hops"},
		{"a reflector that is to be next hop of it does not know what", func(r *fabric.Router) { r.Neighbors[1].Local = netip.Addr{} },
			"leaf0: neighbor control-plane (10.1.5.10): what is reflected"},
		{"a graceful shutdown", func(r *fabric.Router) { r.GracefulShutdown = true }, "leaf0: BIRD 1.6 has no statement for a graceful shutdown"},
		{"a default route that it does not have", func(r *fabric.Router) { r.Neighbors[0].DefaultOriginate = true },
			"leaf0: neighbor spine0 (10.1.10.2): BIRD 1.6 announces no default route"},
		{"a name that is too long", func(r *fabric.Router) { r.Neighbors[0].Host = strings.Repeat("x", 63) },
			"longer than the 64 characters"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			router := reflector()
			tt.change(&router)
			_, err := configuration(router)
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
		})
	}
}
