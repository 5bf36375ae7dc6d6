package topology

import (
	"net/netip"
	"slices"
	"testing"
)

func names(hosts []Host) []string {
	var list []string
	for _, h := range hosts {
		list = append(list, h.Name)
	}
	return list
}

func TestHostsByRoleAndRack(t *testing.T) {
	top, err := Load("small.yaml", []byte(small), software())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		got  []Host
		want []string
	}{
		{"nodes", top.Nodes(), []string{"node0", "node1"}},
		{"leaves", top.Leaves(), []string{"leaf0"}},
		{"spines", top.Spines(), []string{"spine0"}},
		{"clients", top.ByRole(Client), []string{"client"}},
		{"rack", top.Rack("rack0"), []string{"leaf0", "node0", "node1"}},
		{"unknown rack", top.Rack("rack9"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := names(tt.got); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestLookups(t *testing.T) {
	top, err := Load("small.yaml", []byte(small), software())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := top.Host("nobody"); ok {
		t.Error("found a host that is not there")
	}
	if _, ok := top.Link("nothing"); ok {
		t.Error("found a link that is not there")
	}
	leaf, _ := top.Host("leaf0")
	if leaf.Address() != netip.MustParseAddr("10.1.10.1") {
		t.Errorf("leaf0's address is %s, want that of its first interface", leaf.Address())
	}
	if port, ok := leaf.Interface("eth3"); !ok || port.Link != "br-leaf0" {
		t.Errorf("leaf0's eth3 is %v", port)
	}
	if _, ok := leaf.Interface("eth9"); ok {
		t.Error("found an interface that is not there")
	}
	for _, tt := range []struct{ name, address, host string }{
		{"first interface", "10.1.10.1", "leaf0"},
		{"other interface", "10.1.5.1", "leaf0"},
		{"node", "10.1.5.11", "node1"},
		{"management is not the fabric", "172.30.0.10", ""},
		{"nobody's", "10.1.5.99", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := top.HostOf(netip.MustParseAddr(tt.address)); got != tt.host || ok != (tt.host != "") {
				t.Errorf("got %q, %v, want %q", got, ok, tt.host)
			}
		})
	}
	var peers []string
	for _, p := range top.Peers("leaf0") {
		peers = append(peers, p.Host+" "+p.Name)
	}
	if want := []string{"spine0 eth1", "node0 net0", "node1 net0"}; !slices.Equal(peers, want) {
		t.Errorf("leaf0's peers are %q, want %q", peers, want)
	}
}
