package agent

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
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
	tests := []struct {
		name string
		env  []corev1.EnvVar
		want []string
	}{
		{"nothing of its own", nil, nil},
		{"a value that refers to one before", []corev1.EnvVar{{Name: "A", Value: "1"}, {Name: "B", Value: "$(A)$(C)"}}, []string{"A=1", "B=1$(C)"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := environment([]string{"PATH=/bin"}, Place{Hostname: "app"}, &corev1.Container{Env: test.env})
			if want := append([]string{"PATH=/bin", "HOSTNAME=app"}, test.want...); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
