package vyos_test

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/router/vyos"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// article reads article 1's configurations, in the order of their names.
func article(t *testing.T) []*vyos.Boot {
	t.Helper()
	files, err := fixtures.BootConfigurations()
	if err != nil {
		t.Fatal(err)
	}
	var boots []*vyos.Boot
	for _, name := range []string{"leaf0.boot", "leaf1.boot", "spine0.boot", "spine1.boot"} {
		boot, err := vyos.Read(name, files[name])
		if err != nil {
			t.Fatal(err)
		}
		boots = append(boots, boot)
	}
	return boots
}

// leafSpine is the state of topology leaf-spine in mode leafreflector with a block
// and a pod on each node, and with what Rackproof plans for its routers.
func leafSpine(t *testing.T) oracle.State {
	t.Helper()
	top, err := fixtures.Topology("leaf-spine")
	if err != nil {
		t.Fatal(err)
	}
	mode, err := fixtures.Mode("leafreflector")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := fabric.Plan(top, mode)
	if err != nil {
		t.Fatal(err)
	}
	state := oracle.State{Topology: top, Resources: mode.Resources, Routers: plan, Software: drivers.Software()}
	for i, host := range top.Nodes() {
		block := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 244, byte(i), 0}), 26)
		state.Nodes = append(state.Nodes, oracle.Node{
			Name: host.Name, Labels: mode.Resources.NodeLabels(host), AS: mode.Resources.NodeAS(host.Name),
			Blocks:    []netip.Prefix{block},
			Workloads: []oracle.Workload{{Address: block.Addr().Next(), Interface: "cali-" + host.Name}},
		})
	}
	return state
}

// clientNetwork is the network of the client, which the article does not have.
func clientNetwork(t *testing.T, top *topology.Topology) netip.Prefix {
	t.Helper()
	client := top.ByRole(topology.Client)
	if len(client) != 1 {
		t.Fatalf("clients %v", client)
	}
	return client[0].Interfaces[0].Addresses[0].Masked()
}

