package calico

import (
	"net/netip"
	"strings"
	"testing"
)

func TestFlannelConfig(t *testing.T) {
	for _, backend := range []FlannelBackend{FlannelVXLAN, FlannelHostGateway} {
		text := Flannel{Backend: backend}.Config(netip.MustParsePrefix("10.244.0.0/16"))
		if !strings.Contains(text, `"Network": "10.244.0.0/16"`) || !strings.Contains(text, `"Type": "`+string(backend)+`"`) {
			t.Errorf("%s: %s", backend, text)
		}
		if f, err := ParseFlannel(text); err != nil || f.Backend != backend {
			t.Errorf("%s: %+v, %v", backend, f, err)
		}
	}
	for text, want := range map[string]string{
		"{": "unexpected end", `{"Network": "10.244.0.0/16", "Backend": {"Type": "udp"}}`: `backend is "udp": use vxlan or host-gw`,
	} {
		if _, err := ParseFlannel(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}

func TestFlannelHardwareAddress(t *testing.T) {
	for annotation, want := range map[string]string{`{"VNI":1,"VtepMAC":"12:c6:65:89:b4:e3"}`: "12:c6:65:89:b4:e3", "null": ""} {
		if got, err := FlannelHardwareAddress(annotation); got != want || err != nil {
			t.Errorf("%s: %q, %v", annotation, got, err)
		}
	}
	if _, err := FlannelHardwareAddress(""); err == nil {
		t.Error("an empty annotation has a hardware address")
	}
}

func TestFlannelMode(t *testing.T) {
	const header = "name: sound\ndescription: flannel's\n"
	m, err := load(map[string]string{"mode.yaml": header + "leafToNode: none\nflannel: {backend: vxlan}\n"})
	if err != nil || m.Flannel == nil || m.Flannel.Backend != FlannelVXLAN || m.RouteOwner != FlannelOwns || m.VXLANDevice() != FlannelDevice {
		t.Errorf("%+v, %v", m, err)
	}
	pool := sound()["calico/pool.yaml"]
	for _, tt := range []struct{ header, pool, want string }{
		{"leafToNode: none\nflannel: {backend: udp}\n", "", `mode.yaml:4: backend is "udp": use vxlan or host-gw`},
		{"leafToNode: peer\nflannel: {backend: vxlan}\n", "", "leafToNode is peer, and with flannel nodes have no BGP: use none"},
		{"leafToNode: none\nflannel: {backend: vxlan}\nrouteOwner: felix\n", "", "the routes are flannel's: remove routeOwner"},
		{"leafToNode: none\nflannel: {backend: vxlan}\n", pool, "IPPool pool: the pod network is flannel's, and nothing reads it: remove it"},
	} {
		files := map[string]string{"mode.yaml": header + tt.header}
		if tt.pool != "" {
			files["calico/pool.yaml"] = tt.pool
		}
		if _, err := load(files); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: error %v, want %q", tt.header, err, tt.want)
		}
	}
}
