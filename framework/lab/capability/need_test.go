package capability

import (
	"slices"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/calico"
)

func TestModeNeedsItsEncapsulation(t *testing.T) {
	pool := func(ipip v3.IPIPMode, vxlan v3.VXLANMode) v3.IPPool {
		return v3.IPPool{Spec: v3.IPPoolSpec{IPIPMode: ipip, VXLANMode: vxlan}}
	}
	for _, c := range []struct {
		name  string
		pools []v3.IPPool
		want  []Feature
	}{
		{"no pool", nil, nil},
		{"none", []v3.IPPool{pool(v3.IPIPModeNever, v3.VXLANModeNever)}, nil},
		{"IPIP", []v3.IPPool{pool(v3.IPIPModeAlways, v3.VXLANModeNever)}, []Feature{IPIP}},
		{"IPIP between subnets", []v3.IPPool{pool(v3.IPIPModeCrossSubnet, "")}, []Feature{IPIP}},
		{"VXLAN between subnets", []v3.IPPool{pool("", v3.VXLANModeCrossSubnet)}, []Feature{VXLAN}},
		{"one pool of each", []v3.IPPool{pool(v3.IPIPModeAlways, ""), pool("", v3.VXLANModeAlways)}, []Feature{IPIP, VXLAN}},
	} {
		t.Run(c.name, func(t *testing.T) {
			need := Mode(&calico.Mode{Name: "m", Resources: calico.Resources{IPPools: c.pools}})
			if need.For != "mode m" || !slices.Equal(need.Features, c.want) {
				t.Errorf("got %+v, want features %v for mode m", need, c.want)
			}
		})
	}
}
