package bird

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/session"
)

func TestSessions(t *testing.T) {
	const config = `
template bgp bgp_template { local as 64512; }
protocol bgp Mesh_10_1_9_11 from bgp_template { neighbor 10.1.9.11 as 64512; }
protocol bgp Mesh_10_1_9_12 from bgp_template { neighbor 10.1.9.12 as 64512; }
protocol bgp Mesh_10_1_9_13 from bgp_template { neighbor 10.1.9.13 as 64512; }
protocol bgp Mesh_10_1_9_14 from bgp_template { neighbor 10.1.9.14 as 64512; }
protocol bgp Global_10_1_9_15_port_1790 from bgp_template { local as 65001; neighbor 10.1.9.15 port 1790 as 65009; }
protocol bgp Local_Workload_10_244_2_5 from bgp_template { neighbor 10.244.2.5 as 65011; }
protocol bgp Node_10_1_5_1 from bgp_template { local as 65005; }
`
	peer := func(address string, kind session.Kind, local, as uint32, state session.State) session.Session {
		return session.Session{Peer: netip.MustParseAddr(address), Kind: kind, LocalAS: local, PeerAS: as, State: state}
	}
	tests := []struct {
		name, file string
		want       []session.Session
	}{
		{"a mesh with absent peers", "mesh-protocols.txt", []session.Session{
			peer("10.1.9.11", session.NodeToNodeMesh, 64512, 64512, session.Established),
			peer("10.1.9.12", session.NodeToNodeMesh, 64512, 64512, session.Established),
			peer("10.1.9.13", session.NodeToNodeMesh, 64512, 64512, session.Connect),
			peer("10.1.9.14", session.NodeToNodeMesh, 64512, 64512, session.Active), // passive
			peer("10.1.9.15", session.Global, 65001, 65009, session.Connect),
			// Disabled, and not in the configuration.
			peer("10.1.9.16", session.NodeSpecific, 0, 65010, session.Down),
			peer("10.244.2.5", session.LocalWorkload, 64512, 65011, session.Active),
		}},
		{"a reflector's client", "client-protocols.txt", []session.Session{
			peer("10.1.5.1", session.NodeSpecific, 65005, 65005, session.Established),
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := playBIRD(t, map[string]string{"show protocols all": recorded(t, tt.file)})
			got, err := client.Sessions(t.Context(), []byte(config))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n%v\nwant\n%v", got, tt.want)
			}
		})
	}
}

func TestProtocols(t *testing.T) {
	client := playBIRD(t, map[string]string{"show protocols all": recorded(t, "mesh-protocols.txt")})
	protocols, err := client.Protocols(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range protocols {
		got[p.Name] = p.Session.Peer.String()
	}
	want := map[string]string{
		"Mesh_10_1_9_11": "10.1.9.11", "Mesh_10_1_9_12": "10.1.9.12", "Mesh_10_1_9_13": "10.1.9.13", "Mesh_10_1_9_14": "10.1.9.14",
		"Global_10_1_9_15_port_1790": "10.1.9.15", "Node_10_1_9_16": "10.1.9.16", "Local_Workload_10_244_2_5": "10.244.2.5",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestPassive(t *testing.T) {
	got, err := Passive([]byte(`template bgp base { local as 64512; }
template bgp waiting from base { passive on; }
protocol bgp Mesh_10_1_9_11 from base { neighbor 10.1.9.11 as 64512; } # active
protocol bgp Mesh_10_1_9_12 from base { multihop; passive on; neighbor 10.1.9.12 port 1790 as 64512; # waits
}
protocol bgp Mesh_10_1_9_13 from waiting { neighbor 10.1.9.13 as 64512; }
protocol bgp Mesh_10_1_9_14 from waiting { neighbor 10.1.9.14 as 64512; passive off; }`))
	want := map[netip.Addr]bool{
		netip.MustParseAddr("10.1.9.11"): false, netip.MustParseAddr("10.1.9.12"): true,
		netip.MustParseAddr("10.1.9.13"): true, netip.MustParseAddr("10.1.9.14"): false,
	}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := Passive([]byte("protocol bgp P { neighbor nowhere as 1; }")); err == nil {
		t.Error("an address that is none is no error")
	}
}

// The lines are those of a node whose neighbor had connected twice.
func TestRestartingNeighbor(t *testing.T) {
	const session = "1002-Node_10_1_9_12 BGP      master   start  00:17:58    Active        Socket: Connection closed\n" +
		"1006-  BGP state:          Active\n    Neighbor address: 10.1.9.12\n    Neighbor AS:      64512\n"
	for details, want := range map[string]bool{"": false, "    Neighbor graceful restart active\n    Restart timer:    120/-\n": true} {
		client := playBIRD(t, map[string]string{"show protocols all": session + details + "0000 \n"})
		protocols, err := client.Protocols(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(protocols) != 1 || protocols[0].Restarting != want || protocols[0].Since != "00:17:58" {
			t.Errorf("with %q: got %+v", details, protocols)
		}
	}
}

func TestSessionsRefuses(t *testing.T) {
	const protocol = "1002-Mesh_10_1_9_11 BGP      master   up     03:53:18    Established\n"
	tests := []struct {
		name, answer, config, want string
	}{
		{"details left out", protocol + "0000 \n", "", "Mesh_10_1_9_11: no neighbor address"},
		{"unknown state", protocol + "1006-  BGP state:          Dreaming\n0000 \n", "", `Mesh_10_1_9_11: unknown state "Dreaming"`},
		{"address that is none", protocol + "1006-    Neighbor address: nowhere\n0000 \n", "", "nowhere"},
		{"local AS that is no number", "0000 \n", "protocol bgp Mesh_10_1_9_11 { local as ours; }", "Mesh_10_1_9_11: local as"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := playBIRD(t, map[string]string{"show protocols all": tt.answer})
			got, err := client.Sessions(t.Context(), []byte(tt.config))
			if err == nil {
				t.Fatalf("no error, but %v", got)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
		})
	}
}

func TestKind(t *testing.T) {
	tests := []struct {
		name string
		want session.Kind
	}{
		{"Node_10_1_5_1_port_1790", session.NodeSpecific},
		{"Nodes", session.FabricPeer},
		{"bgp1", session.FabricPeer},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := kind(tt.name); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLocalAS(t *testing.T) {
	tests := []struct {
		name, config string
		want         map[string]uint32
	}{
		{"Calico's, with peers of another local AS", recorded(t, "calico/local-as.cfg"), map[string]uint32{
			"bgp_template": 64512, "Node_10_192_0_3": 64512, "Node_10_192_0_4": 65001,
		}},
		{"with the local address", "protocol bgp b { local 10.1.5.10 as 65005; }", map[string]uint32{"b": 65005}},
		{"template of a template", "template bgp a { local as 1; } template bgp b from a {} protocol bgp c from b {}",
			map[string]uint32{"a": 1, "b": 1, "c": 1}},
		{"allow local as is another thing", "protocol bgp b { allow local as 1; }", map[string]uint32{}},
		{"in a filter within", "protocol bgp b { import filter { local as 1; }; local as 2; }", map[string]uint32{"b": 2}},
		{"commented out", "protocol bgp b { local as 2; # local as 3;\n/* local as 4; */ description \"; local as 5;\"; }", map[string]uint32{"b": 2}},
		{"other protocols", "protocol static s { route 10.0.0.0/8 blackhole; } protocol kernel {}", map[string]uint32{}},
		{"cut short", "protocol bgp b { local as 2; neighbor \"", map[string]uint32{"b": 2}},
		{"nothing", "", map[string]uint32{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := localAS([]byte(tt.config))
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
