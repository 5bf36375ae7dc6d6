package workload

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func workloadTemplate() corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "app"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Ports: []corev1.ContainerPort{{ContainerPort: 8080}}}}},
	}
}

func TestServiceOf(t *testing.T) {
	mine := map[string]string{deploymentLabel: "1"}
	deployment := &Deployment{object: &appsv1.Deployment{Spec: appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: mine}}}}
	tests := []struct {
		name     string
		options  ServiceOptions
		selector map[string]string
		port     int32
		is       func(corev1.ServiceSpec) bool
	}{
		{"the workload's", ServiceOptions{}, map[string]string{"app": "app"}, 80, func(s corev1.ServiceSpec) bool {
			return s.Type == "" && s.ClusterIP == "" && s.ExternalIPs == nil && s.ExternalTrafficPolicy == ""
		}},
		{"a deployment's", ServiceOptions{Deployment: deployment, Port: 8000}, mine, 8000, func(corev1.ServiceSpec) bool { return true }},
		{"a selector of its own", ServiceOptions{Deployment: deployment, Selector: map[string]string{"a": "b"}}, map[string]string{"a": "b"}, 80,
			func(corev1.ServiceSpec) bool { return true }},
		{"no selector", ServiceOptions{Deployment: deployment, Selector: map[string]string{}}, nil, 80, func(corev1.ServiceSpec) bool { return true }},
		{"Local, with addresses",
			ServiceOptions{Type: corev1.ServiceTypeNodePort, Local: true, ClusterIP: netip.MustParseAddr("192.0.2.1"), ExternalIPs: []netip.Addr{netip.MustParseAddr("198.51.100.1")}},
			map[string]string{"app": "app"}, 80, func(s corev1.ServiceSpec) bool {
				return s.Type == corev1.ServiceTypeNodePort && s.ClusterIP == "192.0.2.1" && slices.Equal(s.ExternalIPs, []string{"198.51.100.1"}) &&
					s.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := serviceOf(test.options, workloadTemplate()).Spec
			if !maps.Equal(got.Selector, test.selector) || got.Ports[0].Port != test.port || got.Ports[0].TargetPort.IntVal != 8080 || !test.is(got) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestEndpointSliceOf(t *testing.T) {
	service := serviceOf(ServiceOptions{Selector: map[string]string{}}, workloadTemplate())
	service.Name, service.UID = "service-1", "u"
	pods := []Pod{{Node: "node0", Address: netip.MustParseAddrPort("192.0.2.1:8080")}, {Node: "node1", Address: netip.MustParseAddrPort("192.0.2.2:8080")}}
	slice := endpointSliceOf(service, pods)
	if slice.Labels[discoveryv1.LabelServiceName] != "service-1" || *slice.Ports[0].Port != 8080 || *slice.Ports[0].Name != service.Spec.Ports[0].Name || slice.OwnerReferences[0].UID != "u" {
		t.Errorf("got %+v", slice)
	}
	if len(slice.Endpoints) != 2 || slice.Endpoints[1].Addresses[0] != "192.0.2.2" || *slice.Endpoints[1].NodeName != "node1" || !*slice.Endpoints[1].Conditions.Ready {
		t.Errorf("got endpoints %+v", slice.Endpoints)
	}
}
