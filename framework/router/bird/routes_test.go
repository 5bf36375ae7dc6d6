package bird

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
)

func via(address string) route.NextHop {
	return route.NextHop{Via: netip.MustParseAddr(address), Dev: "net0"}
}

func TestRoutes(t *testing.T) {
	addr := netip.MustParseAddr
	tests := []struct {
		name, file, prefix string
		want               []Path
	}{
		{"connected network", "mesh-routes.txt", "10.1.9.0/24", []Path{
			{NextHops: []route.NextHop{{Dev: "net0"}}, Protocol: "direct1", Best: true},
		}},
		{"own block", "mesh-routes.txt", "10.244.2.0/26", []Path{
			{Kind: route.Blackhole, Protocol: "static1", Best: true},
		}},
		{"a peer's block", "mesh-routes.txt", "10.244.2.64/26", []Path{
			{NextHops: []route.NextHop{via("10.1.9.11")}, Protocol: "Mesh_10_1_9_11", Peer: addr("10.1.9.11"), Best: true,
				BGP: &Attributes{NextHop: addr("10.1.9.11"), LocalPref: 100, Communities: []string{"65000:100"}}},
		}},
		{"ECMP of two peers", "mesh-routes.txt", "10.244.3.0/26", []Path{
			{NextHops: []route.NextHop{via("10.1.9.11")}, Protocol: "Mesh_10_1_9_11", Peer: addr("10.1.9.11"), Best: true,
				BGP: &Attributes{NextHop: addr("10.1.9.11"), LocalPref: 100, Communities: []string{"65000:100"}}},
			{NextHops: []route.NextHop{via("10.1.9.12")}, Protocol: "Mesh_10_1_9_12", Peer: addr("10.1.9.12"),
				BGP: &Attributes{NextHop: addr("10.1.9.12"), LocalPref: 100, Communities: []string{"65000:100"}}},
		}},
		{"a BGP next hop that cannot be resolved", "mesh-routes.txt", "10.96.0.0/16", []Path{
			{NextHops: []route.NextHop{via("10.1.9.12")}, Protocol: "Mesh_10_1_9_12", Peer: addr("10.1.9.12"), Best: true,
				BGP: &Attributes{NextHop: addr("10.1.9.12"), LocalPref: 100}},
			{Kind: route.Unreachable, Protocol: "Mesh_10_1_9_11", Peer: addr("10.1.9.11"),
				BGP: &Attributes{ASPath: []uint32{65001, 65001}, NextHop: addr("10.77.7.7"), LocalPref: 100, MED: path.MED{Value: 7, Present: true},
					Communities: []string{"65000:1", "65000:2"}, LargeCommunities: []string{"64512:1:2"}}},
		}},
		{"one path of two next hops", "mesh-routes.txt", "192.168.60.0/24", []Path{
			{NextHops: []route.NextHop{via("10.1.9.12"), via("10.1.9.11")}, Protocol: "static1", Best: true},
		}},
		{"unreachable in the kernel", "mesh-routes.txt", "192.168.51.0/24", []Path{
			{Kind: route.Unreachable, Protocol: "kernel1", Best: true},
		}},
		{"prohibited in the kernel", "mesh-routes.txt", "192.168.52.0/24", []Path{
			{Kind: route.Prohibit, Protocol: "kernel1", Best: true},
		}},
		{"a reflected block", "client-routes.txt", "10.244.0.64/26", []Path{
			{NextHops: []route.NextHop{via("10.1.5.11")}, Protocol: "Node_10_1_5_1", Peer: addr("10.1.5.1"), Best: true,
				BGP: &Attributes{NextHop: addr("10.1.5.11"), LocalPref: 100, MED: path.MED{Present: true}, Communities: []string{"65000:100"},
					OriginatorID: addr("10.1.5.11"), ClusterList: []netip.Addr{addr("10.1.5.1")}}},
		}},
		{"through two autonomous systems", "client-routes.txt", "10.1.8.0/24", []Path{
			{NextHops: []route.NextHop{via("10.1.5.1")}, Protocol: "Node_10_1_5_1", Peer: addr("10.1.5.1"), Best: true,
				BGP: &Attributes{ASPath: []uint32{500, 65008}, NextHop: addr("10.1.5.1"), LocalPref: 100}},
		}},
		{"connected and by BGP", "client-routes.txt", "10.1.5.0/24", []Path{
			{NextHops: []route.NextHop{{Dev: "net0"}}, Protocol: "direct1", Best: true},
			{NextHops: []route.NextHop{via("10.1.5.1")}, Protocol: "Node_10_1_5_1", Peer: addr("10.1.5.1"),
				BGP: &Attributes{NextHop: addr("10.1.5.1"), LocalPref: 100, MED: path.MED{Present: true}}},
		}},
		{"learned from the kernel", "client-routes.txt", "0.0.0.0/0", []Path{
			{NextHops: []route.NextHop{via("10.1.5.1")}, Protocol: "kernel1", Best: true},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			paths, err := playBIRD(t, map[string]string{"show route all": recorded(t, tt.file)}).Routes(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			prefix := netip.MustParsePrefix(tt.prefix)
			for i := range tt.want {
				tt.want[i].Prefix = prefix
			}
			got := slices.DeleteFunc(paths, func(p Path) bool { return p.Prefix != prefix })
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", describe(got), describe(tt.want))
			}
		})
	}
}

