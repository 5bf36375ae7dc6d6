package oracle_test

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/bird2"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/topology"
)

// Everything that a leaf, a spine and a node have from their neighbours. A leaf has
// from a spine what the other leaf says of the far links, but nothing that has been
// in its own AS, and a node has nothing back that it said itself.
func TestPathsOfTheLeafReflector(t *testing.T) {
	state := cluster(t, "leaf-spine", "leafreflector")
	agreePaths(t, "leaf0", paths(t, state, "leaf0"), `
		10.1.8.0/24 from 10.1.10.2 next hop 10.1.10.2 AS path [500 65008]
		10.1.8.0/24 from 10.1.12.2 next hop 10.1.12.2 AS path [800 65008]
		10.1.10.0/24 from 10.1.10.2 next hop 10.1.10.2 AS path [500]
		10.1.11.0/24 from 10.1.10.2 next hop 10.1.10.2 AS path [500 65008]
		10.1.11.0/24 from 10.1.12.2 next hop 10.1.12.2 AS path [800]
		10.1.12.0/24 from 10.1.12.2 next hop 10.1.12.2 AS path [800]
		10.1.34.0/24 from 10.1.10.2 next hop 10.1.10.2 AS path [500]
		10.1.34.0/24 from 10.1.12.2 next hop 10.1.12.2 AS path [800 65008]
		10.1.100.0/24 from 10.1.10.2 next hop 10.1.10.2 AS path [500]
		10.1.100.0/24 from 10.1.12.2 next hop 10.1.12.2 AS path [800]
		10.244.10.0/26 from 10.1.5.10 next hop 10.1.5.10 AS path []
		10.244.11.0/26 from 10.1.5.11 next hop 10.1.5.11 AS path []
		10.244.12.0/26 from 10.1.10.2 next hop 10.1.10.2 AS path [500 65008]
		10.244.12.0/26 from 10.1.12.2 next hop 10.1.12.2 AS path [800 65008]
		10.244.13.0/26 from 10.1.10.2 next hop 10.1.10.2 AS path [500 65008]
		10.244.13.0/26 from 10.1.12.2 next hop 10.1.12.2 AS path [800 65008]`)
	agreePaths(t, "spine0", paths(t, state, "spine0"), `
		10.1.5.0/24 from 10.1.10.1 next hop 10.1.10.1 AS path [65005]
		10.1.8.0/24 from 10.1.34.1 next hop 10.1.34.1 AS path [65008]
		10.1.10.0/24 from 10.1.10.1 next hop 10.1.10.1 AS path [65005]
		10.1.11.0/24 from 10.1.10.1 next hop 10.1.10.1 AS path [65005 800]
		10.1.11.0/24 from 10.1.34.1 next hop 10.1.34.1 AS path [65008]
		10.1.12.0/24 from 10.1.10.1 next hop 10.1.10.1 AS path [65005]
		10.1.12.0/24 from 10.1.34.1 next hop 10.1.34.1 AS path [65008 800]
		10.1.34.0/24 from 10.1.34.1 next hop 10.1.34.1 AS path [65008]
		10.244.10.0/26 from 10.1.10.1 next hop 10.1.10.1 AS path [65005]
		10.244.11.0/26 from 10.1.10.1 next hop 10.1.10.1 AS path [65005]
		10.244.12.0/26 from 10.1.34.1 next hop 10.1.34.1 AS path [65008]
		10.244.13.0/26 from 10.1.34.1 next hop 10.1.34.1 AS path [65008]`)
	agreePaths(t, "worker", paths(t, state, "worker"), `
		10.1.5.0/24 from 10.1.5.1 next hop 10.1.5.1 AS path []
		10.1.8.0/24 from 10.1.5.1 next hop 10.1.5.1 AS path [500 65008]
		10.1.10.0/24 from 10.1.5.1 next hop 10.1.5.1 AS path []
		10.1.11.0/24 from 10.1.5.1 next hop 10.1.5.1 AS path [800]
		10.1.12.0/24 from 10.1.5.1 next hop 10.1.5.1 AS path []
		10.1.34.0/24 from 10.1.5.1 next hop 10.1.5.1 AS path [500]
		10.1.100.0/24 from 10.1.5.1 next hop 10.1.5.1 AS path [500]
		10.244.10.0/26 from 10.1.5.1 next hop 10.1.5.10 AS path [] originator 10.1.5.10 clusters [10.1.5.1]
		10.244.12.0/26 from 10.1.5.1 next hop 10.1.5.1 AS path [500 65008]
		10.244.13.0/26 from 10.1.5.1 next hop 10.1.5.1 AS path [500 65008]`)
}

