package oracle_test

import (
	"net/netip"
	"strings"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/topology"
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
		{"a cluster ID of IPv6", func(s *oracle.State) { s.Nodes[0].ReflectorClusterID = "fd00::1" }, `"fd00::1"`},
		{"a cluster ID that BIRD ignores", func(s *oracle.State) { s.Nodes[0].ReflectorClusterID = "0.0.0.0" }, `"0.0.0.0"`},
		{"a router that is not there", func(s *oracle.State) { s.Routers = []fabric.Router{{Host: "leaf9"}} }, "leaf9 is not in topology"},
		{"a router twice", func(s *oracle.State) { s.Routers = []fabric.Router{leaf(), leaf()} }, "leaf0 is in the state twice"},
		{"a router without an AS number", func(s *oracle.State) { s.Routers = []fabric.Router{{Host: "leaf0", Software: frr.Name}} }, "no AS number"},
		{"a router of unknown software", func(s *oracle.State) { s.Routers = []fabric.Router{{Host: "leaf0", Software: "ios"}} }, `"ios", whose behaviour is not known: use one of bird`},
		{"a router without software", func(s *oracle.State) { s.Routers = []fabric.Router{{Host: "leaf0"}} }, `runs ""`},
		{"an external neighbour of BIRD over several hops", func(s *oracle.State) { s.Routers = []fabric.Router{hops(bird.Name, 64512)} }, "use 1"},
		{"encapsulation by stock BIRD", func(s *oracle.State) {
			s.Resources.IPPools[0].Spec.IPIPMode, s.StockBIRD = v3.IPIPModeAlways, true
		}, "its routes are BIRD's"},
		{"a pool that is none", func(s *oracle.State) { s.Resources.IPPools[0].Spec.CIDR = "10.244.0.0" }, "cidr"},
		{"a pool with bits beyond its length", func(s *oracle.State) { s.Resources.IPPools[0].Spec.CIDR = "10.244.0.1/16" }, "write 10.244.0.0/16"},
		{"a listen port", func(s *oracle.State) { s.Resources.BGPConfigurations[0].Spec.ListenPort = 1790 }, "listenPort"},
		{"a node's listen port", func(s *oracle.State) {
			c := nodeConfiguration("worker")
			c.Spec.ListenPort = 1790
			s.Resources.BGPConfigurations = append(s.Resources.BGPConfigurations, c)
		}, "node.worker: listenPort"},
		{"ignored interfaces", func(s *oracle.State) { s.Resources.BGPConfigurations[0].Spec.IgnoredInterfaces = []string{"eth1"} }, "ignoredInterfaces"},
		{"a link of an end that is not there", func(s *oracle.State) { s.CutEnds = map[oracle.End]bool{{Link: "br-leaf9", Host: "client"}: true} }, "br-leaf9"},
		{"one end of a link of two", func(s *oracle.State) { s.CutEnds = map[oracle.End]bool{{Link: "leaf0-client", Host: "leaf0"}: true} }, "cut the link"},
		{"an end that is not there", func(s *oracle.State) { s.CutEnds = map[oracle.End]bool{{Link: "br-leaf0", Host: "client"}: true} }, "does not end at client"},
		{"a service range that is none", func(s *oracle.State) {
			s.Resources.BGPConfigurations[0].Spec.ServiceClusterIPs = []v3.ServiceClusterIPBlock{{CIDR: "10.96.0.0"}}
		}, "serviceClusterIPs"},
		{"a service range with bits beyond its length", func(s *oracle.State) { externalRange(s, "192.168.3.1/24") }, "serviceExternalIPs"},
		{"a service range of IPv6", func(s *oracle.State) { loadBalancerRange(s, "fd00::/64") }, "serviceLoadBalancerIPs"},
		{"a service with IPv6", func(s *oracle.State) {
			s.Services = []oracle.Service{{Namespace: "default", Name: "six", ClusterIPs: []netip.Addr{netip.MustParseAddr("fd00::1")}}}
		}, "default/six"},
		{"a service with an external IP of IPv6", func(s *oracle.State) {
			s.Services = []oracle.Service{{ExternalIPs: []netip.Addr{netip.MustParseAddr("fd00::1")}}}
		}, "fd00::1"},
		{"a service with a LoadBalancer IP of IPv6", func(s *oracle.State) {
			s.Services = []oracle.Service{{LoadBalancerIPs: []netip.Addr{netip.MustParseAddr("fd00::1")}}}
		}, "fd00::1"},
		{"a filter without action", filtering(v3.BGPFilterRuleV4{}), `action ""`},
		{"an unknown source in a filter", filtering(v3.BGPFilterRuleV4{Action: v3.Accept, Source: "Nobody"}), `source "Nobody"`},
		{"a filter's prefix that is none", filtering(rule(v3.Accept, v3.In, "10.244.0.0")), "cidr"},
		{"a filter's prefix with bits beyond its length", filtering(rule(v3.Accept, v3.In, "10.244.0.1/16")), "write 10.244.0.0/16"},
		{"a filter's prefix of IPv6", filtering(rule(v3.Accept, v3.In, "fd00::/64")), "not IPv4"},
		{"a filter's prefix without operator", filtering(rule(v3.Accept, "", "10.244.0.0/16")), "matchOperator"},
		{"lengths beside Equal", filtering(ofLength(rule(v3.Accept, v3.Equal, "10.244.0.0/16"), 24, 26)), "prefixLength beside Equal"},
		{"lengths beside NotEqual", filtering(ofLength(rule(v3.Accept, v3.NotEqual, "10.244.0.0/16"), 24, 26)), "prefixLength beside NotEqual"},
		{"lengths shorter than the prefix", filtering(ofLength(rule(v3.Accept, v3.In, "10.244.0.0/16"), -1, 15)), "from 16 to 15"},
		{"lengths that end before they begin", filtering(ofLength(rule(v3.Accept, v3.NotIn, "10.244.0.0/16"), 26, 24)), "from 26 to 24"},
		{"lengths that are all shorter than the prefix", filtering(ofLength(rule(v3.Accept, v3.In, "10.244.0.0/16"), 8, 15)), "from 16 to 15"},
		{"a fault in an import rule", func(s *oracle.State) {
			s.Resources.BGPFilters = []v3.BGPFilter{importFilter("f", v3.BGPFilterRuleV4{})}
		}, `BGPFilter f: action ""`},
		{"a peer that is a workload", func(s *oracle.State) { withPeers(s, v3.BGPPeerSpec{LocalWorkloadSelector: "all()"}) }, "localWorkloadSelector"},
		{"a way to a peer", func(s *oracle.State) {
			withPeers(s, v3.BGPPeerSpec{PeerIP: "10.1.5.1", ASNumber: 1, ReachableBy: "10.1.5.10"})
		}, "reachableBy"},
		{"a peer with a port", func(s *oracle.State) { withPeers(s, v3.BGPPeerSpec{PeerIP: "10.1.5.1:1790", ASNumber: 1}) }, "without a port"},
		{"a peer of IPv6", func(s *oracle.State) { withPeers(s, v3.BGPPeerSpec{PeerIP: "fd00::1", ASNumber: 1}) }, "fd00::1"},
		{"a peer without AS number", func(s *oracle.State) { withPeers(s, v3.BGPPeerSpec{PeerIP: "10.1.5.1"}) }, "asNumber is missing"},
		{"a peer by address and selector", func(s *oracle.State) {
			withPeers(s, v3.BGPPeerSpec{PeerIP: "10.1.5.1", ASNumber: 1, PeerSelector: "all()"})
		}, "peerIP and peerSelector"},
		{"a node by name and selector", func(s *oracle.State) {
			withPeers(s, v3.BGPPeerSpec{Node: "worker", NodeSelector: "all()", PeerSelector: "all()"})
		}, "node and nodeSelector"},
		{"no peer at all", func(s *oracle.State) { withPeers(s, v3.BGPPeerSpec{}) }, "is not an address"},
		{"a peer's selector that cannot be read", func(s *oracle.State) { withPeers(s, v3.BGPPeerSpec{PeerSelector: "rack ="}) }, "peerSelector"},
		{"an interface in an import rule", func(s *oracle.State) {
			s.Resources.BGPFilters = []v3.BGPFilter{{Spec: v3.BGPFilterSpec{ImportV4: []v3.BGPFilterRuleV4{{Action: v3.Accept, Interface: "eth0"}}}}}
		}, "interface is not supported"},
		{"a selector that cannot be read", func(s *oracle.State) { withPeers(s, v3.BGPPeerSpec{NodeSelector: "rack ="}) }, "nodeSelector"},
		{
			"two BGPPeers for one session that differ",
			func(s *oracle.State) {
				withPeers(s, v3.BGPPeerSpec{PeerIP: "10.1.5.1", ASNumber: 1}, v3.BGPPeerSpec{PeerIP: "10.1.5.1", ASNumber: 1, NextHopMode: &keep})
			},
			"which of them Calico obeys is chance",
		},
		{
			"two BGPPeers of one node for one session",
			func(s *oracle.State) {
				withPeers(s, v3.BGPPeerSpec{Node: "worker", PeerIP: "10.1.5.1", ASNumber: 1}, v3.BGPPeerSpec{Node: "worker", PeerIP: "10.1.5.1", ASNumber: 1, NextHopMode: &keep})
			},
			"BGPPeers a and b ask for different sessions of node worker with 10.1.5.1",
		},
		{
			"two BGPPeers that select one neighbour differently",
			func(s *oracle.State) {
				withPeers(s, v3.BGPPeerSpec{Node: "worker", PeerSelector: "kubernetes.io/hostname == 'worker2'"},
					v3.BGPPeerSpec{NodeSelector: "all()", PeerSelector: "kubernetes.io/hostname == 'worker2'", NextHopMode: &keep})
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
				t.Error("the sessions were still computed")
			}
		})
	}
}

