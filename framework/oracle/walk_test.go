package oracle_test

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
)

func TestWalk(t *testing.T) {
	for _, c := range []struct {
		name string
		from string
		to   netip.Addr
		want []string
	}{
		{"itself", "worker", netip.MustParseAddr("10.1.5.11"), []string{"worker"}},
		{"the other end of a link", "leaf0", netip.MustParseAddr("10.1.10.2"), []string{"leaf0 → spine0"}},
		{"a pod on the same node", "worker", pod(workerBlock), []string{"worker"}},
		{"a pod in the same rack", "worker", pod(controlPlaneBlock), []string{"worker → control-plane"}},
		{"a pod across racks, over both spines", "worker", pod(worker2Block), []string{
			"worker → leaf0 → spine0 → leaf1 → worker2", "worker → leaf0 → spine1 → leaf1 → worker2",
		}},
		{"a pod from outside, over both spines", "client", pod(worker3Block), []string{
			"client → spine0 → leaf1 → worker3", "client → spine1 → leaf1 → worker3",
		}},
		{"a node on the management network", "worker", netip.MustParseAddr("172.30.0.13"), []string{"worker → worker3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "leaf-spine", "leafreflector")
			got, err := oracle.Walk(state.Topology, tables(t, state), c.from, c.to)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(c.want) {
				t.Fatalf("ways %v, want %v", got, c.want)
			}
			for i := range got {
				if got[i].String() != c.want[i] {
					t.Errorf("way %s, want %s", got[i], c.want[i])
				}
			}
		})
	}
}

func TestWalkEnds(t *testing.T) {
	toPod := func(via, dev string) route.Route {
		return route.Route{Prefix: worker2Block, NextHops: []route.NextHop{{Via: netip.MustParseAddr(via), Dev: dev}}, Origin: route.OriginStatic}
	}
	for _, c := range []struct {
		name   string
		change func(route.Tables)
		to     netip.Addr
		reason oracle.Reason
		path   string
	}{
		{
			name: "at a host that has no route", to: netip.MustParseAddr("192.0.2.1"), reason: oracle.NoRoute, path: "worker → leaf0",
		},
		{
			name: "in a node's own blackhole", to: pod(workerBlock).Next(), reason: oracle.Discarded, path: "worker",
		},
		{
			name: "at an address without a host", to: netip.MustParseAddr("10.1.5.99"), reason: oracle.NoNeighbor, path: "worker",
		},
		{
			name: "at a management address without a host", to: netip.MustParseAddr("172.30.0.99"), reason: oracle.NoNeighbor, path: "worker",
		},
		{
			name:   "where the next hop is gone",
			change: func(all route.Tables) { delete(all, "control-plane") },
			to:     pod(controlPlaneBlock), reason: oracle.NoNeighbor, path: "worker",
		},
		{
			name: "in a loop",
			change: func(all route.Tables) {
				all["leaf0"] = append(all["leaf0"].Without(worker2Block), toPod("10.1.5.11", "eth3"))
			},
			to: pod(worker2Block), reason: oracle.Loop, path: "worker → leaf0 → worker",
		},
		{
			name: "at a host that is no router",
			change: func(all route.Tables) {
				all["leaf0"] = append(all["leaf0"].Without(worker2Block), toPod("10.1.10.2", "eth1"))
				all["spine0"] = append(all["spine0"].Without(worker2Block), toPod("10.1.100.10", "eth3"))
			},
			to: pod(worker2Block), reason: oracle.NotForwarded, path: "worker → leaf0 → spine0 → client",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "leaf-spine", "leafreflector")
			all := tables(t, state)
			if c.change != nil {
				c.change(all)
			}
			arrived, err := oracle.Walk(state.Topology, all, "worker", c.to)
			var end *oracle.DeadEnd
			if !errors.As(err, &end) {
				t.Fatalf("arrived by %v, want a dead end", arrived)
			}
			if end.Reason != c.reason || end.Path.String() != c.path {
				t.Errorf("%v, want reason %q after %s", err, c.reason, c.path)
			}
		})
	}
}