// A router of FRR gives its networks a MED of 0, BIRD none; both leave out that of another
// AS towards a third, but for BIRD 1.6, which sends 0. FRR gives one to what it reflects, too.
func TestPreferences(t *testing.T) {
	for _, c := range []struct {
		software                        topology.Software
		network, reflected, passedOnOut string
	}{
		{frr.Name, "MED 0", "MED 0", "no MED"},
		{bird.Name, "no MED", "no MED", "MED 0"},
		{bird2.Name, "no MED", "no MED", "no MED"},
	} {
		state := leavesOf(c.software, cluster(t, "leaf-spine", "leafreflector"))
		for _, path := range []struct{ what, host, from, prefix, want string }{
			{"the leaf's own network", "worker", "10.1.5.1", "10.1.5.0/24", c.network},
			{"the leaf's own network", "spine0", "10.1.10.1", "10.1.5.0/24", c.network},
			{"a spine's network in the leaf's AS", "worker", "10.1.5.1", "10.1.34.0/24", "MED 0"},
			{"a network that is two AS away", "worker", "10.1.5.1", "10.1.8.0/24", "no MED"},
			{"a spine's network to the other spine", "spine0", "10.1.10.1", "10.1.11.0/24", c.passedOnOut},
			{"another node's block", "worker", "10.1.5.1", "10.244.10.0/26", c.reflected},
			{"a block in the next AS", "spine0", "10.1.10.1", "10.244.10.0/26", "no MED"},
			{"a node's own word of its block", "leaf0", "10.1.5.11", "10.244.11.0/26", "no MED"},
		} {
			got := paths(t, state, path.host).To(netip.MustParsePrefix(path.prefix)).From(netip.MustParseAddr(path.from))
			if len(got) != 1 || got[0].Preferences() != "local preference 100, "+path.want {
				t.Errorf("leaves of %s: %s: %s has %v, want %s", c.software, path.what, path.host, got, path.want)
			}
		}
	}
}

// Internal paths are not passed on between internal neighbours that are no clients
// (RFC 4456, section 6), whatever software a router runs.
func TestInternalPathsStay(t *testing.T) {
	for name, state := range map[string]oracle.State{
		"FRR":  cluster(t, "tor", "tor"),
		"BIRD": birdLeaves(cluster(t, "tor", "tor")), "BIRD 2": leavesOf(bird2.Name, cluster(t, "tor", "tor")),
	} {
		got := paths(t, state, "server0").From(netip.MustParseAddr("192.168.1.1"))
		if want := "10.2.10.0/24 10.2.11.0/24 10.2.100.0/24 192.168.1.0/24"; prefixesOf(got) != want {
			t.Errorf("%s: server0 has %q from tor0, want %q", name, prefixesOf(got), want)
		}
		// A mesh of nodes does not either.
		if got := paths(t, state, "server0").To(server1Block); len(got) != 1 {
			t.Errorf("%s: server0 has %v, want server1's own word of its block", name, got)
		}
	}
}

// reflectingServers are servers of mode tor that reflect, each in a cluster of its
// own, for each other and for both ToRs, which have them as internal neighbours.
// They pass on what the ToRs say of their networks.
func reflectingServers(t *testing.T, names ...string) oracle.State {
	t.Helper()
	state := cluster(t, "tor", "tor")
	for i, name := range names {
		n := node(t, state, name)
		n.ReflectorClusterID, n.Labels["rr"] = netip.AddrFrom4([4]byte{244, 0, 0, byte(i + 1)}).String(), "true"
	}
	withPeers(&state, allToReflectors,
		v3.BGPPeerSpec{NodeSelector: "has(rr)", PeerIP: "192.168.1.1", ASNumber: 64512},
		v3.BGPPeerSpec{NodeSelector: "has(rr)", PeerIP: "192.168.1.2", ASNumber: 64512})
	state.Resources.IPPools = append(state.Resources.IPPools, v3.IPPool{Spec: v3.IPPoolSpec{CIDR: "10.2.0.0/16", Disabled: true}})
	return state
}

