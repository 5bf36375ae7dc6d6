package bird

import (
	"strings"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/calico"
)

func TestCheckMode(t *testing.T) {
	tests := []struct {
		name    string
		pool    v3.IPPoolSpec
		owner   calico.RouteOwner
		refused bool
	}{
		{"no encapsulation", v3.IPPoolSpec{}, calico.BIRDOwns, false},
		{"IPIP by Felix", v3.IPPoolSpec{IPIPMode: v3.IPIPModeAlways}, calico.FelixOwns, false},
		{"VXLAN", v3.IPPoolSpec{VXLANMode: v3.VXLANModeAlways}, calico.FelixOwns, false},
		{"IPIP by BIRD", v3.IPPoolSpec{IPIPMode: v3.IPIPModeAlways}, calico.BIRDOwns, true},
		{"IPIP across subnets by BIRD", v3.IPPoolSpec{IPIPMode: v3.IPIPModeCrossSubnet}, calico.BIRDOwns, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := CheckMode(&calico.Mode{Name: "m", RouteOwner: tt.owner, Resources: calico.Resources{IPPools: []v3.IPPool{{Spec: tt.pool}}}})
			if (err != nil) != tt.refused || err != nil && !strings.Contains(err.Error(), "krt_tunnel") {
				t.Errorf("got %v", err)
			}
		})
	}
}
