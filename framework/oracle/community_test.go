package oracle_test

import (
	"net/netip"
	"strings"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// advertise makes a prefix advertisement.
func advertise(cidr string, communities ...string) v3.PrefixAdvertisement {
	return v3.PrefixAdvertisement{CIDR: cidr, Communities: communities}
}

// nodeConfiguration is a BGPConfiguration for one node.
func nodeConfiguration(node string, advertisements ...v3.PrefixAdvertisement) v3.BGPConfiguration {
	return v3.BGPConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "node." + node}, Spec: v3.BGPConfigurationSpec{PrefixAdvertisements: advertisements}}
}

// The communities that leaf0 has with worker's block, from worker.
func TestCommunities(t *testing.T) {
	for _, c := range []struct {
		name        string
		global      []v3.PrefixAdvertisement
		communities []v3.Community
		node        []v3.BGPConfiguration
		want        string
	}{
		{name: "none without advertisements", want: ""},
		{name: "one, for the pod network", global: []v3.PrefixAdvertisement{advertise("10.244.0.0/16", "65000:100")}, want: "65000:100"},
		{name: "for the block itself", global: []v3.PrefixAdvertisement{advertise("10.244.11.0/26", "65000:100")}, want: "65000:100"},
		{name: "none for a part of the block", global: []v3.PrefixAdvertisement{advertise("10.244.11.0/27", "65000:100")}, want: ""},
		{name: "none for another prefix", global: []v3.PrefixAdvertisement{advertise("10.244.12.0/24", "65000:100")}, want: ""},
		{
			name:   "large ones after standard ones",
			global: []v3.PrefixAdvertisement{advertise("10.244.0.0/16", "64512:1:2", "65000:200", "65000:100")}, want: "65000:100 65000:200 64512:1:2",
		},
		{
			name:   "those of all advertisements, each once",
			global: []v3.PrefixAdvertisement{advertise("10.244.0.0/16", "65000:100"), advertise("10.244.11.0/24", "65000:200", "65000:100")},
			want:   "65000:100 65000:200",
		},
		{
			name:        "by name",
			communities: []v3.Community{{Name: "other", Value: "65000:300"}, {Name: "pods", Value: "65000:200"}},
			global:      []v3.PrefixAdvertisement{advertise("10.244.0.0/16", "pods")}, want: "65000:200",
		},
		{
			name:        "the first of that name",
			communities: []v3.Community{{Name: "pods", Value: "65000:200"}, {Name: "pods", Value: "65000:300"}},
			global:      []v3.PrefixAdvertisement{advertise("10.244.0.0/16", "pods")}, want: "65000:200",
		},
		{
			name:        "what looks like a value is one",
			communities: []v3.Community{{Name: "65000:1", Value: "65000:200"}},
			global:      []v3.PrefixAdvertisement{advertise("10.244.0.0/16", "65000:1")}, want: "65000:1",
		},
		{
			name:   "the node's own replace those of all nodes",
			global: []v3.PrefixAdvertisement{advertise("10.244.0.0/16", "65000:100")},
			node:   []v3.BGPConfiguration{nodeConfiguration("worker", advertise("10.244.0.0/16", "65000:200"))},
			want:   "65000:200",
		},
		{
			name:   "also by an empty list",
			global: []v3.PrefixAdvertisement{advertise("10.244.0.0/16", "65000:100")},
			node:   []v3.BGPConfiguration{nodeConfiguration("worker", []v3.PrefixAdvertisement{}...)},
			want:   "",
		},
		{
			name:   "but not when it says nothing of them",
			global: []v3.PrefixAdvertisement{advertise("10.244.0.0/16", "65000:100")},
			node:   []v3.BGPConfiguration{nodeConfiguration("worker")},
			want:   "65000:100",
		},
		{
			name:   "another node's do not",
			global: []v3.PrefixAdvertisement{advertise("10.244.0.0/16", "65000:100")},
			node:   []v3.BGPConfiguration{nodeConfiguration("worker2", advertise("10.244.0.0/16", "65000:200"))},
			want:   "65000:100",
		},
		{
			name:        "a node's names are its own",
			communities: []v3.Community{{Name: "pods", Value: "65000:100"}},
			node: []v3.BGPConfiguration{func() v3.BGPConfiguration {
				c := nodeConfiguration("worker", advertise("10.244.0.0/16", "pods"))
				c.Spec.Communities = []v3.Community{{Name: "pods", Value: "65000:200"}}
				return c
			}()},
			want: "65000:200",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := externalLeaf(t)
			global(&state).PrefixAdvertisements, global(&state).Communities = c.global, c.communities
			state.Resources.BGPConfigurations = append(state.Resources.BGPConfigurations, c.node...)
			got := paths(t, state, "leaf0").To(workerBlock)
			if len(got) != 1 {
				t.Fatalf("paths %v, want one", got)
			}
			if communities := strings.Join(got[0].Communities, " "); communities != c.want {
				t.Errorf("communities %q, want %q", communities, c.want)
			}
		})
	}
}

