package frr

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/path"
)

func addresses(list ...string) []netip.Addr {
	var addrs []netip.Addr
	for _, a := range list {
		addrs = append(addrs, netip.MustParseAddr(a))
	}
	return addrs
}

func TestParseRIB(t *testing.T) {
	spine0, spine1 := netip.MustParseAddr("10.1.10.2"), netip.MustParseAddr("10.1.12.2")
	tests := []struct {
		name, file, prefix string
		want               []Path
	}{
		{"own network", "rib-leaf.json", "10.1.5.0/24", []Path{
			{LocalPref: 100, MED: path.MED{Present: true}, Valid: true, Best: true},
		}},
		{"ECMP over two spines", "rib-leaf.json", "10.1.8.0/24", []Path{
			{Peer: spine0, NextHops: addresses("10.1.10.2"), ASPath: []uint32{500, 65008}, LocalPref: 100, Valid: true, Best: true, Multipath: true},
			{Peer: spine1, NextHops: addresses("10.1.12.2"), ASPath: []uint32{800, 65008}, LocalPref: 100, Valid: true, Multipath: true},
		}},
		{"a longer path beside a shorter one", "rib-leaf.json", "10.1.34.0/24", []Path{
			{Peer: spine0, NextHops: addresses("10.1.10.2"), ASPath: []uint32{500}, LocalPref: 100, MED: path.MED{Present: true}, Valid: true, Best: true},
			{Peer: spine1, NextHops: addresses("10.1.12.2"), ASPath: []uint32{800, 65008}, LocalPref: 100, Valid: true},
		}},
		{"a client's block", "rib-leaf.json", "10.244.0.64/26", []Path{
			{Peer: netip.MustParseAddr("10.1.5.11"), NextHops: addresses("10.1.5.11"), LocalPref: 100,
				Communities: []string{"65000:100"}, Valid: true, Best: true},
		}},
		{"a next hop that cannot be reached", "rib-leaf.json", "10.96.0.0/16", []Path{
			{Peer: netip.MustParseAddr("10.1.5.11"), NextHops: addresses("10.1.5.11"), LocalPref: 100, Valid: true, Best: true},
			{Peer: netip.MustParseAddr("10.1.5.10"), NextHops: addresses("10.77.7.7"), LocalPref: 100,
				LargeCommunities: []string{"64512:1:2"}},
		}},
		{"a reflected block", "rib-client.json", "10.244.0.0/26", []Path{
			{Peer: netip.MustParseAddr("10.1.5.1"), NextHops: addresses("10.1.5.10"), LocalPref: 100, MED: path.MED{Present: true},
				Communities: []string{"65000:100"}, OriginatorID: netip.MustParseAddr("10.1.5.10"), ClusterList: addresses("10.1.5.1"),
				Valid: true, Best: true},
		}},
		{"an aggregate with an AS_SET", "rib-spine.json", "10.244.0.0/16", []Path{
			{ASPath: []uint32{65005, 65008}, LocalPref: 100, MED: path.MED{Present: true}, Communities: []string{"65000:100"}, Valid: true, Best: true},
		}},
		{"a default route from a router that is about to go", "rib-drained.json", "0.0.0.0/0", []Path{
			{Peer: netip.MustParseAddr("10.0.2.1"), NextHops: addresses("10.0.2.1"), ASPath: []uint32{65005}, MED: path.MED{Present: true},
				Communities: []string{"65535:0"}, Valid: true, Best: true},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rib, err := ParseRIB(recorded(t, tt.file))
			if err != nil {
				t.Fatal(err)
			}
			prefix := netip.MustParsePrefix(tt.prefix)
			for i := range tt.want {
				tt.want[i].Prefix = prefix
			}
			got := slices.DeleteFunc(rib.Paths, func(p Path) bool { return p.Prefix != prefix })
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got\n%+v\nwant\n%+v", got, tt.want)
			}
		})
	}
}

func TestParseRIBIsWhole(t *testing.T) {
	rib, err := ParseRIB(recorded(t, "rib-leaf.json"))
	if err != nil {
		t.Fatal(err)
	}
	if rib.AS != 65005 || rib.RouterID != netip.MustParseAddr("10.1.5.1") {
		t.Errorf("AS %d, router ID %s", rib.AS, rib.RouterID)
	}
	var best []string
	for _, p := range rib.Paths {
		if p.Best {
			best = append(best, p.Prefix.String())
		}
	}
	want := []string{
		"10.1.5.0/24", "10.1.8.0/24", "10.1.10.0/24", "10.1.11.0/24", "10.1.12.0/24", "10.1.34.0/24",
		"10.96.0.0/16", "10.244.0.0/26", "10.244.0.64/26", "10.244.1.0/26",
	}
	if !slices.Equal(best, want) {
		t.Errorf("best paths to\n%v\nwant\n%v", best, want)
	}
}

func TestParseRIBRefuses(t *testing.T) {
	tests := []struct {
		name, output, want string
	}{
		{"nothing", "", "BGP table"},
		{"no JSON", "bgpd is not running\n", "BGP table"},
		// FRR prints this when it has read no `router bgp`.
		{"no BGP configured", "{\n  \"warning\":\"Default BGP instance not found\"\n}\n", "Default BGP instance not found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rib, err := ParseRIB([]byte(tt.output))
			if err == nil {
				t.Fatalf("no error, but %+v", rib)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
		})
	}
}
