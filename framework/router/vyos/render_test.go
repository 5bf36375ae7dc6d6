package vyos

import (
	"bytes"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/frr"
)

var update = flag.Bool("update", false, "write the golden files again")

// tor has every setting of a router.
func tor() Config {
	return Config{
		Interfaces: []Interface{
			{Name: "eth1", Address: netip.MustParsePrefix("10.2.10.1/24"), MTU: 9000},
			{Name: "eth3", Address: netip.MustParsePrefix("192.168.1.1/24"), MTU: 1500},
		},
		Router: fabric.Router{
			Host: "tor0", Software: frr.Name, AS: 64512, RouterID: netip.MustParseAddr("192.168.1.1"),
			Networks: []netip.Prefix{netip.MustParsePrefix("192.168.1.0/24"), netip.MustParsePrefix("10.2.10.0/24")},
			Neighbors: []fabric.Neighbor{
				{Host: "core", Address: netip.MustParseAddr("10.2.10.2"), Local: netip.MustParseAddr("10.2.10.1"), AS: 64600, Password: `se"cr\et`, TTLSecurity: 1},
				{Host: "server0", Address: netip.MustParseAddr("192.168.1.10"), Local: netip.MustParseAddr("192.168.1.1"), AS: 64512, ReflectorClient: true, NextHopSelf: true, DefaultOriginate: true},
			},
			ForgetRestarting: true, GracefulShutdown: true,
		},
	}
}

func TestRender(t *testing.T) {
	tests := []struct {
		name   string
		config Config
	}{
		{"tor", tor()},
		{"alone", Config{Router: fabric.Router{Software: frr.Name, AS: 65005}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Render(tt.config)
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", tt.name+".golden")
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

func TestWhatIsRenderedIsReadBack(t *testing.T) {
	readBack(t, tor())
	for seed := range uint64(2000) {
		readBack(t, generate(seed))
	}
}

// Every router of every topology in every mode that fits it.
func TestPlansAreRenderedAndReadBack(t *testing.T) {
	rendered := 0
	for _, topologyName := range fixtures.Topologies() {
		top, err := fixtures.Topology(topologyName)
		if err != nil {
			t.Fatal(err)
		}
		// VyOS runs FRR, and no other router has a configuration of VyOS.
		top = top.WithSoftware(frr.Name)
		for _, modeName := range fixtures.Modes() {
			mode, err := fixtures.Mode(modeName)
			if err != nil {
				t.Fatal(err)
			}
			if mode.Check(top) != nil {
				continue
			}
			plan, err := fabric.Plan(top, mode)
			if err != nil {
				continue // the mode has AS numbers for the nodes of another topology
			}
			for _, r := range plan {
				r.Software = frr.Name // of spines too
				c, err := Of(top, r)
				if err != nil {
					t.Fatal(err)
				}
				host, _ := top.Host(r.Host)
				if len(c.Interfaces) != len(host.Interfaces) {
					t.Errorf("%s in %s: interfaces %v", r.Host, topologyName, c.Interfaces)
				}
				readBack(t, c)
				rendered++
			}
		}
	}
	if rendered == 0 {
		t.Error("nothing was rendered")
	}
}

func TestOfRejectsAHostOfAnotherTopology(t *testing.T) {
	top, err := fixtures.Topology("leaf-spine")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Of(top, tor().Router); err == nil || !strings.Contains(err.Error(), "topology leaf-spine has no such host") {
		t.Errorf("got %v", err)
	}
}

func TestRenderRejects(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"host name of two words", func(c *Config) { c.Router.Host = "a b" }, "host name"},
		{"BIRD", func(c *Config) { c.Router.Software = bird.Name }, `the router runs "bird", and VyOS runs FRR`},
		{"no AS", func(c *Config) { c.Router.AS = 0 }, "is not an AS number"},
		{"the last AS", func(c *Config) { c.Router.AS = 4294967295 }, "is not an AS number"},
		{"IPv6 router ID", func(c *Config) { c.Router.RouterID = netip.MustParseAddr("fd00::1") }, "router ID"},
		{"restarts forgotten without neighbors", func(c *Config) { c.Router.Neighbors = nil }, "at each neighbor alone"},
		{"network with host bits", func(c *Config) { c.Router.Networks[0] = netip.MustParsePrefix("10.1.5.1/24") }, "10.1.5.1/24"},
		{"network twice", func(c *Config) { c.Router.Networks[0] = c.Router.Networks[1] }, "10.2.10.0/24 is there twice"},
		{"interface name of a node", func(c *Config) { c.Interfaces[0].Name = "net0" }, `"net0" is not the name of an Ethernet interface in VyOS`},
		{"MTU", func(c *Config) { c.Interfaces[0].MTU = 16001 }, "VyOS has no MTU of 16001"},
		{"IPv6 interface", func(c *Config) { c.Interfaces[0].Address = netip.MustParsePrefix("fd00::1/64") }, "fd00::1/64"},
		{"interface without an address", func(c *Config) { c.Interfaces[0].Address = netip.Prefix{} }, "interface eth1"},
		{"interfaces in one network", func(c *Config) { c.Interfaces[1].Address = netip.MustParsePrefix("10.2.10.9/24") }, "in common"},
		{"interface twice", func(c *Config) { c.Interfaces[1].Name = "eth1" }, "in common"},
		{"neighbor with a strange name", func(c *Config) { c.Router.Neighbors[0].Host = "x\ny" }, "its name"},
		{"neighbor without an address", func(c *Config) { c.Router.Neighbors[0].Address = netip.Addr{} }, "neighbor core"},
		{"two neighbors of one address", func(c *Config) { c.Router.Neighbors[1].Address = c.Router.Neighbors[0].Address }, "has the address of neighbor core"},
		{"neighbor with the router's address", func(c *Config) { c.Router.Neighbors[0].Address = netip.MustParseAddr("192.168.1.1") }, "the router's own eth3"},
		{"neighbor spoken to from elsewhere", func(c *Config) { c.Router.Neighbors[0].Local = netip.MustParseAddr("192.168.1.1") }, "the router's own address 192.168.1.1 is not that of its interface"},
		{"neighbor spoken to from nowhere", func(c *Config) { c.Router.Neighbors[0].Local = netip.Addr{} }, "the router's own address invalid IP is not that of its interface"},
		{"neighbor without AS", func(c *Config) { c.Router.Neighbors[0].AS = 0 }, "is not an AS number"},
		{"client in another AS", func(c *Config) { c.Router.Neighbors[0].ReflectorClient = true }, "RFC 4456"},
		{"password with a blank", func(c *Config) { c.Router.Neighbors[0].Password = "a b" }, "without blanks"},
		{"password of 81 characters", func(c *Config) { c.Router.Neighbors[0].Password = strings.Repeat("x", 81) }, "it has 81 characters"},
		{"too many hops", func(c *Config) { c.Router.Neighbors[0].TTLSecurity = 255 }, "VyOS has no ttl-security of 255 hops"},
		{"fewer hops than none", func(c *Config) { c.Router.Neighbors[0].TTLSecurity = -1 }, "VyOS has no ttl-security of -1 hops"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := tor()
			tt.change(&c)
			data, err := Render(c)
			if err == nil {
				t.Fatalf("rendered\n%s", data)
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "render VyOS's configuration of ") {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
