package oracle_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
)

// canal is a cluster on two racks whose pod network is flannel's.
func canal(t *testing.T, mode string) oracle.State {
	t.Helper()
	state := cluster(t, "two-racks", mode)
	for i := range state.Nodes {
		if n := &state.Nodes[i]; state.Flannel.Backend == calico.FlannelVXLAN {
			n.VXLANTunnel, n.FlannelHardwareAddress = n.Blocks[0].Addr(), "fe:00:00:00:00:0"+n.Name[len(n.Name)-1:]
		}
	}
	return state
}

// toNodes are the routes of a host to other nodes' subnets.
func toNodes(t *testing.T, state oracle.State, host string) string {
	t.Helper()
	tables, err := state.Tables()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, r := range tables[host].Within(state.Topology.Pods...) {
		if !r.Prefix.IsSingleIP() {
			lines = append(lines, r.String())
		}
	}
	return strings.Join(lines, "\n")
}

func TestFlannelRoutes(t *testing.T) {
	const (
		tunnelled = "10.244.11.0/26 via 10.244.11.0 dev flannel.1 onlink proto boot\n10.244.12.0/26 via 10.244.12.0 dev flannel.1 onlink proto boot"
		plain     = "10.244.11.0/26 via 10.1.5.11 dev net0 proto boot"
	)
	cut := func(s *oracle.State) {
		s.CutEnds = map[oracle.End]bool{{Link: "br-leaf0", Host: "control-plane"}: true}
	}
	for _, tt := range []struct {
		name, mode, host string
		change           func(*oracle.State)
		want             string
	}{
		{"VXLAN", "canal-vxlan", "control-plane", nil, tunnelled},
		{"VXLAN, cut off", "canal-vxlan", "control-plane", cut, tunnelled},
		{"VXLAN, a node that is gone", "canal-vxlan", "control-plane", func(s *oracle.State) { s.Nodes[1].Gone = true }, tunnelled},
		{"host-gw", "canal-hostgw", "control-plane", nil, plain},
		{"host-gw, cut off", "canal-hostgw", "control-plane", cut, ""},
		{"host-gw, alone in its network", "canal-hostgw", "worker2", nil, ""},
		{"a leaf", "canal-vxlan", "leaf0", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			state := canal(t, tt.mode)
			if tt.change != nil {
				tt.change(&state)
			}
			if got := toNodes(t, state, tt.host); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestFlannelNodesHaveNoBGP(t *testing.T) {
	state := canal(t, "canal-vxlan")
	sessions, err := state.Sessions()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range state.Nodes {
		if list, ok := sessions[n.Name]; ok {
			t.Errorf("%s has sessions: %v", n.Name, list)
		}
	}
	if len(sessions["leaf0"]) != 1 {
		t.Errorf("leaf0 has the sessions %v, want that with the spine", sessions["leaf0"])
	}
}

func TestFlannelVTEPs(t *testing.T) {
	vteps, err := canal(t, "canal-vxlan").VTEPs()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := describe(vteps["worker2"]), "10.244.10.0 at fe:00:00:00:00:0e by 10.1.5.10\n10.244.11.0 at fe:00:00:00:00:0r by 10.1.5.11"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if vteps, err = canal(t, "canal-hostgw").VTEPs(); err != nil || len(vteps) > 0 {
		t.Errorf("host-gw: %v, %v", vteps, err)
	}
}

func TestWalkBesideFlannel(t *testing.T) {
	for mode, want := range map[string]oracle.Path{
		"canal-vxlan": {"control-plane", "leaf0", "spine0", "leaf1", "worker2"}, "canal-hostgw": nil,
	} {
		state := canal(t, mode)
		tables, err := state.Tables()
		if err != nil {
			t.Fatal(err)
		}
		ways, err := state.Walk(tables, "control-plane", state.Nodes[2].Workloads[0].Address)
		end, dead := errors.AsType[*oracle.DeadEnd](err)
		switch {
		case want == nil && (!dead || end.Reason != oracle.NoRoute || end.Host() != "leaf0"):
			t.Errorf("%s: %v, %v", mode, ways, err)
		case want != nil && (err != nil || len(ways) != 1 || !slices.Equal(ways[0], want)):
			t.Errorf("%s: %v, %v", mode, ways, err)
		}
	}
}

func TestFlannelStatesThatAreRefused(t *testing.T) {
	for want, change := range map[string]func(*oracle.State){
		"there is IPPool pool":                 func(s *oracle.State) { s.Resources.IPPools = []v3.IPPool{{}}; s.Resources.IPPools[0].Name = "pool" },
		"control-plane has 0 subnets":          func(s *oracle.State) { s.Nodes[0].Blocks = nil },
		"worker9 is not in topology two-racks": func(s *oracle.State) { s.Nodes[1].Name = "worker9" },
	} {
		state := canal(t, "canal-vxlan")
		change(&state)
		if _, err := state.Tables(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestForeignRouteBesideFlannel(t *testing.T) {
	state := canal(t, "canal-hostgw")
	foreign := route.Route{Prefix: worker2Block, Origin: route.OriginStatic, NextHops: []route.NextHop{{Via: state.Topology.Nodes()[0].GatewaysOf(route.IPv4)[0], Dev: "net0"}}}
	state.Foreign = map[string]route.Table{"control-plane": {foreign}}
	if got := toNodes(t, state, "control-plane"); !strings.Contains(got, foreign.String()) {
		t.Errorf("no %s in\n%s", foreign, got)
	}
}
