package oracle_test

import (
	"net/netip"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/frr"
)

// externalLeaf is a rack whose nodes all peer with a leaf in another AS, with
// BGPFilters on their side.
func externalLeaf(t *testing.T, filters ...v3.BGPFilter) oracle.State {
	t.Helper()
	state := cluster(t, "single-rack", "fullmesh")
	var names []string
	for _, f := range filters {
		names = append(names, f.Name)
	}
	state.Resources.BGPFilters = filters
	withPeers(&state, v3.BGPPeerSpec{PeerIP: "10.1.5.1", ASNumber: 65005, Filters: names})
	leaf := fabric.Router{
		Host: "leaf0", Software: frr.Name, AS: 65005, RouterID: netip.MustParseAddr("10.1.5.1"),
		Networks: []netip.Prefix{netip.MustParsePrefix("10.1.5.0/24"), netip.MustParsePrefix("10.1.10.0/24")},
	}
	for _, host := range state.Topology.Nodes() {
		leaf.Neighbors = append(leaf.Neighbors, fabric.Neighbor{Host: host.Name, Address: host.Address(), AS: 64512})
	}
	state.Routers = []fabric.Router{leaf}
	return state
}

func exportFilter(name string, rules ...v3.BGPFilterRuleV4) v3.BGPFilter {
	return v3.BGPFilter{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v3.BGPFilterSpec{ExportV4: rules}}
}

func importFilter(name string, rules ...v3.BGPFilterRuleV4) v3.BGPFilter {
	return v3.BGPFilter{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v3.BGPFilterSpec{ImportV4: rules}}
}

// rule is about the prefixes that are in a relation to another.
func rule(action v3.BGPFilterAction, operator v3.BGPFilterMatchOperator, cidr string) v3.BGPFilterRuleV4 {
	return v3.BGPFilterRuleV4{Action: action, MatchOperator: operator, CIDR: cidr}
}

// ofLength limits a rule to some lengths; negative ones are no limit.
func ofLength(rule v3.BGPFilterRuleV4, least, most int32) v3.BGPFilterRuleV4 {
	rule.PrefixLength = &v3.BGPFilterPrefixLengthV4{}
	if least >= 0 {
		rule.PrefixLength.Min = &least
	}
	if most >= 0 {
		rule.PrefixLength.Max = &most
	}
	return rule
}

