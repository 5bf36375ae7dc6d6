package oracle_test

import (
	"net/netip"
	"strings"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/projectcalico/api/pkg/lib/numorstring"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/session"
)

// established reports whether a host has a session with an address, and it is up.
func established(t *testing.T, state oracle.State, host, peer string) bool {
	t.Helper()
	got, ok := states(sessions(t, state)[host])[peer]
	if !ok {
		t.Fatalf("%s has no session with %s", host, peer)
	}
	return got == session.Established
}

// A TCP MD5 signature that one end sends and the other does not expect is as wrong
// as one made with another key.
func TestPasswords(t *testing.T) {
	for _, c := range []struct {
		name string
		// node is worker's for the leaf, leaf the leaf's for worker.
		node, leaf string
		up         bool
	}{
		{name: "none", up: true},
		{name: "the same", node: "secret", leaf: "secret", up: true},
		{name: "different", node: "secret", leaf: "Secret"},
		{name: "the leaf's alone", leaf: "secret"},
		{name: "the node's alone", node: "secret"},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "leaf-spine", "leafreflector")
			withPeers(&state, v3.BGPPeerSpec{Node: "control-plane", PeerIP: "10.1.5.1", ASNumber: 65005},
				v3.BGPPeerSpec{Node: "worker", PeerIP: "10.1.5.1", ASNumber: 65005})
			if c.node != "" {
				state.Passwords = map[string]string{"b": c.node}
			}
			neighbor(t, state, "leaf0", "worker").Password = c.leaf
			if established(t, state, "worker", "10.1.5.1") != c.up || established(t, state, "leaf0", "10.1.5.11") != c.up {
				t.Errorf("the session is up: %t, want %t", !c.up, c.up)
			}
			if !established(t, state, "control-plane", "10.1.5.1") {
				t.Error("another node's session suffers")
			}
			if want := map[bool]string{true: "10.1.5.11", false: ""}[c.up]; hopsTo(tables(t, state)["leaf0"], workerBlock) != want {
				t.Errorf("leaf0 has not route %q to worker's block", want)
			}
		})
	}
}

// Nodes that peer by a selector both have the BGPPeer's password.
func TestPasswordBetweenNodes(t *testing.T) {
	state := cluster(t, "single-rack", "fullmesh")
	withPeers(&state, v3.BGPPeerSpec{Node: "worker", PeerSelector: "kubernetes.io/hostname == 'worker2'"})
	state.Passwords = map[string]string{"a": "secret"}
	if !established(t, state, "worker", "10.1.5.12") {
		t.Error("the session is down")
	}
}

// By TTL security (RFC 5082) an end sends packets with TTL 255 and drops those that
// have passed more routers than they should. Without it external neighbours on a
// link send TTL 1, Calico's nodes 64, and routers 255 to internal neighbours.
func TestTTLSecurityOnALink(t *testing.T) {
	const one = uint8(1)
	for _, c := range []struct {
		name     string
		external bool
		node     uint8
		leaf     int
		up       bool
	}{
		{name: "neither, iBGP", up: true},
		{name: "both, iBGP", node: one, leaf: 1, up: true},
		{name: "the node alone, iBGP: routers send the largest TTL to internal neighbours", node: one, up: true},
		{name: "the leaf alone, iBGP: nodes do not", leaf: 1},
		{name: "neither, eBGP", external: true, up: true},
		{name: "both, eBGP", external: true, node: one, leaf: 1, up: true},
		{name: "the node alone, eBGP", external: true, node: one},
		{name: "the leaf alone, eBGP", external: true, leaf: 1},
		{name: "a leaf that allows for more hops", external: true, node: one, leaf: 10, up: true},
		{name: "a leaf that allows for all hops takes what a node sends", external: true, leaf: 192, up: true},
		{name: "but not for one less", external: true, leaf: 191},
	} {
		for _, software := range []string{"FRR", "BIRD"} {
			if software == "BIRD" && c.external && c.leaf > 1 {
				continue // refused
			}
			t.Run(c.name+", "+software, func(t *testing.T) {
				state := cluster(t, "single-rack", "fullmesh")
				leaf := fabric.Router{
					Host: "leaf0", Software: frr.Name, AS: 64512, RouterID: netip.MustParseAddr("10.1.5.1"),
					Neighbors: []fabric.Neighbor{{Host: "worker", Address: netip.MustParseAddr("10.1.5.11"), AS: 64512, TTLSecurity: c.leaf}},
				}
				peer := v3.BGPPeerSpec{Node: "worker", PeerIP: "10.1.5.1", ASNumber: 64512}
				if c.external {
					leaf.AS, peer.ASNumber = 65005, 65005
				}
				if c.node > 0 {
					peer.TTLSecurity = &c.node
				}
				withPeers(&state, peer)
				state.Routers = []fabric.Router{leaf}
				if software == "BIRD" {
					state = birdLeaves(state)
				}
				if got := established(t, state, "worker", "10.1.5.1"); got != c.up {
					t.Errorf("the node's end is up: %t, want %t", got, c.up)
				}
				if got := established(t, state, "leaf0", "10.1.5.11"); got != c.up {
					t.Errorf("the leaf's end is up: %t, want %t", got, c.up)
				}
			})
		}
	}
}

