package observe

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/oracle"
)

func TestFlannel(t *testing.T) {
	if found, err := flannel(t.Context(), fake.NewClientset()); found != nil || err != nil {
		t.Errorf("without a ConfigMap: %v, %v", found, err)
	}
	config := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: calico.FlannelConfigMap, Namespace: metav1.NamespaceSystem},
		Data:       map[string]string{calico.FlannelConfigKey: `{"Network": "10.244.0.0/16", "Backend": {"Type": "host-gw"}}`},
	}
	if found, err := flannel(t.Context(), fake.NewClientset(config)); err != nil || found.Backend != calico.FlannelHostGateway {
		t.Errorf("%v, %v", found, err)
	}
}

func TestSubnetOf(t *testing.T) {
	node := func(annotations map[string]string) corev1.Node {
		return corev1.Node{ObjectMeta: metav1.ObjectMeta{Annotations: annotations}, Spec: corev1.NodeSpec{PodCIDRs: []string{"10.244.3.0/24"}}}
	}
	published := map[string]string{calico.FlannelDataAnnotation: `{"VNI":1,"VtepMAC":"12:c6:65:89:b4:e3"}`}
	for _, tt := range []struct {
		backend          calico.FlannelBackend
		annotations      map[string]string
		tunnel, hardware string
	}{
		{calico.FlannelVXLAN, published, "10.244.3.0", "12:c6:65:89:b4:e3"},
		{calico.FlannelVXLAN, map[string]string{calico.FlannelDataAnnotation: "null"}, "10.244.3.0", ""},
		{calico.FlannelVXLAN, nil, "10.244.3.0", ""},
		{calico.FlannelHostGateway, published, "invalid IP", ""},
	} {
		var got oracle.Node
		err := subnetOf(&got, node(tt.annotations), calico.Flannel{Backend: tt.backend})
		if err != nil || len(got.Blocks) != 1 || got.Blocks[0].String() != "10.244.3.0/24" || got.VXLANTunnel.String() != tt.tunnel || got.FlannelHardwareAddress != tt.hardware {
			t.Errorf("%s, %v: %+v, %v", tt.backend, tt.annotations, got, err)
		}
	}
	if err := subnetOf(&oracle.Node{}, corev1.Node{Spec: corev1.NodeSpec{PodCIDRs: []string{"10.244.3.0"}}}, calico.Flannel{}); err == nil {
		t.Error("an address is no subnet")
	}
}