// Where one end of a link is down, the others still send to it, and nobody is
// there. A static route over it, such as that to a gateway, stays.
func TestWalkOverACutEnd(t *testing.T) {
	state := cluster(t, "leaf-spine", "leafreflector")
	state.CutEnds = map[oracle.End]bool{{Link: "br-client", Host: "spine0"}: true}
	all := tables(t, state)
	arrived, err := oracle.Walk(state.Topology, all, "client", pod(worker2Block))
	var end *oracle.DeadEnd
	if !errors.As(err, &end) || end.Reason != oracle.NoNeighbor || end.Path.String() != "client" {
		t.Errorf("error %v, want the client to have no neighbour for one of its gateways", err)
	}
	if len(arrived) != 1 || arrived[0].String() != "client → spine1 → leaf1 → worker2" {
		t.Errorf("arrived by %v, want the way over spine1 alone", arrived)
	}
	// Its own address on the link is not spine0's while the interface is down.
	if ways, err := oracle.Walk(state.Topology, all, "spine1", netip.MustParseAddr("10.1.100.2")); err == nil {
		t.Errorf("spine1 reaches the interface that is down by %v", ways)
	}
}

// That an address is on a link that is down shows in the host's table: there is no
// connected route, though there may be one to the link's prefix by others.
func TestWalkToAnInterfaceThatIsDown(t *testing.T) {
	state := cluster(t, "leaf-spine", "leafreflector")
	state.CutLinks = map[string]bool{"leaf1-spine0": true}
	state.CutEnds = map[oracle.End]bool{{Link: "br-client", Host: "spine0"}: true}
	all := tables(t, state)
	if got := hopsTo(all["spine0"], netip.MustParsePrefix("10.1.100.0/24")); got != "10.1.10.1" {
		t.Fatalf("spine0 goes to the client's network by %q, want leaf0", got)
	}
	for _, from := range []string{"client", "spine0", "spine1"} {
		if ways, err := oracle.Walk(state.Topology, all, from, netip.MustParseAddr("10.1.100.2")); err == nil {
			t.Errorf("%s reaches spine0's interface that is down by %v", from, ways)
		}
	}
}

// A host that is not there, or that nothing is known of, is no beginning of a walk.
func TestWalkFromNowhere(t *testing.T) {
	state := cluster(t, "leaf-spine", "leafreflector")
	node(t, state, "worker").Gone = true
	all := tables(t, state)
	if _, ok := all["worker"]; ok {
		t.Error("a node that is gone has a table")
	}
	for _, from := range []string{"worker", "nobody"} {
		var end *oracle.DeadEnd
		_, err := oracle.Walk(state.Topology, all, from, netip.MustParseAddr("10.1.5.1"))
		if !errors.As(err, &end) || end.Reason != oracle.NoNeighbor || end.Host() != from || end.To != netip.MustParseAddr("10.1.5.1") {
			t.Errorf("from %s: %v, want no neighbour", from, err)
		}
	}
}

// A dead end says where, why, and by which route.
func TestDeadEndsInWords(t *testing.T) {
	state := cluster(t, "leaf-spine", "leafreflector")
	all := tables(t, state)
	for to, want := range map[string]string{
		"10.244.11.9": "to 10.244.11.9: worker: worker discards it (blackhole 10.244.11.0/26 proto bird)",
		"192.0.2.1":   "to 192.0.2.1: worker → leaf0: leaf0 has no route",
	} {
		if _, err := oracle.Walk(state.Topology, all, "worker", netip.MustParseAddr(to)); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A walk takes every next hop: one bad spine of two is found, beside the way that
// arrives.
func TestWalkTakesEveryWay(t *testing.T) {
	state := cluster(t, "leaf-spine", "leafreflector")
	all := tables(t, state)
	all["spine1"] = all["spine1"].Without(worker2Block)
	arrived, err := oracle.Walk(state.Topology, all, "worker", pod(worker2Block))
	var end *oracle.DeadEnd
	if len(arrived) != 1 || !errors.As(err, &end) || end.Host() != "spine1" {
		t.Errorf("arrived by %v, error %v, want one way and a dead end at spine1", arrived, err)
	}
}
