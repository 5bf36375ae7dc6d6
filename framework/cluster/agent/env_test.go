package agent

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestExpand(t *testing.T) {
	env := variables{"A=old", "A=1", "EMPTY="}
	tests := []struct{ name, text, want string }{
		{"nothing to expand", "plain", "plain"},
		{"the later of two", "x$(A)y", "x1y"},
		{"empty value", "x$(EMPTY)y", "xy"},
		{"unknown variable stays", "$(B) $(A)", "$(B) 1"},
		{"escaped", "$$(A)", "$(A)"},
		{"shell variable stays", "$A $", "$A $"},
		{"never closed", "$(A", "$(A"},
		{"dollar before a reference", "$x$(A)", "$x1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := expand(test.text, env); got != test.want {
				t.Errorf("expand(%q) = %q, want %q", test.text, got, test.want)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "app", Namespace: "web", UID: "u1", Labels: map[string]string{"a/b": "c"}},
		Spec:       corev1.PodSpec{NodeName: "node0", ServiceAccountName: "default"},
	}
	addresses := podAddresses{
		host: netip.MustParseAddr("10.1.0.1"),
		pod:  []netip.Addr{netip.MustParseAddr("10.244.0.1"), netip.MustParseAddr("fd00::1")},
	}
	fromField := func(path string) corev1.EnvVar {
		return corev1.EnvVar{Name: "V", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}}
	}
	tests := []struct {
		name    string
		env     []corev1.EnvVar
		want    []string
		refused bool
	}{
		{"nothing of its own", nil, nil, false},
		{"a value that refers to one before", []corev1.EnvVar{{Name: "A", Value: "1"}, {Name: "B", Value: "$(A)$(C)"}}, []string{"A=1", "B=1$(C)"}, false},
		{"name", []corev1.EnvVar{fromField("metadata.name")}, []string{"V=app"}, false},
		{"namespace", []corev1.EnvVar{fromField("metadata.namespace")}, []string{"V=web"}, false},
		{"uid", []corev1.EnvVar{fromField("metadata.uid")}, []string{"V=u1"}, false},
		{"label", []corev1.EnvVar{fromField("metadata.labels['a/b']")}, []string{"V=c"}, false},
		{"node", []corev1.EnvVar{fromField("spec.nodeName")}, []string{"V=node0"}, false},
		{"host address", []corev1.EnvVar{fromField("status.hostIP")}, []string{"V=10.1.0.1"}, false},
		{"address", []corev1.EnvVar{fromField("status.podIP")}, []string{"V=10.244.0.1"}, false},
		{"addresses", []corev1.EnvVar{fromField("status.podIPs")}, []string{"V=10.244.0.1,fd00::1"}, false},
		{"unknown field", []corev1.EnvVar{fromField("status.phase")}, nil, true},
		{"secret", []corev1.EnvVar{{Name: "V", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{}}}}, nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := environment([]string{"PATH=/bin"}, Place{Hostname: "app"}, pod, addresses, &corev1.Container{Env: test.env})
			if refused := (*refusal)(nil); errors.As(err, &refused) != test.refused {
				t.Fatalf("error %v, want a refusal: %t", err, test.refused)
			}
			if test.refused {
				return
			}
			if want := append([]string{"PATH=/bin", "HOSTNAME=app"}, test.want...); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