// Filters at the edge of what is refused, and a router that BIRD could not be.
func TestStatesThatAreNot(t *testing.T) {
	for name, change := range map[string]func(*oracle.State){
		"lengths up to the prefix's own":                  filtering(ofLength(rule(v3.Accept, v3.In, "10.244.0.0/16"), -1, 16)),
		"one length":                                      filtering(ofLength(rule(v3.Accept, v3.NotIn, "10.244.0.0/16"), 26, 26)),
		"a rule without prefix":                           filtering(v3.BGPFilterRuleV4{Action: v3.Reject}),
		"an external neighbour of FRR over several hops":  func(s *oracle.State) { s.Routers = []fabric.Router{hops(frr.Name, 64512)} },
		"an internal neighbour of BIRD over several hops": func(s *oracle.State) { s.Routers = []fabric.Router{hops(bird.Name, 65005)} },
	} {
		state := cluster(t, "single-rack", "fullmesh")
		change(&state)
		if _, err := state.Tables(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// filtering sets a rule for export.
func filtering(rule v3.BGPFilterRuleV4) func(*oracle.State) {
	return func(s *oracle.State) { s.Resources.BGPFilters = []v3.BGPFilter{exportFilter("f", rule)} }
}

func leaf() fabric.Router {
	return fabric.Router{Host: "leaf0", Software: frr.Name, AS: 65005, RouterID: netip.MustParseAddr("10.1.5.1")}
}

// hops is a router with a neighbour that may be two hops away.
func hops(software topology.Software, as uint32) fabric.Router {
	r := leaf()
	r.Software = software
	r.Neighbors = []fabric.Neighbor{{Host: "worker", Address: netip.MustParseAddr("10.1.5.11"), AS: as, TTLSecurity: 2}}
	return r
}

func TestInterfaceName(t *testing.T) {
	// printf default.nginx | sha1sum
	if got, want := oracle.InterfaceName("default", "nginx"), "calic440f455693"; got != want {
		t.Errorf("InterfaceName = %s, want %s", got, want)
	}
}
