package oracle_test

import (
	"net/netip"
	"testing"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/route"
)

// The kernel gives the routes that it makes for an interface's address that address as
// their source, and no program of a lab gives a route any.
func TestSources(t *testing.T) {
	for _, design := range [][2]string{{"leaf-spine", "leafreflector"}, {"single-rack", "fullmesh"}, {"tor", "tor"}, {"two-racks", "vxlan"}} {
		state := cluster(t, design[0], design[1])
		all := tables(t, state)
		for _, host := range state.Topology.Hosts {
			own := map[route.NextHop]netip.Prefix{{Dev: "eth0"}: netip.PrefixFrom(host.Management, state.Topology.Management.Prefix.Bits())}
			for _, i := range host.Interfaces {
				own[route.NextHop{Dev: i.Name}] = i.Addresses[0]
			}
			if !host.Management.IsValid() {
				delete(own, route.NextHop{Dev: "eth0"})
			}
			connected := all[host.Name].From(route.OriginKernel)
			if len(connected) != len(own) {
				t.Errorf("%s of %s has %d connected routes, want %d", host.Name, design[0], len(connected), len(own))
			}
			for _, r := range connected {
				if address := own[r.NextHops[0]]; r.Source != address.Addr() || r.Prefix != address.Masked() {
					t.Errorf("%s of %s: %s, want the source %s", host.Name, design[0], r, address)
				}
			}
			for _, r := range all[host.Name] {
				if r.Origin != route.OriginKernel && r.Source.IsValid() || r.Attributes != "" {
					t.Errorf("%s of %s: %s, want neither source nor attributes", host.Name, design[0], r)
				}
			}
		}
	}
}

// Felix gives the routes through a tunnel its MTU, and BIRD gives none to any.
func TestMTUs(t *testing.T) {
	ipip, vxlan := 1300, 1200
	for _, c := range []struct {
		topology, mode string
		link           int
		set            map[string]bool
		want           uint32
	}{
		{"two-racks", "ipip", 1500, nil, 1480},
		{"two-racks", "ipip", 9000, nil, 8980},
		{"two-racks", "vxlan", 9000, nil, 8950},
		{"two-racks", "crosssubnet", 1500, map[string]bool{"default": true}, 1300},
		{"two-racks", "vxlan", 1500, map[string]bool{"default": true}, 1200},
		{"two-racks", "vxlan", 1500, map[string]bool{"node.worker": true}, 1200},
		{"two-racks", "vxlan", 1500, map[string]bool{"node.worker2": true}, 1450},
	} {
		state := cluster(t, c.topology, c.mode)
		for i := range state.Topology.Links {
			state.Topology.Links[i].MTU = c.link
		}
		for name := range c.set {
			felix := state.Resources.FelixConfigurations[0]
			felix.Name, felix.Spec.IPIPMTU, felix.Spec.VXLANMTU = name, &ipip, &vxlan
			if name == "default" {
				state.Resources.FelixConfigurations[0] = felix
			} else {
				state.Resources.FelixConfigurations = append(state.Resources.FelixConfigurations, felix)
			}
		}
		device, tunnelled := calico.EncapsulationOf(state.Resources.IPPools[0]).Device(), 0
		for _, r := range tables(t, state)["worker"] {
			want := uint32(0)
			if len(r.NextHops) > 0 && r.NextHops[0].Dev == device {
				tunnelled++
				want = c.want
			}
			if r.MTU != want {
				t.Errorf("%v: %s, want the MTU %d", c, r, want)
			}
		}
		if tunnelled == 0 {
			t.Errorf("%v: worker has no route by %s", c, device)
		}
	}
}
