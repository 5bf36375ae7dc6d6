package netns

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/cluster"
	"github.com/rackproof/rackproof/framework/lab"
)

// Package lab says where the logs of a control plane are, and package cluster where it runs.
func TestControlHost(t *testing.T) {
	if lab.ControlHost != cluster.ControlHost {
		t.Errorf("the control plane runs on %s, and its logs are those of %s", cluster.ControlHost, lab.ControlHost)
	}
}

func TestLogged(t *testing.T) {
	logs := t.TempDir()
	for _, file := range []string{"node0/felix.log", "node0/confd.log", "node0/pods/app.log", "leaf0/bgpd.log"} {
		path := filepath.Join(logs, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cases := []struct {
		name, host string
		want       []string
		says       string
	}{
		{"a host", "node0", []string{"confd", "felix"}, ""},
		{"an unknown host", "node9", nil, "those that have are leaf0, node0"},
		{"a way out", "../node0", nil, "no logs"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := logged(logs, filepath.Join(logs, c.host), c.host)
			if !slices.Equal(got, c.want) || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v and error %v, want %v and an error with %q", got, err, c.want, c.says)
			}
		})
	}
}
