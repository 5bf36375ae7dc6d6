package cluster

import (
	"regexp"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/topology"
)

func TestPodMTU(t *testing.T) {
	tests := []struct {
		name string
		link int
		pool v3.IPPoolSpec
		want int
	}{
		{"no encapsulation", 1500, v3.IPPoolSpec{}, 1500},
		{"jumbo frames", 9000, v3.IPPoolSpec{}, 1500},
		{"IPIP", 1500, v3.IPPoolSpec{IPIPMode: v3.IPIPModeAlways}, 1480},
		{"VXLAN across subnets", 1500, v3.IPPoolSpec{VXLANMode: v3.VXLANModeCrossSubnet}, 1450},
		{"VXLAN in jumbo frames", 9000, v3.IPPoolSpec{VXLANMode: v3.VXLANModeAlways}, 1500},
		{"a narrow link", 1400, v3.IPPoolSpec{IPIPMode: v3.IPIPModeCrossSubnet}, 1380},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			port := topology.Interface{Host: "node0", Name: "net0", Link: "rack"}
			c := Cluster{config: Config{
				Topology: &topology.Topology{Links: []topology.Link{{Name: "rack", MTU: tt.link, Ends: []topology.Interface{port}}}},
				Mode:     &calico.Mode{Resources: calico.Resources{IPPools: []v3.IPPool{{Spec: tt.pool}}}},
			}}
			if got := c.podMTU(topology.Host{Name: "node0", Interfaces: []topology.Interface{port}}); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestFabricInterfaces(t *testing.T) {
	pattern := regexp.MustCompile(fabricInterfaces(topology.Host{Interfaces: []topology.Interface{{Name: "net0"}, {Name: "net1.7"}}}))
	for name, want := range map[string]bool{"net0": true, "net1.7": true, "net1x7": false, "eth0": false, "net01": false, "vxlan.calico": false} {
		if got := pattern.MatchString(name); got != want {
			t.Errorf("%s: %t, want %t", name, got, want)
		}
	}
}