// Between the racks are three routers: leaf, spine, leaf.
func TestTTLSecurityOverSeveralHops(t *testing.T) {
	for _, c := range []struct {
		name string
		hops uint8
		up   bool
	}{
		{name: "as many hops as there are", hops: 4, up: true},
		{name: "more", hops: 5, up: true},
		{name: "one too few", hops: 3},
		{name: "zero is off", hops: 0, up: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "leaf-spine", "fullmesh")
			withPeers(&state, v3.BGPPeerSpec{Node: "worker", PeerSelector: "kubernetes.io/hostname == 'worker2'", TTLSecurity: &c.hops})
			if got := established(t, state, "worker", "10.1.8.10"); got != c.up {
				t.Errorf("the session is up: %t, want %t", got, c.up)
			}
		})
	}
}

// deaf makes nodes take nothing from their peers, so that what a neighbour says of
// its own links does not cut the way to it off.
func deaf(state *oracle.State) {
	state.Resources.BGPFilters = []v3.BGPFilter{importFilter("deaf", v3.BGPFilterRuleV4{Action: v3.Reject})}
	for i := range state.Resources.BGPPeers {
		state.Resources.BGPPeers[i].Spec.Filters = []string{"deaf"}
	}
}

// An external neighbour of a router has to be on one of its links; an internal one
// need not be.
func TestNeighborsOffTheLink(t *testing.T) {
	for _, c := range []struct {
		name     string
		software func(oracle.State) oracle.State
		as       uint32
		up       bool
	}{
		{name: "eBGP, FRR", as: 64512},
		{name: "iBGP, FRR", as: 65005, up: true},
		{name: "eBGP, BIRD", software: birdLeaves, as: 64512},
		{name: "iBGP, BIRD", software: birdLeaves, as: 65005, up: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "leaf-spine", "fullmesh")
			if c.software != nil {
				state = c.software(state)
			}
			node(t, state, "worker2").AS = c.as
			// leaf0 speaks to worker2 from its first address.
			withPeers(&state, v3.BGPPeerSpec{Node: "worker2", PeerIP: "10.1.10.1", ASNumber: 65005})
			deaf(&state)
			leaf := router(t, state, "leaf0")
			leaf.Neighbors = append(leaf.Neighbors, fabric.Neighbor{Host: "worker2", Address: netip.MustParseAddr("10.1.8.10"), AS: c.as})
			if got := established(t, state, "worker2", "10.1.10.1"); got != c.up {
				t.Errorf("the session is up: %t, want %t", got, c.up)
			}
		})
	}
}

// An external neighbour in the mesh has to be on a link of both, not just next to
// one of them: worker2's gateway is worker, whose node IP is on the other link.
func TestNeighborNextDoor(t *testing.T) {
	state := cluster(t, "leaf-spine", "fullmesh")
	onBothRacks(t, state)
	gateways(t, state, "worker2", "10.1.8.99")
	node(t, state, "worker2").AS = 65008
	if established(t, state, "worker2", "10.1.5.11") {
		t.Error("the session is up")
	}
	node(t, state, "worker2").AS = 64512
	if !established(t, state, "worker2", "10.1.5.11") {
		t.Error("as an internal one it is down")
	}
}