// A node sends its blocks, and of other nodes' blocks the addresses that its pods have;
// by a filter's Accept also its connected networks, its default route and its pods'
// single addresses.
func TestExportFilters(t *testing.T) {
	const pods = "10.244.11.0/26 10.244.99.1/32"
	remote := func(action v3.BGPFilterAction) v3.BGPFilterRuleV4 {
		return v3.BGPFilterRuleV4{Action: action, Source: v3.BGPFilterSourceRemotePeers}
	}
	everything := func(action v3.BGPFilterAction) v3.BGPFilterRuleV4 { return v3.BGPFilterRuleV4{Action: action} }
	for _, c := range []struct {
		name    string
		filters []v3.BGPFilter
		// want is what leaf0 has from worker, the default route left out.
		want string
		// defaultRoute reports whether that is there too.
		defaultRoute bool
	}{
		{name: "without a filter Calico's own rules hold", want: pods},
		{name: "Accept without conditions lets everything out", filters: []v3.BGPFilter{exportFilter("f", everything(v3.Accept))}, want: "10.1.5.0/24 10.244.11.0/26 10.244.11.1/32 10.244.99.1/32 172.30.0.0/24", defaultRoute: true},
		{name: "Reject without conditions lets nothing out", filters: []v3.BGPFilter{exportFilter("f", everything(v3.Reject))}, want: ""},
		{name: "Equal is about that prefix alone", filters: []v3.BGPFilter{exportFilter("f", rule(v3.Reject, v3.Equal, "10.244.11.0/26"))}, want: "10.244.99.1/32"},
		{name: "and not about what is inside", filters: []v3.BGPFilter{exportFilter("f", rule(v3.Reject, v3.Equal, "10.244.0.0/16"))}, want: pods},
		{name: "NotEqual is about all others", filters: []v3.BGPFilter{exportFilter("f", rule(v3.Reject, v3.NotEqual, "10.244.11.0/26"))}, want: "10.244.11.0/26"},
		{name: "also those inside it", filters: []v3.BGPFilter{exportFilter("f", rule(v3.Reject, v3.NotEqual, "10.244.0.0/16"))}, want: ""},
		{name: "In is about what is inside", filters: []v3.BGPFilter{exportFilter("f", rule(v3.Reject, v3.In, "10.244.99.0/24"))}, want: "10.244.11.0/26"},
		{name: "the prefix itself included", filters: []v3.BGPFilter{exportFilter("f", rule(v3.Reject, v3.In, "10.244.11.0/26"))}, want: "10.244.99.1/32"},
		{name: "but nothing that is larger", filters: []v3.BGPFilter{exportFilter("f", rule(v3.Reject, v3.In, "10.244.11.0/27"))}, want: pods},
		{name: "NotIn is about what is not inside", filters: []v3.BGPFilter{exportFilter("f", rule(v3.Reject, v3.NotIn, "10.244.99.0/24"))}, want: "10.244.99.1/32"},
		{name: "Accept lets out what Calico would not", filters: []v3.BGPFilter{exportFilter("f", rule(v3.Accept, v3.In, "10.1.0.0/16"))}, want: "10.1.5.0/24 " + pods},
		{name: "also the pods of a block", filters: []v3.BGPFilter{exportFilter("f", rule(v3.Accept, v3.Equal, "10.244.11.1/32"))}, want: "10.244.11.0/26 10.244.11.1/32 10.244.99.1/32"},
		{name: "lengths from", filters: []v3.BGPFilter{exportFilter("f", ofLength(rule(v3.Reject, v3.In, "10.244.0.0/16"), 27, -1))}, want: "10.244.11.0/26"},
		{name: "the least length included", filters: []v3.BGPFilter{exportFilter("f", ofLength(rule(v3.Reject, v3.In, "10.244.0.0/16"), 26, -1))}, want: ""},
		{name: "lengths up to", filters: []v3.BGPFilter{exportFilter("f", ofLength(rule(v3.Reject, v3.In, "10.244.0.0/16"), -1, 31))}, want: "10.244.99.1/32"},
		{name: "the greatest length included", filters: []v3.BGPFilter{exportFilter("f", ofLength(rule(v3.Reject, v3.In, "10.244.0.0/16"), -1, 32))}, want: ""},
		{name: "a length below the prefix's own is no limit", filters: []v3.BGPFilter{exportFilter("f", ofLength(rule(v3.Reject, v3.In, "10.244.0.0/16"), 8, -1))}, want: ""},
		{name: "lengths without limits", filters: []v3.BGPFilter{exportFilter("f", ofLength(rule(v3.Reject, v3.In, "10.244.0.0/16"), -1, -1))}, want: ""},
		{name: "not in, with lengths", filters: []v3.BGPFilter{exportFilter("f", ofLength(rule(v3.Reject, v3.NotIn, "10.244.0.0/16"), 32, 32))}, want: "10.244.99.1/32"},
		{
			name:    "the first rule that applies decides",
			filters: []v3.BGPFilter{exportFilter("f", rule(v3.Accept, v3.Equal, "10.244.11.0/26"), everything(v3.Reject))},
			want:    "10.244.11.0/26",
		},
		{
			name:    "and none after it",
			filters: []v3.BGPFilter{exportFilter("f", everything(v3.Reject), rule(v3.Accept, v3.Equal, "10.244.11.0/26"))},
			want:    "",
		},
		{
			name:    "filters come in the peer's order",
			filters: []v3.BGPFilter{exportFilter("b", rule(v3.Accept, v3.Equal, "10.244.11.0/26")), exportFilter("a", everything(v3.Reject))},
			want:    "10.244.11.0/26",
		},
		{name: "an import rule does not hold for export", filters: []v3.BGPFilter{importFilter("f", everything(v3.Reject))}, want: pods},
		{name: "what is the node's own has not come from a peer", filters: []v3.BGPFilter{exportFilter("f", remote(v3.Reject))}, want: pods},
		{name: "so that Accept for peers' routes does not let it out", filters: []v3.BGPFilter{exportFilter("f", remote(v3.Accept))}, want: pods},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := externalLeaf(t, c.filters...)
			place(t, state, "worker", netip.MustParseAddr("10.244.99.1"))
			got := paths(t, state, "leaf0").From(netip.MustParseAddr("10.1.5.11"))
			want := c.want
			if c.defaultRoute {
				want = "0.0.0.0/0 " + want
			}
			if prefixesOf(got) != want {
				t.Errorf("leaf0 has %q from worker, want %q", prefixesOf(got), want)
			}
		})
	}
}