// A router refuses what it has originated itself, when reflectors bring it back.
func TestOwnOriginatorID(t *testing.T) {
	state := reflectingServers(t, "server0", "server1")
	// tor0's own link: the other ToR hears of it by both reflectors, each by its own
	// path and by what the other one reflects.
	agreePaths(t, "tor1", paths(t, state, "tor1").To(netip.MustParsePrefix("10.2.10.0/24")).From(netip.MustParseAddr("192.168.1.10"), netip.MustParseAddr("192.168.1.11")), `
		10.2.10.0/24 from 192.168.1.10 next hop 192.168.1.1 AS path [] originator 192.168.1.1 clusters [244.0.0.1]
		10.2.10.0/24 from 192.168.1.10 next hop 192.168.1.1 AS path [] originator 192.168.1.1 clusters [244.0.0.1 244.0.0.2]
		10.2.10.0/24 from 192.168.1.11 next hop 192.168.1.1 AS path [] originator 192.168.1.1 clusters [244.0.0.1 244.0.0.2]
		10.2.10.0/24 from 192.168.1.11 next hop 192.168.1.1 AS path [] originator 192.168.1.1 clusters [244.0.0.2]`)
	// tor0's routes from the core keep the core as next hop here, which would not stop
	// a reflector from announcing them to tor0.
	outside := netip.MustParsePrefix("10.2.100.0/24")
	for name, software := range map[string]topology.Software{"FRR": frr.Name, "BIRD": bird.Name} {
		state := reflectingServers(t, "server0", "server1")
		router(t, state, "tor0").Software = software
		for _, server := range []string{"server0", "server1"} {
			neighbor(t, state, "tor0", server).NextHopSelf = false
		}
		if got := paths(t, state, "server1").To(outside).From(netip.MustParseAddr("192.168.1.10")); len(got) == 0 {
			t.Errorf("%s: server0 does not reflect what tor0 has from the core", name)
		}
		for _, prefix := range []netip.Prefix{netip.MustParsePrefix("10.2.10.0/24"), outside} {
			others := func(p path.Path) bool { return p.OriginatorID != netip.MustParseAddr("192.168.1.1") }
			if got := slices.DeleteFunc(paths(t, state, "tor0").To(prefix), others); len(got) != 0 {
				t.Errorf("%s: tor0 has %v back, which it originated", name, got)
			}
		}
	}
}

// A router that reflects refuses what has been in its cluster, from whomever.
func TestOwnClusterID(t *testing.T) {
	tor0, reflectors := netip.MustParseAddr("192.168.1.1"), []netip.Addr{netip.MustParseAddr("192.168.1.10"), netip.MustParseAddr("192.168.1.11")}
	state := reflectingServers(t, "server0", "server1")
	// tor0 reflects server2, which has a session with it alone.
	for i := range state.Resources.BGPPeers {
		state.Resources.BGPPeers[i].Spec.NodeSelector = "has(rr)"
	}
	state.Resources.BGPPeers = append(state.Resources.BGPPeers, v3.BGPPeer{Spec: v3.BGPPeerSpec{Node: "server2", PeerIP: tor0.String(), ASNumber: 64512}})
	for _, name := range []string{"server0", "server1", "server2"} {
		neighbor(t, state, "tor0", name).ReflectorClient = name == "server2"
	}
	server2Block := node(t, state, "server2").Blocks[0]
	agreePaths(t, "server0", paths(t, state, "server0").To(server2Block).From(tor0), `
		10.48.12.0/26 from 192.168.1.1 next hop 192.168.1.12 AS path [] originator 192.168.1.12 clusters [192.168.1.1]`)
	// server1 reflects what it has from server0 and tor0 to its clients, of which tor0 is
	// one.
	agreePaths(t, "tor0", paths(t, state, "tor0").To(server2Block), `
		10.48.12.0/26 from 192.168.1.12 next hop 192.168.1.12 AS path []`)
	// A client hears of what is not.
	agreePaths(t, "server2", paths(t, state, "server2").To(server0Block), `
		10.48.10.0/26 from 192.168.1.1 next hop 192.168.1.10 AS path [] originator 192.168.1.10 clusters [192.168.1.1]`)
	// BIRD asks of clients alone: server0 and server1 are none of tor0's.
	state = birdLeaves(state)
	agreePaths(t, "tor0", paths(t, state, "tor0").To(server2Block).From(reflectors...), `
		10.48.12.0/26 from 192.168.1.10 next hop 192.168.1.12 AS path [] originator 192.168.1.12 clusters [192.168.1.1 244.0.0.1 244.0.0.2]
		10.48.12.0/26 from 192.168.1.11 next hop 192.168.1.12 AS path [] originator 192.168.1.12 clusters [192.168.1.1 244.0.0.1 244.0.0.2]`)
	for _, name := range []string{"server0", "server1"} {
		neighbor(t, state, "tor0", name).ReflectorClient = true
	}
	if got := paths(t, state, "tor0").To(server2Block).From(reflectors...); len(got) != 0 {
		t.Errorf("tor0 has %v from its clients, which has been in its cluster", got)
	}
}