// sorted puts networks and neighbours, whose order means nothing, in order.
func sorted(r fabric.Router) fabric.Router {
	r.Networks = slices.SortedFunc(slices.Values(r.Networks), func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
	r.Neighbors = slices.SortedFunc(slices.Values(r.Neighbors), func(a, b fabric.Neighbor) int { return a.Address.Compare(b.Address) })
	return r
}

// The article's routers are those that Rackproof plans for its fabric, but for the
// client's network and the router ID that the article gives twice.
func TestTheArticlesRoutersAreThePlans(t *testing.T) {
	state := leafSpine(t)
	read, err := vyos.Routers(state.Topology, article(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(read) != len(state.Routers) {
		t.Errorf("%d routers, want %d", len(read), len(state.Routers))
	}
	client := clientNetwork(t, state.Topology)
	for _, got := range read {
		i := slices.IndexFunc(state.Routers, func(r fabric.Router) bool { return r.Host == got.Host })
		if i < 0 {
			t.Errorf("no plan for %s", got.Host)
			continue
		}
		want := state.Routers[i]
		want.Networks = slices.DeleteFunc(slices.Clone(want.Networks), func(p netip.Prefix) bool { return p == client })
		if got.Host == "spine1" {
			if got.RouterID != netip.MustParseAddr("10.1.8.1") {
				t.Errorf("router ID of spine1: %s", got.RouterID)
			}
			got.RouterID = want.RouterID
		}
		if !reflect.DeepEqual(sorted(got), sorted(want)) {
			t.Errorf("%s\n got %+v\nwant %+v", got.Host, sorted(got), sorted(want))
		}
	}
}

// The article's routers give the sessions and tables of the suite leafreflector, but
// for the client's network, which has no announcer.
func TestTheArticlesRoutersGiveTheSuitesTables(t *testing.T) {
	planned := leafSpine(t)
	read := leafSpine(t)
	var err error
	if read.Routers, err = vyos.Routers(read.Topology, article(t)); err != nil {
		t.Fatal(err)
	}

	want, err := planned.Sessions()
	if err != nil {
		t.Fatal(err)
	}
	got, err := read.Sessions()
	if err != nil {
		t.Fatal(err)
	}
	if d := diff.Compare(want, got); len(d) > 0 {
		t.Error(d)
	}
	for host, sessions := range got {
		for _, s := range sessions {
			if s.State != session.Established {
				t.Errorf("%s: %s", host, s)
			}
		}
	}

	wantTables, err := planned.Tables()
	if err != nil {
		t.Fatal(err)
	}
	gotTables, err := read.Tables()
	if err != nil {
		t.Fatal(err)
	}
	client := clientNetwork(t, planned.Topology)
	if d := diff.Compare(without(client, wantTables), without(client, gotTables)); len(d) > 0 {
		t.Error(d)
	}
	if learned := learnedBy(client, wantTables); len(learned) != 6 {
		t.Errorf("by plan %v learn the client's network, want the leaves and nodes", learned)
	}
	if learned := learnedBy(client, gotTables); len(learned) != 0 {
		t.Errorf("%v learn the client's network, which the article does not have", learned)
	}
}

// A fault in a configuration shows: the comparison above can fail.
func TestAFaultInTheArticlesRoutersShows(t *testing.T) {
	want, err := leafSpine(t).Tables()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(*fabric.Router)
	}{
		{"no next-hop-self", func(r *fabric.Router) { r.Neighbors[0].NextHopSelf = false }},
		{"no client", func(r *fabric.Router) {
			for i := range r.Neighbors {
				r.Neighbors[i].ReflectorClient = false
			}
		}},
		{"no network", func(r *fabric.Router) { r.Networks = r.Networks[1:] }},
		{"wrong AS", func(r *fabric.Router) { r.Neighbors[2].AS++ }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			state := leafSpine(t)
			if state.Routers, err = vyos.Routers(state.Topology, article(t)); err != nil {
				t.Fatal(err)
			}
			tt.change(&state.Routers[0])
			got, err := state.Tables()
			if err != nil {
				t.Fatal(err)
			}
			client := clientNetwork(t, state.Topology)
			if d := diff.Compare(without(client, want), without(client, got)); len(d) == 0 {
				t.Error("nothing differs")
			}
		})
	}
}

// without leaves routes to a prefix out.
func without(prefix netip.Prefix, tables route.Tables) route.Tables {
	left := route.Tables{}
	for host, table := range tables {
		left[host] = table.Without(prefix)
	}
	return left
}

// learnedBy names the hosts that have a route to a prefix that is not their own
// link.
func learnedBy(prefix netip.Prefix, tables route.Tables) []string {
	var hosts []string
	for host, table := range tables {
		if slices.ContainsFunc(table, func(r route.Route) bool { return r.Prefix == prefix && r.Origin != route.OriginKernel }) {
			hosts = append(hosts, host)
		}
	}
	slices.Sort(hosts)
	return hosts
}

// VyOS takes a quote in a password, and a lab's routers do not.
func TestRoutersRejectsWhatCannotBeRun(t *testing.T) {
	top, err := fixtures.Topology("leaf-spine")
	if err != nil {
		t.Fatal(err)
	}
	boots := spoiled(t, "spine0.boot", "remote-as 65005", `remote-as 65005
 password 'a"b'`)
	if _, err := vyos.Routers(top, boots); err == nil || !strings.HasPrefix(err.Error(), "spine0.boot: neighbor leaf0 (10.1.10.1): the password") {
		t.Errorf("got %v", err)
	}
}

func TestRoutersRejectsAnotherTopology(t *testing.T) {
	boots := article(t)
	tests := []struct {
		name   string
		change func(*topology.Topology)
		want   string
	}{
		{"without the router", func(top *topology.Topology) { top.Hosts[2].Name = "leaf9" }, "leaf0.boot: topology leaf-spine has no router leaf0"},
		{"with a node of that name", func(top *topology.Topology) { top.Hosts[2].Role = topology.Node }, "leaf0.boot: topology leaf-spine has no router leaf0"},
		{"with another address", func(top *topology.Topology) {
			top.Hosts[2].Interfaces[0].Addresses = []netip.Prefix{netip.MustParsePrefix("10.1.10.7/24")}
		}, "leaf0.boot:3: eth1 has the address 10.1.10.1/24, and 10.1.10.7/24 in topology leaf-spine"},
		{"without a neighbor", func(top *topology.Topology) {
			for _, l := range top.Links {
				for i := range l.Ends {
					if l.Ends[i].Host == "worker" {
						l.Ends[i].Addresses = []netip.Prefix{netip.MustParsePrefix("10.1.5.99/24")}
					}
				}
			}
		}, "leaf0.boot:58: neighbor 10.1.5.11 is no host's address in topology leaf-spine"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			top, err := fixtures.Topology("leaf-spine")
			if err != nil {
				t.Fatal(err)
			}
			tt.change(top)
			if _, err := vyos.Routers(top, boots); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
