package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rackproof/rackproof/framework/lab/netns"
)

func TestHostAndCommand(t *testing.T) {
	host, argv, err := hostAndCommand([]string{"node0", "ip", "-j", "route"}, 1)
	if err != nil || host != "node0" || !slices.Equal(argv, []string{"ip", "-j", "route"}) {
		t.Errorf("got host %q, command %v, error %v", host, argv, err)
	}
	host, argv, err = hostAndCommand([]string{"node0"}, -1)
	if err != nil || host != "node0" || argv[0] != "bash" {
		t.Errorf("without a command: got host %q, command %v, error %v, want a shell", host, argv, err)
	}
}

func TestWriteLabs(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	err := writeLabs(&out, []netns.Listed{
		{Name: "mesh", Topology: "single-rack", Mode: "fullmesh", PID: 4711, Since: now.Add(-90 * time.Second), Alive: true},
		{Name: "gone", Since: now.Add(-time.Hour)},
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if got := strings.Fields(lines[1]); !slices.Equal(got, []string{"mesh", "single-rack", "fullmesh", "up", "1m30s", "4711"}) {
		t.Errorf("the lab that is up: %v", got)
	}
	if !strings.Contains(lines[2], "dead (`rackproof lab gc` removes it)") {
		t.Errorf("the dead lab: %q", lines[2])
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
		name   string
		host   string
		wanted []string
		want   []string
		says   string
	}{
		{"all of a host", "node0", nil, []string{"confd", "felix"}, ""},
		{"one of a host", "node0", []string{"felix"}, []string{"felix"}, ""},
		{"an unknown host", "node9", nil, nil, "those that have are leaf0, node0"},
		{"an unknown component", "node0", []string{"bgpd"}, nil, "those that have are confd, felix"},
		{"a way out", "../node0", nil, nil, "has no logs"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := logged(logs, filepath.Join(logs, c.host), c.host, c.wanted)
			if !slices.Equal(got, c.want) || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v and error %v, want %v and an error with %q", got, err, c.want, c.says)
			}
		})
	}
}

// tails stands for a lab's logs.
type tails map[string][]string

func (t tails) LogTail(host, component string, lines int) ([]string, error) {
	all := t[host+" "+component]
	return all[max(0, len(all)-lines):], nil
}

func TestWriteLogs(t *testing.T) {
	logs := tails{"node0 felix": {"a", "b"}, "node0 confd": {"c"}}
	cases := []struct {
		name       string
		components []string
		want       string
	}{
		{"one", []string{"felix"}, "b\n"},
		{"several", []string{"confd", "felix"}, "==> node0 confd <==\nc\n\n==> node0 felix <==\nb\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := writeLogs(&out, logs, "node0", c.components, 1); err != nil {
				t.Fatal(err)
			}
			if out.String() != c.want {
				t.Errorf("got %q, want %q", out.String(), c.want)
			}
		})
	}
}