// localASNumber and numAllowedLocalASNumbers are for peers that are given by their
// address, and for this end alone.
func TestLocalASNumbers(t *testing.T) {
	local := numorstring.ASNumber(65005)
	state := cluster(t, "single-rack", "fullmesh")
	withPeers(&state, v3.BGPPeerSpec{Node: "worker", PeerSelector: "kubernetes.io/hostname == 'worker2'", LocalASNumber: &local})
	for host, peer := range map[string]string{"worker": "10.1.5.12", "worker2": "10.1.5.11"} {
		if list := sessions(t, state)[host]; len(list) != 1 || list[0].LocalAS != 64512 || list[0].State != session.Established {
			t.Errorf("%s: sessions %v, want one with %s in AS 64512", host, list, peer)
		}
	}
	// worker is in the leaf's AS for the leaf, and in its own for the mesh; what it has
	// from the one it tells the other, as between two AS, but without its own number.
	state = cluster(t, "single-rack", "fullmesh")
	state.Resources.BGPPeers = []v3.BGPPeer{{Spec: v3.BGPPeerSpec{Node: "worker", PeerIP: "10.1.5.1", ASNumber: 65005, LocalASNumber: &local}}}
	state.Routers = []fabric.Router{{
		Host: "leaf0", Software: frr.Name, AS: 65005, RouterID: netip.MustParseAddr("10.1.5.1"),
		Neighbors: []fabric.Neighbor{{Host: "worker", Address: netip.MustParseAddr("10.1.5.11"), AS: 65005}},
	}}
	agreePaths(t, "leaf0", paths(t, state, "leaf0").To(workerBlock, worker2Block), `
		10.244.11.0/26 from 10.1.5.11 next hop 10.1.5.11 AS path []
		10.244.12.0/26 from 10.1.5.11 next hop 10.1.5.12 AS path []`)
	// A peering back has neither.
	state = cluster(t, "single-rack", "fullmesh")
	one := int32(1)
	withPeers(&state, v3.BGPPeerSpec{Node: "worker", PeerIP: "10.1.5.12", ASNumber: 64512, NumAllowedLocalASNumbers: &one, LocalASNumber: &local})
	node(t, state, "worker").AS = 65005
	if list := sessions(t, state)["worker2"]; len(list) != 1 || list[0].LocalAS != 64512 || list[0].State != session.Established {
		t.Errorf("worker2: sessions %v, want one from AS 64512", list)
	}
}

// TTL security over several hops lets an external neighbour of FRR be further away,
// where it may have been reached by one hop before.
func TestExternalTTLSecurityOverSeveralHops(t *testing.T) {
	for hops, want := range map[int]bool{1: false, 2: false, 3: true} {
		state := cluster(t, "leaf-spine", "fullmesh")
		ttl := uint8(hops)
		withPeers(&state, v3.BGPPeerSpec{Node: "worker2", PeerIP: "10.1.10.1", ASNumber: 65005, TTLSecurity: &ttl})
		deaf(&state)
		leaf := router(t, state, "leaf0")
		leaf.Neighbors = append(leaf.Neighbors, fabric.Neighbor{Host: "worker2", Address: netip.MustParseAddr("10.1.8.10"), AS: 64512, TTLSecurity: hops})
		if got := established(t, state, "worker2", "10.1.10.1"); got != want {
			t.Errorf("%d hops: the session is up: %t, want %t", hops, got, want)
		}
	}
}

// Two speakers of one AS with the same BGP identifier do not speak to each other
// (RFC 6286); of different AS they do.
func TestBGPIdentifiers(t *testing.T) {
	for as, want := range map[uint32]bool{64512: false, 65005: true} {
		state := cluster(t, "single-rack", "fullmesh")
		withPeers(&state, v3.BGPPeerSpec{Node: "worker", PeerIP: "10.1.5.1", ASNumber: 64512})
		state.Routers = []fabric.Router{{
			Host: "leaf0", Software: frr.Name, AS: 64512, RouterID: netip.MustParseAddr("10.1.5.11"),
			Neighbors: []fabric.Neighbor{{Host: "worker", Address: netip.MustParseAddr("10.1.5.11"), AS: as}},
		}}
		node(t, state, "worker").AS = as
		if got := established(t, state, "worker", "10.1.5.1"); got != want {
			t.Errorf("node in AS %d: the session is up: %t, want %t", as, got, want)
		}
	}
}

