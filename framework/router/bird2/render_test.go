package bird2

import (
	"bytes"
	"flag"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/fabric"
)

var update = flag.Bool("update", false, "write the golden files again")

func reflector() fabric.Router {
	return fabric.Router{
		Host: "leaf0", AS: 65005, RouterID: netip.MustParseAddr("10.1.5.1"),
		Networks: []netip.Prefix{netip.MustParsePrefix("10.1.5.0/24"), netip.MustParsePrefix("10.1.10.0/24")},
		Neighbors: []fabric.Neighbor{
			{Host: "spine0", Address: netip.MustParseAddr("10.1.10.2"), AS: 500},
			{Host: "control-plane", Address: netip.MustParseAddr("10.1.5.10"), AS: 65005, ReflectorClient: true, NextHopSelf: true},
			{Host: "worker", Address: netip.MustParseAddr("10.1.5.11"), AS: 65005, ReflectorClient: true, NextHopSelf: true},
		},
	}
}

func tor() fabric.Router {
	return fabric.Router{
		Host: "tor0", AS: 64512, RouterID: netip.MustParseAddr("192.168.1.1"),
		Neighbors: []fabric.Neighbor{
			{Host: "server0", Address: netip.MustParseAddr("192.168.1.10"), AS: 64512, NextHopSelf: true},
			{Host: "server1", Address: netip.MustParseAddr("192.168.1.11"), AS: 64512, Password: "s3cret!#'\\", TTLSecurity: 1},
			{Host: "core", Address: netip.MustParseAddr("10.2.10.2"), AS: 64600, Password: "other", TTLSecurity: 1, NextHopSelf: true},
			{Host: "core", Address: netip.MustParseAddr("10.2.12.2"), AS: 64600},
		},
		ForgetRestarting: true,
	}
}

// routers are the routers that TestRender renders, by golden file.
func routers() map[string]fabric.Router {
	return map[string]fabric.Router{"reflector": reflector(), "tor": tor()}
}

func TestRender(t *testing.T) {
	for name, router := range routers() {
		t.Run(name, func(t *testing.T) {
			files, err := Driver{}.Render(router)
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, files[0].Content, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(files[0].Content, want) {
				t.Errorf("not as in %s (go test -update writes it again); got:\n%s", golden, files[0].Content)
			}
		})
	}
}

// TestRenderedConfigurationIsAccepted has BIRD 2 check what is rendered.
func TestRenderedConfigurationIsAccepted(t *testing.T) {
	cache, err := component.DefaultCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	daemon := filepath.Join(component.RouterFolder(cache, string(Name)), program)
	if _, err := os.Stat(daemon); err != nil {
		t.Skipf("BIRD 2 is not installed (make router-bird2), what is rendered is compared with the golden files only: %v", err)
	}
	for name, router := range routers() {
		t.Run(name, func(t *testing.T) {
			files, err := Driver{}.Render(router)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "bird.conf")
			if err := os.WriteFile(path, files[0].Content, 0o644); err != nil {
				t.Fatal(err)
			}
			if output, err := exec.CommandContext(t.Context(), daemon, "-p", "-c", path).CombinedOutput(); err != nil {
				t.Errorf("%v: %s\n%s", err, output, files[0].Content)
			}
		})
	}
}

func TestRenderRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*fabric.Router)
		want   string
	}{
		"what no router can do": {func(r *fabric.Router) { r.AS = 0 }, "leaf0: the router has no AS number"},
		"TTL security over several hops to another AS": {func(r *fabric.Router) { r.Neighbors[0].TTLSecurity = 2 },
			"leaf0: neighbor spine0 (10.1.10.2): TTL security over 2 hops"},
		"a graceful shutdown": {func(r *fabric.Router) { r.GracefulShutdown = true }, "leaf0: BIRD 2 has no statement for a graceful shutdown"},
		"a default route that it does not have": {func(r *fabric.Router) { r.Neighbors[0].DefaultOriginate = true },
			"leaf0: neighbor spine0 (10.1.10.2): BIRD 2 announces no default route"},
		"a name that is too long": {func(r *fabric.Router) { r.Neighbors[0].Host = strings.Repeat("x", 63) }, "longer than the 64 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			router := reflector()
			c.change(&router)
			if _, err := (Driver{}).Render(router); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v does not say %q", err, c.want)
			}
		})
	}
}
