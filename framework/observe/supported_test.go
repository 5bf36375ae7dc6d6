package observe

import (
	"maps"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

func TestEnvironmentOfCalicoNode(t *testing.T) {
	from := func(name string, optional bool) *corev1.EnvVarSource {
		return &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: name}, Key: "backend", Optional: &optional}}
	}
	set := func(variables ...corev1.EnvVar) *appsv1.DaemonSet {
		return &appsv1.DaemonSet{
			ObjectMeta: metav1.ObjectMeta{Namespace: "calico-system", Name: calicoNode, Labels: map[string]string{"k8s-app": calicoNode}},
			Spec: appsv1.DaemonSetSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{
				{Name: calicoNode, Env: variables}, {Name: "other", Env: []corev1.EnvVar{{Name: "CALICO_ROUTER_ID", Value: "hash"}}},
			}}}},
		}
	}
	config := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "calico-system", Name: "config"}, Data: map[string]string{"backend": "vxlan"}}
	field := &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "spec.nodeName"}}
	got, err := environment(t.Context(), fake.NewSimpleClientset(config, set(
		corev1.EnvVar{Name: "IP", Value: "autodetect"}, corev1.EnvVar{Name: "CALICO_NETWORKING_BACKEND", ValueFrom: from("config", false)},
		corev1.EnvVar{Name: "NODENAME", ValueFrom: field}, corev1.EnvVar{Name: "AS", ValueFrom: from("none", true)},
	)))
	want := map[string]string{"IP": "autodetect", "CALICO_NETWORKING_BACKEND": "vxlan", "NODENAME": "", "AS": ""}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	if _, err := environment(t.Context(), fake.NewSimpleClientset(set(corev1.EnvVar{Name: "AS", ValueFrom: from("none", false)}))); err == nil {
		t.Error("a ConfigMap that is missing is no error")
	}
	if got, err := environment(t.Context(), fake.NewSimpleClientset()); err != nil || len(got) > 0 {
		t.Errorf("without a DaemonSet: got %v, %v", got, err)
	}
}
