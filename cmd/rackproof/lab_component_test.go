package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/rackproof/rackproof/framework/supervisor"
)

func TestCheckComponent(t *testing.T) {
	all := []supervisor.Status{{Host: "worker", Name: "bird"}, {Host: "worker", Name: "calico-felix"}, {Host: "leaf0", Name: "bgpd"}}
	for _, c := range []struct{ host, component, says string }{
		{"worker", "bird", ""},
		{"worker", "bgpd", `worker has no component "bgpd": choose one of bird, calico-felix`},
		{"client", "bird", "client has no components: choose one of leaf0, worker"},
	} {
		err := checkComponent(all, c.host, c.component)
		if (err == nil) != (c.says == "") || err != nil && err.Error() != c.says {
			t.Errorf("%s of %s: got %v, want %q", c.component, c.host, err, c.says)
		}
	}
}

func TestWriteComponentList(t *testing.T) {
	var out bytes.Buffer
	err := writeComponentList(&out, []supervisor.Status{
		{Host: "leaf0", Name: "bgpd", State: supervisor.Running, PID: 47, Since: now.Add(-time.Minute)},
		{Host: "worker", Name: "bird", State: supervisor.Stopped, PID: 48, Since: now.Add(-time.Second), Restarts: 2},
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"HOST COMPONENT STATE FOR PROCESS RESTARTS", "leaf0 bgpd running 1m0s 47 0", "worker bird stopped 1s - 2", ""}
	for i, line := range strings.Split(out.String(), "\n") {
		if got := strings.Join(strings.Fields(line), " "); got != want[i] {
			t.Errorf("line %d: got %q, want %q", i, got, want[i])
		}
	}
}