// A node accepts every route that no filter rejects.
func TestImportFilters(t *testing.T) {
	for _, c := range []struct {
		name    string
		filters []v3.BGPFilter
		want    string
	}{
		{name: "without a filter everything", want: "10.1.5.0/24 10.1.10.0/24"},
		{name: "nothing", filters: []v3.BGPFilter{importFilter("f", v3.BGPFilterRuleV4{Action: v3.Reject})}, want: ""},
		{name: "not what is rejected", filters: []v3.BGPFilter{importFilter("f", rule(v3.Reject, v3.Equal, "10.1.10.0/24"))}, want: "10.1.5.0/24"},
		{
			name:    "what is accepted before it is rejected",
			filters: []v3.BGPFilter{importFilter("f", rule(v3.Accept, v3.Equal, "10.1.10.0/24"), v3.BGPFilterRuleV4{Action: v3.Reject})},
			want:    "10.1.10.0/24",
		},
		{
			name:    "everything that comes is from a peer",
			filters: []v3.BGPFilter{importFilter("f", v3.BGPFilterRuleV4{Action: v3.Reject, Source: v3.BGPFilterSourceRemotePeers})},
			want:    "",
		},
		{name: "an export rule does not hold for import", filters: []v3.BGPFilter{exportFilter("f", v3.BGPFilterRuleV4{Action: v3.Reject})}, want: "10.1.5.0/24 10.1.10.0/24"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := paths(t, externalLeaf(t, c.filters...), "worker").From(netip.MustParseAddr("10.1.5.1"))
			if prefixesOf(got) != c.want {
				t.Errorf("worker has %q from leaf0, want %q", prefixesOf(got), c.want)
			}
		})
	}
}

// A filter holds for the peers that name it.
func TestFiltersOfPeers(t *testing.T) {
	reject := exportFilter("reject", v3.BGPFilterRuleV4{Action: v3.Reject})
	t.Run("one that is not there is passed over", func(t *testing.T) {
		state := externalLeaf(t, reject)
		state.Resources.BGPFilters = nil
		if got := hopsTo(tables(t, state)["leaf0"], workerBlock); got != "10.1.5.11" {
			t.Errorf("next hops %q, want worker", got)
		}
	})
	t.Run("one that nobody names holds for nobody", func(t *testing.T) {
		state := externalLeaf(t, reject)
		state.Resources.BGPPeers[0].Spec.Filters = nil
		if got := hopsTo(tables(t, state)["leaf0"], workerBlock); got != "10.1.5.11" {
			t.Errorf("next hops %q, want worker", got)
		}
	})
	t.Run("both ends of a peering between nodes have it", func(t *testing.T) {
		state := cluster(t, "single-rack", "fullmesh")
		state.Resources.BGPFilters = []v3.BGPFilter{reject}
		withPeers(&state, v3.BGPPeerSpec{Node: "worker", PeerSelector: "kubernetes.io/hostname == 'worker2'", Filters: []string{"reject"}})
		for host, prefix := range map[string]netip.Prefix{"worker": worker2Block, "worker2": workerBlock} {
			if got := hopsTo(tables(t, state)[host], prefix); got != "" {
				t.Errorf("%s sends the other's block to %q, want no route", host, got)
			}
		}
	})
	t.Run("the mesh has none", func(t *testing.T) {
		state := cluster(t, "single-rack", "fullmesh")
		state.Resources.BGPFilters = []v3.BGPFilter{reject}
		if got := hopsTo(tables(t, state)["worker"], worker2Block); got != "10.1.5.12" {
			t.Errorf("next hops %q, want worker2", got)
		}
	})
}

// An eBGP leaf beside the mesh hears of every block from every node, unless a
// filter keeps back what came from peers (#3810, #5235); and Accept goes past
// disableBGPExport.
func TestFiltersBesideTheMesh(t *testing.T) {
	all := "10.1.5.10 10.1.5.11 10.1.5.12 10.1.5.13"
	source := func(action v3.BGPFilterAction) []v3.BGPFilter {
		return []v3.BGPFilter{exportFilter("f", v3.BGPFilterRuleV4{Action: action, Source: v3.BGPFilterSourceRemotePeers})}
	}
	through := func(device string) []v3.BGPFilter {
		return []v3.BGPFilter{exportFilter("f", v3.BGPFilterRuleV4{Action: v3.Reject, Interface: device})}
	}
	for _, c := range []struct {
		name    string
		filters []v3.BGPFilter
		hidden  bool
		hops    string
	}{
		{name: "everyone announces it", hops: all},
		{name: "nothing that leads through an interface", filters: through("net0"), hops: "10.1.5.12"},
		{name: "nothing through interfaces of a pattern", filters: through("n?t*"), hops: "10.1.5.12"},
		{name: "nothing through another interface", filters: through("tun*"), hops: all},
		{name: "the owner alone", filters: source(v3.Reject), hops: "10.1.5.12"},
		{name: "nobody announces a pool with disableBGPExport", hidden: true, hops: ""},
		{name: "but a filter's Accept does", hidden: true, filters: []v3.BGPFilter{exportFilter("f", rule(v3.Accept, v3.In, "10.244.0.0/16"))}, hops: "10.1.5.12"},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := externalLeaf(t, c.filters...)
			on := true
			global(&state).NodeToNodeMeshEnabled = &on
			state.Resources.IPPools[0].Spec.DisableBGPExport = c.hidden
			if got := hopsTo(tables(t, state)["leaf0"], worker2Block); got != c.hops {
				t.Errorf("next hops %q, want %q", got, c.hops)
			}
		})
	}
}