// Each end must be in the AS that the other expects.
func TestASNumbersOfBothEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		// node is the AS that the leaf expects of the node, leaf what the node expects of
		// the leaf.
		node, leaf uint32
		up         bool
	}{
		{name: "as they are", node: 64512, leaf: 65005, up: true},
		{name: "the node expects another", node: 64512, leaf: 65006},
		{name: "the leaf expects another", node: 64513, leaf: 65005},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := externalLeaf(t)
			withPeers(&state, v3.BGPPeerSpec{PeerIP: "10.1.5.1", ASNumber: asNumber(c.leaf)})
			neighbor(t, state, "leaf0", "worker").AS = c.node
			if got := established(t, state, "worker", "10.1.5.1"); got != c.up {
				t.Errorf("the session is up: %t, want %t", got, c.up)
			}
		})
	}
}

// Each end must speak from the address that the other knows. A node on two links
// speaks from its node IP, unless it is told to leave that to the kernel.
func TestSourceAddresses(t *testing.T) {
	for _, c := range []struct {
		name   string
		source v3.SourceAddress
		// leaf is leaf1's address for the node, node the node's for leaf1.
		leaf, node string
		up         bool
	}{
		{name: "the node IP by default", leaf: "10.1.34.1", node: "10.1.5.11", up: true},
		{name: "the node IP", source: v3.SourceAddressUseNodeIP, leaf: "10.1.34.1", node: "10.1.5.11", up: true},
		{name: "not that of the link", source: v3.SourceAddressUseNodeIP, leaf: "10.1.8.1", node: "10.1.8.99"},
		{name: "that of the link", source: v3.SourceAddressNone, leaf: "10.1.8.1", node: "10.1.8.99", up: true},
		{name: "not the node IP", source: v3.SourceAddressNone, leaf: "10.1.8.1", node: "10.1.5.11"},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "leaf-spine", "leafreflector")
			onBothRacks(t, state)
			withPeers(&state, v3.BGPPeerSpec{Node: "worker", PeerIP: c.leaf, ASNumber: 65008, SourceAddress: c.source})
			deaf(&state)
			leaf := router(t, state, "leaf1")
			leaf.Neighbors = append(leaf.Neighbors, fabric.Neighbor{Host: "worker", Address: netip.MustParseAddr(c.node), AS: 65008})
			node(t, state, "worker").AS = 65008
			if got := established(t, state, "worker", c.leaf); got != c.up {
				t.Errorf("the session is up: %t, want %t", got, c.up)
			}
		})
	}
}

// Towards a neighbour further away the kernel chooses by the node's routes: of a node with
// one link it can choose one address alone.
func TestSourceAddressThatDependsOnRoutes(t *testing.T) {
	for links, want := range map[int]string{1: "", 2: "BGPPeer a: node worker has several links"} {
		state := cluster(t, "leaf-spine", "leafreflector")
		if links == 2 {
			onBothRacks(t, state)
		}
		withPeers(&state, v3.BGPPeerSpec{Node: "worker", PeerIP: "10.1.34.1", ASNumber: 65008, SourceAddress: v3.SourceAddressNone})
		if _, err := state.Sessions(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d links: got %v, want %q", links, err, want)
		}
	}
}

// A link that is down at one end takes that end's sessions with it, and leaves the
// others' alone.
func TestCutEnds(t *testing.T) {
	state := cluster(t, "leaf-spine", "leafreflector")
	state.CutEnds = map[oracle.End]bool{{Link: "br-leaf0", Host: "worker"}: true}
	got := sessions(t, state)
	want := map[string]session.State{
		"10.1.5.10": session.Established, "10.1.5.11": session.Down, "10.1.10.2": session.Established, "10.1.12.2": session.Established,
	}
	for peer, state := range states(got["leaf0"]) {
		if state != want[peer] {
			t.Errorf("leaf0: session with %s is %s, want %s", peer, state, want[peer])
		}
	}
	if established(t, state, "worker", "10.1.5.1") {
		t.Error("worker's session is up")
	}
	agree(t, "worker", tables(t, state)["worker"], `
		blackhole 10.244.11.0/26 proto bird
		10.244.11.1/32 dev cali-worker proto boot
		172.30.0.0/24 dev eth0 proto kernel`)
	// The network is still leaf0's, and the other node's.
	if got := hopsTo(tables(t, state)["spine0"], netip.MustParsePrefix("10.1.5.0/24")); got != "10.1.10.1" {
		t.Errorf("spine0 sends the rack's network to %q", got)
	}
	if got := hopsTo(tables(t, state)["control-plane"], workerBlock); got != "" {
		t.Errorf("control-plane sends worker's block to %q", got)
	}
}
