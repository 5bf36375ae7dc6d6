package capability

import (
	"os"
	"slices"
	"strings"
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

// `make packages` must install all that a lab asks for.
func TestPackagesAreInstalled(t *testing.T) {
	script, err := os.ReadFile("../../../fixtures/components/packages.sh")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(script), "\npackages=(")
	list, _, found := strings.Cut(list, ")")
	if !found {
		t.Fatal("packages.sh has no list of packages")
	}
	installed := strings.Fields(list)
	for _, program := range EmbeddedLab("/state").Programs {
		if !slices.Contains(installed, program.Package) {
			t.Errorf("%s needs the package %s, packages.sh installs %v", program.Name, program.Package, installed)
		}
	}
}