// Communities go through the whole fabric, on service addresses as on blocks; each
// node that passes a path on adds its own.
func TestCommunitiesTravel(t *testing.T) {
	state := cluster(t, "leaf-spine", "serviceips")
	global(&state).PrefixAdvertisements = []v3.PrefixAdvertisement{advertise("10.244.0.0/16", "65000:100"), advertise("192.168.3.0/24", "64512:1:2")}
	agreePaths(t, "worker2", paths(t, state, "worker2").To(workerBlock), `
		10.244.11.0/26 from 10.1.8.1 next hop 10.1.8.1 AS path [500 65005] communities 65000:100`)
	agreePaths(t, "spine1", paths(t, state, "spine1").To(netip.MustParsePrefix("192.168.3.0/24")), `
		192.168.3.0/24 from 10.1.11.1 next hop 10.1.11.1 AS path [65008] communities 64512:1:2
		192.168.3.0/24 from 10.1.12.1 next hop 10.1.12.1 AS path [65005] communities 64512:1:2`)

	state = withoutNextHopMode(cluster(t, "single-rack", "nodereflector"))
	state.Resources.BGPConfigurations = append(state.Resources.BGPConfigurations,
		nodeConfiguration("worker3", advertise("10.244.0.0/16", "65000:3")), nodeConfiguration("worker", advertise("10.244.0.0/16", "65000:1")))
	agreePaths(t, "worker2", paths(t, state, "worker2").To(worker3Block), `
		10.244.13.0/26 from 10.1.5.10 next hop 10.1.5.13 AS path [] originator 10.1.5.13 clusters [244.0.0.1] communities 65000:3
		10.244.13.0/26 from 10.1.5.11 next hop 10.1.5.13 AS path [] originator 10.1.5.13 clusters [244.0.0.1] communities 65000:1 65000:3`)
}

// A filter's Accept ends the export filter before the communities are added.
func TestAcceptedPathsHaveNoCommunities(t *testing.T) {
	state := externalLeaf(t, exportFilter("f", rule(v3.Accept, v3.Equal, workerBlock.String())))
	global(&state).PrefixAdvertisements = []v3.PrefixAdvertisement{advertise("10.244.0.0/16", "65000:100")}
	for prefix, want := range map[netip.Prefix]string{workerBlock: "", worker2Block: "65000:100"} {
		got := paths(t, state, "leaf0").To(prefix)
		if len(got) != 1 || strings.Join(got[0].Communities, " ") != want {
			t.Errorf("paths %v, want one with communities %q", got, want)
		}
	}
}

// But what a path has come with stays.
func TestAcceptedPathsKeepTheirCommunities(t *testing.T) {
	state := withoutNextHopMode(cluster(t, "single-rack", "nodereflector"))
	state.Resources.BGPConfigurations = append(state.Resources.BGPConfigurations,
		nodeConfiguration("worker3", advertise("10.244.0.0/16", "65000:3")), nodeConfiguration("worker", advertise("10.244.0.0/16", "65000:1")))
	state.Resources.BGPFilters = []v3.BGPFilter{exportFilter("f", rule(v3.Accept, v3.In, "10.244.0.0/16"))}
	state.Resources.BGPPeers[1].Spec.Filters = []string{"f"}
	node(t, state, "control-plane").Gone = true
	agreePaths(t, "leaf0", paths(t, state, "leaf0").To(worker3Block, workerBlock), `
		10.244.11.0/26 from 10.1.5.11 next hop 10.1.5.11 AS path [64512]
		10.244.13.0/26 from 10.1.5.11 next hop 10.1.5.11 AS path [64512] communities 65000:3`)
}

func TestAdvertisementsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name          string
		advertisement v3.PrefixAdvertisement
		want          string
	}{
		{"no prefix", advertise("10.244.0.0", "65000:100"), "prefixAdvertisements"},
		{"bits beyond the length", advertise("10.244.0.1/16", "65000:100"), "write 10.244.0.0/16"},
		{"IPv6", advertise("fd00::/64", "65000:100"), "not IPv4"},
		{"a name that is not defined", advertise("10.244.0.0/16", "nobody"), `"nobody"`},
		{"one number", advertise("10.244.0.0/16", "65000"), `"65000"`},
		{"four numbers", advertise("10.244.0.0/16", "1:2:3:4"), `"1:2:3:4"`},
		{"no number", advertise("10.244.0.0/16", "65000:x"), `"65000:x"`},
		{"a number that is too large", advertise("10.244.0.0/16", "65536:1"), `"65536:1"`},
		{"one that is too large in a large community", advertise("10.244.0.0/16", "1:2:4294967296"), `"1:2:4294967296"`},
		{"a well-known community", advertise("10.244.0.0/16", "65535:65281"), "well-known"},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := externalLeaf(t)
			state.Resources.BGPConfigurations = append(state.Resources.BGPConfigurations, nodeConfiguration("worker", c.advertisement))
			if _, err := state.Paths(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %s", err, c.want)
			}
		})
	}
	t.Run("a name for a well-known community", func(t *testing.T) {
		state := externalLeaf(t)
		global(&state).PrefixAdvertisements = []v3.PrefixAdvertisement{advertise("10.244.0.0/16", "none")}
		global(&state).Communities = []v3.Community{{Name: "none", Value: "65535:65281"}}
		if _, err := state.Paths(); err == nil || !strings.Contains(err.Error(), "well-known") {
			t.Errorf("error %v, want one that says well-known", err)
		}
	})
	t.Run("a large community may begin with any number", func(t *testing.T) {
		state := externalLeaf(t)
		global(&state).PrefixAdvertisements = []v3.PrefixAdvertisement{advertise("10.244.0.0/16", "65535:1:4294967295")}
		if _, err := state.Paths(); err != nil {
			t.Error(err)
		}
	})
}
