package agent

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestCommand(t *testing.T) {
	images := map[string][]string{"example/agnhost:2": {"/opt/agnhost", "pause"}}
	const image = "example/agnhost:2"
	tests := []struct {
		name      string
		container corev1.Container
		want      []string
		reason    string
	}{
		{"defaults", corev1.Container{Image: image}, []string{"/opt/agnhost", "pause"}, ""},
		{"args", corev1.Container{Image: image, Args: []string{"netexec", "--name=$(NAME)"}}, []string{"/opt/agnhost", "netexec", "--name=app"}, ""},
		{"command of another place", corev1.Container{Image: image, Command: []string{"/agnhost", "netexec"}}, []string{"/opt/agnhost", "netexec"}, ""},
		{"command drops default args", corev1.Container{Image: image, Command: []string{"agnhost"}}, []string{"/opt/agnhost"}, ""},
		{"command and args", corev1.Container{Image: image, Command: []string{"sh", "-c"}, Args: []string{"true"}}, []string{"sh", "-c", "true"}, ""},
		{"unknown image", corev1.Container{Image: "other"}, nil, reasonNoImage},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := command(images, &test.container, variables{"NAME=app"})
			if test.reason != "" {
				refused := (*refusal)(nil)
				if !errors.As(err, &refused) || refused.reason != test.reason {
					t.Fatalf("error %v, want a refusal for %s", err, test.reason)
				}
				if !strings.Contains(err.Error(), image) {
					t.Errorf("the error does not name the images that are known: %v", err)
				}
				return
			}
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestLookPath(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	tool := filepath.Join(second, "tool")
	if err := os.WriteFile(tool, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(first, "tool"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	env := variables{"PATH=" + first + string(filepath.ListSeparator) + second}
	if got, err := lookPath("tool", env); err != nil || got != tool {
		t.Errorf("tool: got %q, %v, want %q, which is executable", got, err, tool)
	}
	if got, err := lookPath("/x/tool", env); err != nil || got != "/x/tool" {
		t.Errorf("a path: got %q, %v, want it as it is", got, err)
	}
	if _, err := lookPath("none", env); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("none: got %v, want that it does not exist", err)
	}
}
