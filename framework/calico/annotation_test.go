package calico

import (
	"maps"
	"strings"
	"testing"
)

func TestCheckAnnotations(t *testing.T) {
	for annotation, want := range map[string]string{
		ASNumberAnnotation:                     "",
		LabelsAnnotation:                       "",
		"projectcalico.org/VXLANTunnelMACAddr": "",
		"csi.volume.kubernetes.io/nodeid":      "",
		"projectcalico.org/IPv6Address":        "annotation projectcalico.org/IPv6Address: IPv6 is not supported",
		"projectcalico.org/WireguardPublicKey": "WireGuard is not supported",
		"projectcalico.org/RouteTable":         "Calico v3.31 does not have it: remove it",
	} {
		err := CheckAnnotations(map[string]string{annotation: "x"})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", annotation, err, want)
		}
		if err := CheckAnnotations(map[string]string{annotation: ""}); err != nil {
			t.Errorf("%s without a value: %v", annotation, err)
		}
	}
}

func TestMergedLabels(t *testing.T) {
	for _, tt := range []struct {
		name            string
		kubernetes, own map[string]string
		want            map[string]string
		says            string
	}{
		{"none of Calico's", map[string]string{"rack": "rack0"}, nil, map[string]string{"rack": "rack0"}, ""},
		{"Kubernetes wins", map[string]string{"rack": "rack0"}, map[string]string{LabelsAnnotation: `{"rack":"rack1","role":"rr"}`}, map[string]string{"rack": "rack0", "role": "rr"}, ""},
		{"no JSON", nil, map[string]string{LabelsAnnotation: "rack=rack1"}, nil, "annotation projectcalico.org/labels: "},
	} {
		got, err := MergedLabels(tt.kubernetes, tt.own)
		if !maps.Equal(got, tt.want) || (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: got %v, %v", tt.name, got, err)
		}
	}
}
