package frr

import (
	"bytes"
	"flag"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/fabric"
)

var update = flag.Bool("update", false, "write the golden files again")

func leaf() fabric.Router {
	return fabric.Router{
		Host:     "leaf0",
		AS:       65005,
		RouterID: netip.MustParseAddr("10.1.5.1"),
		Networks: []netip.Prefix{
			netip.MustParsePrefix("10.1.5.0/24"), netip.MustParsePrefix("10.1.10.0/24"), netip.MustParsePrefix("10.1.12.0/24"),
		},
		Neighbors: []fabric.Neighbor{
			{Host: "spine0", Address: netip.MustParseAddr("10.1.10.2"), AS: 500},
			{Host: "spine1", Address: netip.MustParseAddr("10.1.12.2"), AS: 800},
			{Host: "control-plane", Address: netip.MustParseAddr("10.1.5.10"), AS: 65005, ReflectorClient: true, NextHopSelf: true},
			{Host: "worker", Address: netip.MustParseAddr("10.1.5.11"), AS: 65005, ReflectorClient: true, NextHopSelf: true},
		},
	}
}

// secured is a router with what specs change on routers.
func secured() fabric.Router {
	return fabric.Router{
		Host:     "tor0",
		AS:       64512,
		RouterID: netip.MustParseAddr("192.168.1.1"),
		Networks: []netip.Prefix{netip.MustParsePrefix("192.168.1.0/24")},
		Neighbors: []fabric.Neighbor{
			{Host: "server0", Address: netip.MustParseAddr("192.168.1.10"), AS: 64512, NextHopSelf: true, DefaultOriginate: true, Password: "s3cret!#'\\", TTLSecurity: 1},
			{Host: "core", Address: netip.MustParseAddr("10.2.10.2"), AS: 64600, Password: "other", TTLSecurity: 254},
		},
		ForgetRestarting: true,
		GracefulShutdown: true,
	}
}

func TestRender(t *testing.T) {
	tests := []struct {
		name   string
		router fabric.Router
	}{
		{"leaf", leaf()},
		{"spine", fabric.Router{
			Host:     "spine0",
			AS:       500,
			RouterID: netip.MustParseAddr("10.1.10.2"),
			Networks: []netip.Prefix{netip.MustParsePrefix("10.1.100.0/24")},
			Neighbors: []fabric.Neighbor{
				{Host: "leaf0", Address: netip.MustParseAddr("10.1.10.1"), AS: 65005},
				{Host: "leaf1", Address: netip.MustParseAddr("10.1.34.1"), AS: 65008},
			},
		}},
		{"secured", secured()},
		{"alone", fabric.Router{Host: "leaf0", AS: 65005, RouterID: netip.MustParseAddr("10.1.5.1")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files, err := Driver{}.Render(tt.router)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			for _, f := range files {
				got.WriteString("==> " + f.Path + " <==\n")
				got.Write(f.Content)
			}
			golden := filepath.Join("testdata", tt.name+".golden")
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("not as in %s (go test -update writes it again); got:\n%s", golden, got.Bytes())
			}
		})
	}
}

// TestRenderedConfigurationIsAccepted has bgpd check what is rendered. bgpd goes
// on without a line that it does not know and says so in its log only.
func TestRenderedConfigurationIsAccepted(t *testing.T) {
	bgpd := Driver{}.Programs()[1].Argv[0]
	if _, err := os.Stat(bgpd); err != nil {
		t.Skipf("FRR is not installed, the test only compares the output with the golden files: %v", err)
	}
	for _, router := range []fabric.Router{leaf(), secured()} {
		t.Run(router.Host, func(t *testing.T) {
			files, err := Driver{}.Render(router)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				if f.Path != bgpdConfig {
					continue
				}
				path := filepath.Join(t.TempDir(), "bgpd.conf")
				if err := os.WriteFile(path, f.Content, 0o644); err != nil {
					t.Fatal(err)
				}
				output, err := exec.CommandContext(t.Context(), bgpd, "--dryrun", "--skip_runas", "--log", "stdout", "-f", path).CombinedOutput()
				if err != nil || bytes.Contains(output, []byte("config line")) {
					t.Errorf("bgpd does not accept the configuration (error: %v):\n%s\n%s", err, output, f.Content)
				}
			}
		})
	}
}

func TestRenderRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*fabric.Router)
		want   string
	}{
		{"no AS", func(r *fabric.Router) { r.AS = 0 }, "leaf0: the router has no AS number"},
		{"a password of two words", func(r *fabric.Router) { r.Neighbors[2].Password = "two words" }, "leaf0: neighbor control-plane (10.1.5.10): the password"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			router := leaf()
			tt.change(&router)
			_, err := Driver{}.Render(router)
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
		})
	}
}
