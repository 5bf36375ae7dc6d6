package oracle_test

import (
	"strings"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/oracle"
)

func TestStatesThatAreRefused(t *testing.T) {
	keep := v3.NextHopMode("Keep")
	for _, c := range []struct {
		name   string
		change func(*oracle.State)
		want   string
	}{
		{"no topology", func(s *oracle.State) { s.Topology = nil }, "no topology"},
		{"a link that is not there", func(s *oracle.State) { s.CutLinks = map[string]bool{"leaf9": true} }, "leaf9"},
		{"a node that is not there", func(s *oracle.State) { s.Nodes[0].Name = "worker9" }, "worker9"},
		{"a leaf as node", func(s *oracle.State) { s.Nodes[0].Name = "leaf0" }, "leaf0"},
		{"a node twice", func(s *oracle.State) { s.Nodes[0].Name = "worker" }, "worker is in the state twice"},
		{"a cluster ID that is none", func(s *oracle.State) { s.Nodes[0].ReflectorClusterID = "one" }, `"one"`},
		{"encapsulation", func(s *oracle.State) { s.Resources.IPPools[0].Spec.IPIPMode = v3.IPIPModeAlways }, "IPIP"},
		{"an end that is not there", func(s *oracle.State) { s.CutEnds = map[oracle.End]bool{{Link: "br-leaf0", Host: "client"}: true} }, "does not end at client"},
		{"a service range that is none", func(s *oracle.State) {
			s.Resources.BGPConfigurations[0].Spec.ServiceClusterIPs = []v3.ServiceClusterIPBlock{{CIDR: "10.96.0.0"}}
		}, "serviceClusterIPs"},
		{"an interface in a filter", func(s *oracle.State) {
			s.Resources.BGPFilters = []v3.BGPFilter{{Spec: v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{{Action: v3.Accept, Interface: "eth0"}}}}}
		}, "interface is not reckoned with"},
		{"a selector that cannot be read", func(s *oracle.State) { withPeers(s, v3.BGPPeerSpec{NodeSelector: "rack ="}) }, "nodeSelector"},
		{
			"two BGPPeers for one session that differ",
			func(s *oracle.State) {
				withPeers(s, v3.BGPPeerSpec{PeerIP: "10.1.5.1", ASNumber: 1}, v3.BGPPeerSpec{PeerIP: "10.1.5.1", ASNumber: 1, NextHopMode: &keep})
			},
			"which of them Calico obeys is chance",
		},
		{
			"a BGPPeer beside the mesh",
			func(s *oracle.State) {
				s.Resources.BGPPeers = []v3.BGPPeer{{Spec: v3.BGPPeerSpec{NodeSelector: "all()", PeerSelector: "all()"}}}
			},
			"switch the mesh off",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "single-rack", "fullmesh")
			c.change(&state)
			_, err := state.Tables()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
			if _, err := state.Sessions(); err == nil {
				t.Error("the sessions were reckoned all the same")
			}
		})
	}
}

func TestInterfaceName(t *testing.T) {
	// printf default.nginx | sha1sum
	if got, want := oracle.InterfaceName("default", "nginx"), "calic440f455693"; got != want {
		t.Errorf("InterfaceName = %s, want %s", got, want)
	}
}
