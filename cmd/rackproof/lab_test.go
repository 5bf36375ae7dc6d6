package main

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rackproof/rackproof/framework/lab"
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
	err := writeLabs(&out, []lab.Listed{
		{Name: "mesh", Provider: "netns", Topology: "single-rack", Mode: "fullmesh", PID: 4711, Since: now.Add(-90 * time.Second), Alive: true},
		{Name: "gone", Since: now.Add(-time.Hour)},
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if got := strings.Fields(lines[1]); !slices.Equal(got, []string{"mesh", "netns", "single-rack", "fullmesh", "up", "1m30s", "4711"}) {
		t.Errorf("the lab that is up: %v", got)
	}
	if !strings.Contains(lines[2], "dead (`rackproof lab gc` removes it)") {
		t.Errorf("the dead lab: %q", lines[2])
	}
}

func TestOnly(t *testing.T) {
	all := []string{"confd", "felix"}
	if got, err := only(all, nil, "node0"); err != nil || !slices.Equal(got, all) {
		t.Errorf("all: got %v, %v", got, err)
	}
	if got, err := only(all, []string{"felix"}, "node0"); err != nil || !slices.Equal(got, []string{"felix"}) {
		t.Errorf("one: got %v, %v", got, err)
	}
	if _, err := only(all, []string{"bgpd"}, "node0"); err == nil || !strings.Contains(err.Error(), "those that have are confd, felix") {
		t.Errorf("an unknown one: got %v", err)
	}
}

// tails stands for a lab's logs.
type tails map[string][]string

func (t tails) Logged(context.Context, string) ([]string, error) { return nil, nil }

func (t tails) LogTail(_ context.Context, host, component string, lines int) ([]string, error) {
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
			if err := writeLogs(t.Context(), &out, logs, "node0", c.components, 1); err != nil {
				t.Fatal(err)
			}
			if out.String() != c.want {
				t.Errorf("got %q, want %q", out.String(), c.want)
			}
		})
	}
}
