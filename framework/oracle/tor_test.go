package oracle_test

import (
	"net/netip"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/oracle"
)

// The blocks of tor's first two servers.
var (
	server0Block = netip.MustParsePrefix("10.48.10.0/26")
	server1Block = netip.MustParsePrefix("10.48.11.0/26")
)

// Mode tor: servers and ToRs are one AS, so that the ToRs hear of each block from its
// owner alone, and the servers of the ToRs' networks from each ToR. The core goes to
// either ToR.
func TestToRTables(t *testing.T) {
	const server1 = `
		0.0.0.0/0 via 192.168.1.1 dev net0 proto static
		10.2.10.0/24 via 192.168.1.1 dev net0 proto bird
		10.2.11.0/24 via 192.168.1.2 dev net0 proto bird
		10.2.100.0/24 proto bird nexthop via 192.168.1.1 dev net0 nexthop via 192.168.1.2 dev net0
		10.48.10.0/26 via 192.168.1.10 dev net0 proto bird
		blackhole 10.48.11.0/26 proto bird
		10.48.11.1/32 dev cali-server1 proto boot
		10.48.12.0/26 via 192.168.1.12 dev net0 proto bird
		172.30.0.0/24 dev eth0 proto kernel
		192.168.1.0/24 dev net0 proto kernel`
	const core = `
		10.2.10.0/24 dev eth1 proto kernel
		10.2.11.0/24 dev eth2 proto kernel
		10.2.100.0/24 dev eth3 proto kernel
		10.48.10.0/26 proto bgp metric 20 nexthop via 10.2.10.1 dev eth1 nexthop via 10.2.11.1 dev eth2
		10.48.11.0/26 proto bgp metric 20 nexthop via 10.2.10.1 dev eth1 nexthop via 10.2.11.1 dev eth2
		10.48.12.0/26 proto bgp metric 20 nexthop via 10.2.10.1 dev eth1 nexthop via 10.2.11.1 dev eth2
		192.168.1.0/24 proto bgp metric 20 nexthop via 10.2.10.1 dev eth1 nexthop via 10.2.11.1 dev eth2`
	t.Run("FRR", func(t *testing.T) {
		got := tables(t, cluster(t, "tor", "tor"))
		agree(t, "server1", got["server1"], server1)
		agree(t, "core", got["core"], core)
		agree(t, "tor0", got["tor0"], `
		10.2.10.0/24 dev eth1 proto kernel
		10.2.11.0/24 via 10.2.10.2 dev eth1 proto bgp metric 20
		10.2.100.0/24 via 10.2.10.2 dev eth1 proto bgp metric 20
		10.48.10.0/26 via 192.168.1.10 dev eth3 proto bgp metric 20
		10.48.11.0/26 via 192.168.1.11 dev eth3 proto bgp metric 20
		10.48.12.0/26 via 192.168.1.12 dev eth3 proto bgp metric 20
		192.168.1.0/24 dev eth3 proto kernel`)
	})
	t.Run("BIRD", func(t *testing.T) {
		got := tables(t, birdLeaves(cluster(t, "tor", "tor")))
		agree(t, "server1", got["server1"], server1)
		agree(t, "core", got["core"], core)
		agree(t, "tor0", got["tor0"], `
		10.2.10.0/24 dev eth1 proto kernel
		10.2.11.0/24 via 10.2.10.2 dev eth1 proto bird
		10.2.100.0/24 via 10.2.10.2 dev eth1 proto bird
		10.48.10.0/26 via 192.168.1.10 dev eth3 proto bird
		10.48.11.0/26 via 192.168.1.11 dev eth3 proto bird
		10.48.12.0/26 via 192.168.1.12 dev eth3 proto bird
		192.168.1.0/24 dev eth3 proto kernel`)
	})
}

