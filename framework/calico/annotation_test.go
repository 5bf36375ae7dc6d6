package calico

import (
	"strings"
	"testing"
)

func TestCheckAnnotations(t *testing.T) {
	for annotation, want := range map[string]string{
		ASNumberAnnotation:                     "",
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
