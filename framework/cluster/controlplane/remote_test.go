package controlplane

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rackproof/rackproof/framework/supervisor"
)

// newPlace serves a local place and returns it and what reaches it from afar.
func newPlace(t *testing.T, lifeline http.HandlerFunc) (Local, Remote) {
	t.Helper()
	logs := t.TempDir()
	local := Local{
		Host: "place", Dir: t.TempDir(), Environment: os.Environ(),
		Supervisor: supervisor.New(logs, func(supervisor.Status) {}),
	}
	server := httptest.NewServer(Serve(local, lifeline))
	t.Cleanup(server.Close)
	return local, Remote{Server: netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://")), Host: "control", Dir: local.Dir}
}

func TestRemoteDoesWhatLocalDoes(t *testing.T) {
	local, remote := newPlace(t, http.NotFound)
	if err := remote.Begin(t.Context(), map[string][]byte{"ca.crt": {0, 1, 255}}); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(local.Dir, "ca.crt")); err != nil || string(data) != "\x00\x01\xff" {
		t.Errorf("got %q, %v", data, err)
	}
	if remote.Path("ca.crt") != local.Path("ca.crt") {
		t.Errorf("got %s, want %s", remote.Path("ca.crt"), local.Path("ca.crt"))
	}
	if err := remote.Start(t.Context(), "sleep", []string{"60"}); err != nil {
		t.Fatal(err)
	}
	state := func() supervisor.Status {
		t.Helper()
		list, err := remote.Status(t.Context())
		if err != nil || len(list) != 1 || list[0].Host != "control" || list[0].Name != "sleep" {
			t.Fatalf("got %+v, %v", list, err)
		}
		return list[0]
	}
	if got := state(); got.State != supervisor.Running || got.PID == 0 {
		t.Errorf("got %+v", got)
	}
	if err := remote.Stop(t.Context(), "sleep", syscall.SIGKILL); err != nil || state().State != supervisor.Stopped {
		t.Errorf("got %+v, %v", state(), err)
	}
	if err := remote.Restart(t.Context(), "sleep"); err != nil || state().State != supervisor.Running {
		t.Errorf("got %+v, %v", state(), err)
	}
	if err := remote.Stop(t.Context(), "sleep", syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := remote.Start(t.Context(), "no-such-program", nil); err == nil || !strings.Contains(err.Error(), "no-such-program") {
		t.Errorf("got %v", err)
	}
}

func TestLifeline(t *testing.T) {
	wanted, ended := make(chan struct{}), make(chan struct{})
	_, remote := newPlace(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write([]byte("\"etcd is dead\"\n"))
		_ = http.NewResponseController(w).Flush()
		close(wanted)
		<-r.Context().Done()
		close(ended)
	})
	ctx, cancel := context.WithCancel(t.Context())
	died := make(chan error, 1)
	if err := remote.Hold(ctx, func(err error) { died <- err }); err != nil {
		t.Fatal(err)
	}
	<-wanted
	if err := <-died; err.Error() != "etcd is dead" {
		t.Errorf("got %v", err)
	}
	cancel()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the lifeline lasts longer than the lab")
	}
}
