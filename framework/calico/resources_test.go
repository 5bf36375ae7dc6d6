package calico

import (
	"net/netip"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rackproof/rackproof/framework/topology"
)

func TestDefaultsOfCalico(t *testing.T) {
	var r Resources
	if !r.MeshEnabled() {
		t.Error("the mesh is off without a BGPConfiguration; Calico has it on")
	}
	if r.DefaultAS() != 64512 || r.NodeAS("worker") != 64512 {
		t.Errorf("AS %d and %d, want Calico's 64512", r.DefaultAS(), r.NodeAS("worker"))
	}
	if _, ok := r.Configuration(); ok {
		t.Error("found a BGPConfiguration that is not there")
	}
}

func TestResources(t *testing.T) {
	m, err := load(sound())
	if err != nil {
		t.Fatal(err)
	}
	r := m.Resources
	if r.MeshEnabled() {
		t.Error("the mesh is on, want off as the default BGPConfiguration says")
	}
	if r.DefaultAS() != 64600 || r.NodeAS("other") != 64600 {
		t.Errorf("AS %d and %d, want the BGPConfiguration's 64600", r.DefaultAS(), r.NodeAS("other"))
	}
	if r.NodeAS("worker") != 65005 {
		t.Errorf("AS of worker %d, want its own 65005", r.NodeAS("worker"))
	}
}

func TestBGPConfigurationOfOneNodeIsNotTheDefault(t *testing.T) {
	off := false
	r := Resources{BGPConfigurations: []v3.BGPConfiguration{{
		ObjectMeta: metav1.ObjectMeta{Name: "node.worker"},
		Spec:       v3.BGPConfigurationSpec{NodeToNodeMeshEnabled: &off},
	}}}
	if !r.MeshEnabled() {
		t.Error("the mesh is off by a BGPConfiguration that is not the default one")
	}
}

func TestNodeLabels(t *testing.T) {
	r := Resources{Nodes: []Node{{ObjectMeta: metav1.ObjectMeta{Name: "moved", Labels: map[string]string{"rack": "rack9", "rr-id": "1"}}}}}
	tests := []struct {
		name  string
		host  topology.Host
		label string
		want  string
	}{
		{"rack of the topology", topology.Host{Name: "worker", Rack: "rack0"}, "rack", "rack0"},
		{"rack of the resource goes first", topology.Host{Name: "moved", Rack: "rack0"}, "rack", "rack9"},
		{"label of the resource", topology.Host{Name: "moved", Rack: "rack0"}, "rr-id", "1"},
		{"kubelet's label", topology.Host{Name: "moved", Rack: "rack0"}, "kubernetes.io/hostname", "moved"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := r.NodeLabels(tt.host)[tt.label]; got != tt.want {
				t.Errorf("%s=%s, want %s", tt.label, got, tt.want)
			}
		})
	}
}

func TestPool(t *testing.T) {
	r := Resources{IPPools: []v3.IPPool{
		{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: v3.IPPoolSpec{CIDR: "10.244.0.0/17"}},
		{ObjectMeta: metav1.ObjectMeta{Name: "b"}, Spec: v3.IPPoolSpec{CIDR: "10.244.128.0/17", BlockSize: 28}},
	}}
	tests := []struct {
		name, address, pool string
		blockSize           int
	}{
		{"first pool, default block size", "10.244.1.1", "a", 26},
		{"second pool, its own block size", "10.244.128.0", "b", 28},
		{"no pool", "10.245.0.1", "", 26},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pool, ok := r.Pool(netip.MustParseAddr(tt.address))
			if pool.Name != tt.pool || ok != (tt.pool != "") || BlockSize(pool) != tt.blockSize {
				t.Errorf("pool %q, %v, block size %d", pool.Name, ok, BlockSize(pool))
			}
		})
	}
}

func TestEncapsulationOf(t *testing.T) {
	tests := []struct {
		name string
		spec v3.IPPoolSpec
		want Encapsulation
	}{
		{"unset", v3.IPPoolSpec{}, NoEncapsulation},
		{"never", v3.IPPoolSpec{IPIPMode: v3.IPIPModeNever, VXLANMode: v3.VXLANModeNever}, NoEncapsulation},
		{"IPIP", v3.IPPoolSpec{IPIPMode: v3.IPIPModeAlways, VXLANMode: v3.VXLANModeNever}, IPIP},
		{"IPIP CrossSubnet", v3.IPPoolSpec{IPIPMode: v3.IPIPModeCrossSubnet}, IPIPCrossSubnet},
		{"VXLAN", v3.IPPoolSpec{IPIPMode: v3.IPIPModeNever, VXLANMode: v3.VXLANModeAlways}, VXLAN},
		{"VXLAN CrossSubnet", v3.IPPoolSpec{VXLANMode: v3.VXLANModeCrossSubnet}, VXLANCrossSubnet},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := EncapsulationOf(v3.IPPool{Spec: tt.spec}); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestPeersWith(t *testing.T) {
	rack0 := map[string]string{"rack": "rack0"}
	tests := []struct {
		name string
		spec v3.BGPPeerSpec
		want bool
	}{
		{"global", v3.BGPPeerSpec{}, true},
		{"named", v3.BGPPeerSpec{Node: "worker"}, true},
		{"another named", v3.BGPPeerSpec{Node: "worker2"}, false},
		{"selected", v3.BGPPeerSpec{NodeSelector: "rack == 'rack0'"}, true},
		{"another selected", v3.BGPPeerSpec{NodeSelector: "rack == 'rack1'"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := PeersWith(v3.BGPPeer{Spec: tt.spec}, "worker", rack0)
			if err != nil || got != tt.want {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
		})
	}
	if _, err := PeersWith(v3.BGPPeer{Spec: v3.BGPPeerSpec{NodeSelector: "("}}, "worker", rack0); err == nil {
		t.Error("took a selector that is none")
	}
}

func TestPeerAddress(t *testing.T) {
	tests := []struct{ name, peerIP, want string }{
		{"address", "10.1.5.1", "10.1.5.1"},
		{"address and port", "10.1.5.1:1790", "10.1.5.1"},
		{"IPv6", "2001:db8::1", "2001:db8::1"},
		{"IPv6 and port", "[2001:db8::1]:1790", "2001:db8::1"},
		{"none", "", "invalid IP"},
		{"name", "leaf0:179", "invalid IP"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := PeerAddress(v3.BGPPeer{Spec: v3.BGPPeerSpec{PeerIP: tt.peerIP}})
			if got.String() != tt.want || (err == nil) != got.IsValid() {
				t.Errorf("got %s, %v, want %s", got, err, tt.want)
			}
		})
	}
}