// describe prints paths with the attributes that they point to.
func describe(paths []Path) string {
	var b strings.Builder
	for _, p := range paths {
		attributes := p.BGP
		p.BGP = nil
		fmt.Fprintf(&b, "%+v %+v\n", p, attributes)
	}
	return b.String()
}

func TestExported(t *testing.T) {
	client := playBIRD(t, map[string]string{"show route all export Mesh_10_1_9_10": recorded(t, "export.txt")})
	got, err := client.Exported(t.Context(), "Mesh_10_1_9_10")
	if err != nil {
		t.Fatal(err)
	}
	sent := func(prefix string) Path {
		return Path{
			Prefix: netip.MustParsePrefix(prefix), Kind: route.Blackhole, Protocol: "static1", Best: true,
			BGP: &Attributes{NextHop: netip.MustParseAddr("10.1.9.11"), LocalPref: 100, Communities: []string{"65000:100"}},
		}
	}
	service := sent("10.96.0.0/16")
	service.BGP = &Attributes{
		ASPath: []uint32{65001, 65001}, NextHop: netip.MustParseAddr("10.77.7.7"), LocalPref: 100, MED: path.MED{Value: 7, Present: true},
		Communities: []string{"65000:1", "65000:2"}, LargeCommunities: []string{"64512:1:2"},
	}
	want := []Path{service, sent("10.244.2.64/26"), sent("10.244.3.0/26")}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", describe(got), describe(want))
	}
}

func TestRoutesRefuses(t *testing.T) {
	const path = "1007-10.244.0.0/26      via 10.1.5.1 on net0 [Node_10_1_5_1 03:49:28] * (100/0) [i]\n"
	tests := []struct {
		name, answer, want string
	}{
		{"no protocol", "1007-10.244.0.0/26      blackhole\n0000 \n", "no protocol"},
		{"empty protocol", "1007-10.244.0.0/26      blackhole []\n0000 \n", "no protocol"},
		{"prefix that is none", "1007-10.244.0.0         blackhole [static1 03:48:28] * (200)\n0000 \n", "10.244.0.0"},
		{"unknown way", "1007-10.244.0.0/26      teleport [static1 03:48:28] * (200)\n0000 \n", `"teleport"`},
		{"gateway that is none", "1007-10.244.0.0/26      via leaf0 on net0 [static1 03:48:28] * (200)\n0000 \n", "leaf0"},
		{"details first", "1012-\tBGP.origin: IGP\n0000 \n", "before the first path"},
		{"AS path that is none", path + "1012-\tBGP.as_path: 500 AS65008\n0000 \n", "AS65008"},
		{"cluster list that is none", path + "1012-\tBGP.cluster_list: 10.1.5.1 here\n0000 \n", "here"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := playBIRD(t, map[string]string{"show route all": tt.answer}).Routes(t.Context())
			if err == nil {
				t.Fatalf("no error, but %v", got)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
		})
	}
}