// FRR finds the next hop of an internal path by its other BGP routes.
func TestFRRResolvesByBGPRoutes(t *testing.T) {
	state := cluster(t, "leaf-spine", "leafreflector")
	leaf := router(t, state, "leaf0")
	leaf.Neighbors = append(leaf.Neighbors, fabric.Neighbor{Host: "worker2", Address: netip.MustParseAddr("10.1.8.10"), AS: 65005, ReflectorClient: true})
	node(t, state, "worker2").AS = 65005
	address := netip.MustParseAddr("10.244.99.1")
	place(t, state, "worker2", address)
	withPeers(&state, v3.BGPPeerSpec{Node: "worker", PeerIP: "10.1.5.1", ASNumber: 65005},
		v3.BGPPeerSpec{Node: "worker2", PeerIP: "10.1.10.1", ASNumber: 65005})
	deaf(&state)
	state.Resources.BGPPeers[0].Spec.Filters = nil
	if got := hopsTo(tables(t, state)["leaf0"], single(address)); got != "10.1.10.2 10.1.12.2" {
		t.Errorf("leaf0 goes to worker2's pod by %q, want both spines", got)
	}
	agreePaths(t, "worker", paths(t, state, "worker").To(single(address)), `
		10.244.99.1/32 from 10.1.5.1 next hop 10.1.8.10 AS path [] originator 10.1.8.10 clusters [10.1.5.1]`)
}

// FRR wants an external path's next hop on its links. One that is not is in its
// table, and it tells nobody of it.
func TestFRRUnreachablePaths(t *testing.T) {
	state := cluster(t, "leaf-spine", "fullmesh")
	state.Resources.BGPPeers = []v3.BGPPeer{{Spec: v3.BGPPeerSpec{Node: "control-plane", PeerIP: "10.1.5.1", ASNumber: 65005, NextHopMode: new(v3.NextHopMode("Keep"))}}}
	leaf := router(t, state, "leaf0")
	leaf.Neighbors = append(leaf.Neighbors, fabric.Neighbor{Host: "control-plane", Address: netip.MustParseAddr("10.1.5.10"), AS: 64512})
	agreePaths(t, "leaf0", paths(t, state, "leaf0").To(workerBlock, worker2Block), `
		10.244.11.0/26 from 10.1.5.10 next hop 10.1.5.11 AS path [64512]
		10.244.12.0/26 from 10.1.5.10 next hop 10.1.8.10 AS path [64512]`)
	agree(t, "leaf0", tables(t, state)["leaf0"].Within(workerBlock, worker2Block), `
		10.244.11.0/26 via 10.1.5.11 dev eth3 proto bgp metric 20`)
	agreePaths(t, "spine0", paths(t, state, "spine0").To(workerBlock, worker2Block), `
		10.244.11.0/26 from 10.1.10.1 next hop 10.1.10.1 AS path [65005 64512]`)
}

// A prefix that a router has on a link stays the kernel's, though it is learned too
// and not announced.
func TestLearnedLinks(t *testing.T) {
	for name, state := range map[string]oracle.State{
		"FRR": cluster(t, "leaf-spine", "leafreflector"), "BIRD": birdLeaves(cluster(t, "leaf-spine", "leafreflector")),
		"BIRD 2": leavesOf(bird2.Name, cluster(t, "leaf-spine", "leafreflector")),
	} {
		router(t, state, "leaf0").Networks = nil
		link := netip.MustParsePrefix("10.1.10.0/24")
		if got := paths(t, state, "leaf0").To(link); len(got) == 0 {
			t.Errorf("%s: leaf0 has no path to the link from spine0", name)
		}
		agree(t, name, tables(t, state)["leaf0"].Within(link), "10.1.10.0/24 dev eth1 proto kernel")
	}
}

// Without next-hop-self FRR passes an external path's next hop on, and is itself that
// of its own networks.
func TestFRRWithoutNextHopSelf(t *testing.T) {
	state := cluster(t, "leaf-spine", "leafreflector")
	neighbor(t, state, "leaf0", "worker").NextHopSelf = false
	agreePaths(t, "worker", paths(t, state, "worker").To(worker2Block, netip.MustParsePrefix("10.1.5.0/24")), `
		10.1.5.0/24 from 10.1.5.1 next hop 10.1.5.1 AS path []
		10.244.12.0/26 from 10.1.5.1 next hop 10.1.10.2 AS path [500 65008]`)
}

// Every node and router has an entry, also without sessions, and no other host.
func TestHostsWithPaths(t *testing.T) {
	state := cluster(t, "leaf-spine", "leafreflector")
	node(t, state, "worker2").Gone = true
	node(t, state, "worker3").Labels["rack"] = "rack9"
	all, err := state.Paths()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"control-plane", "leaf0", "leaf1", "spine0", "spine1", "worker", "worker3"}
	if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, want) {
		t.Errorf("hosts %v, want %v", got, want)
	}
	if len(all["worker3"]) != 0 {
		t.Errorf("worker3 has %v without a session", all["worker3"])
	}
	state.Topology = nil
	if _, err := state.Paths(); err == nil {
		t.Error("the paths were computed without a topology")
	}
}
