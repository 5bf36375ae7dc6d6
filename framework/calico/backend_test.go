package calico

import (
	"maps"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/topology"
)

func TestBackend(t *testing.T) {
	const header = "name: sound\ndescription: without BGP\n"
	for _, tt := range []struct {
		header  string
		without bool
		want    string
	}{
		{"leafToNode: none\n", false, ""},
		{"leafToNode: none\nbackend: bird\n", false, ""},
		{"leafToNode: none\nbackend: vxlan\nrouteOwner: felix\n", true, ""},
		{"leafToNode: none\nbackend: none\n", false, `mode.yaml:4: backend is "none": use bird or vxlan`},
		{"leafToNode: peer\nbackend: vxlan\nrouteOwner: felix\n", false, "leafToNode is peer, and with backend vxlan nodes have no BGP: use none"},
		{"leafToNode: none\nbackend: vxlan\n", false, "with backend vxlan the routes are Felix's: use routeOwner: felix"},
	} {
		m, err := load(map[string]string{"mode.yaml": header + tt.header})
		switch {
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%q: error %v, want %q", tt.header, err, tt.want)
		case tt.want == "" && (err != nil || m.WithoutBGP() != tt.without):
			t.Errorf("%q: %+v, %v", tt.header, m, err)
		}
	}
}

func TestBackendWithoutTunnels(t *testing.T) {
	files := maps.Clone(sound())
	files["mode.yaml"] = "name: sound\ndescription: nobody makes the routes\nleafToNode: none\nbackend: vxlan\nrouteOwner: felix\n"
	m, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Check(&topology.Topology{}); err == nil || !strings.Contains(err.Error(), "with backend vxlan nobody makes routes but through VXLAN") {
		t.Errorf("error %v", err)
	}
}