// A ToR in another AS beside the mesh hears of every block from every server; with
// the mesh off, or with a filter, from the owner alone.
func TestExternalToR(t *testing.T) {
	const everyone, owner = "192.168.1.10 192.168.1.11 192.168.1.12", "192.168.1.10"
	for _, c := range []struct {
		name   string
		change func(*oracle.State)
		hops   string
	}{
		{name: "with the mesh", hops: everyone},
		{name: "with the mesh off", change: func(s *oracle.State) { off := false; global(s).NodeToNodeMeshEnabled = &off }, hops: owner},
		{
			name: "with a filter",
			change: func(s *oracle.State) {
				s.Resources.BGPFilters = []v3.BGPFilter{exportFilter("own", v3.BGPFilterRuleV4{Action: v3.Reject, Source: v3.BGPFilterSourceRemotePeers})}
				s.Resources.BGPPeers[0].Spec.Filters = []string{"own"}
			},
			hops: owner,
		},
	} {
		for name, leaves := range map[string]func(oracle.State) oracle.State{"FRR": func(s oracle.State) oracle.State { return s }, "BIRD": birdLeaves} {
			t.Run(c.name+", "+name, func(t *testing.T) {
				state := leaves(cluster(t, "tor", "tor"))
				state.Resources.BGPPeers[0].Spec.ASNumber = 64601
				router(t, state, "tor0").AS = 64601
				neighbor(t, state, "core", "tor0").AS = 64601
				if c.change != nil {
					c.change(&state)
				}
				if got := hopsTo(tables(t, state)["tor0"], server0Block); got != c.hops {
					t.Errorf("next hops %q, want %q", got, c.hops)
				}
			})
		}
	}
}

func TestToRChanges(t *testing.T) {
	coreLink, rack := netip.MustParsePrefix("10.2.11.0/24"), netip.MustParsePrefix("192.168.1.0/24")
	outside := netip.MustParsePrefix("10.2.100.0/24")
	for _, c := range []struct {
		name   string
		change func(*testing.T, *oracle.State)
		host   string
		prefix netip.Prefix
		hops   string
	}{
		{
			name: "a ToR that has lost the rack is no next hop of the servers",
			change: func(_ *testing.T, s *oracle.State) {
				s.CutEnds = map[oracle.End]bool{{Link: "rack", Host: "tor1"}: true}
			},
			host: "server1", prefix: outside, hops: "192.168.1.1",
		},
		{
			name: "nor of the core",
			change: func(_ *testing.T, s *oracle.State) {
				s.CutEnds = map[oracle.End]bool{{Link: "rack", Host: "tor1"}: true}
			},
			host: "core", prefix: server1Block, hops: "10.2.10.1",
		},
		{
			// It is in the AS of the other ToR, whose word of the rack it refuses as a loop.
			name: "and has no way to the rack",
			change: func(_ *testing.T, s *oracle.State) {
				s.CutEnds = map[oracle.End]bool{{Link: "rack", Host: "tor1"}: true}
			},
			host: "tor1", prefix: rack, hops: "",
		},
		{
			name:   "a ToR that has lost the core says nothing of it",
			change: func(_ *testing.T, s *oracle.State) { s.CutLinks = map[string]bool{"tor1-core": true} },
			host:   "server1", prefix: coreLink, hops: "",
		},
		{
			name:   "the servers use the other one",
			change: func(_ *testing.T, s *oracle.State) { s.CutLinks = map[string]bool{"tor1-core": true} },
			host:   "server1", prefix: outside, hops: "192.168.1.1",
		},
		{
			name:   "a ToR without the core still knows the pods",
			change: func(_ *testing.T, s *oracle.State) { s.CutLinks = map[string]bool{"tor1-core": true} },
			host:   "tor1", prefix: server0Block, hops: "192.168.1.10",
		},
		{
			name:   "a pool with disableBGPExport is nobody's, and not for the servers either",
			change: func(_ *testing.T, s *oracle.State) { s.Resources.IPPools[0].Spec.DisableBGPExport = true },
			host:   "server1", prefix: server0Block, hops: "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := cluster(t, "tor", "tor")
			c.change(t, &state)
			if got := hopsTo(tables(t, state)[c.host], c.prefix); got != c.hops {
				t.Errorf("%s on %s: next hops %q, want %q", c.prefix, c.host, got, c.hops)
			}
		})
	}
}

// A ToR must never hear node subnets, a default route, or pods' single addresses.
func TestToRHearsBlocksAlone(t *testing.T) {
	state := cluster(t, "tor", "tor")
	for name, address := range map[string]string{"server0": "192.168.1.10", "server1": "192.168.1.11", "server2": "192.168.1.12"} {
		want := node(t, state, name).Blocks[0].String()
		if got := prefixesOf(paths(t, state, "tor0").From(netip.MustParseAddr(address))); got != want {
			t.Errorf("tor0 has %q from %s, want its block %s alone", got, name, want)
		}
	}
}
