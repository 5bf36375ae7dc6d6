package docker

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestProc(t *testing.T) {
	if got := (&Daemon{}).Proc(7); got != "/proc/7" {
		t.Errorf("another's daemon: %s", got)
	}
	if got := (&Daemon{init: 30}).Proc(7); got != "/proc/30/root/proc/7" {
		t.Errorf("Rackproof's own: %s", got)
	}
}

func TestNamespacesOfAnothersDaemonAreTheCallers(t *testing.T) {
	set, err := (&Daemon{}).Namespaces()
	if err != nil {
		t.Fatal(err)
	}
	if set.Net != nil || set.Mount != nil || set.PID != nil {
		t.Errorf("got %+v", set)
	}
}

func TestFindTellsWhatToDo(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix://"+filepath.Join(t.TempDir(), "none.sock"))
	_, err := Find(t.Context())
	if !errors.Is(err, ErrNotReachable) {
		t.Fatalf("got %v", err)
	}
}

func TestAliveByTheLock(t *testing.T) {
	s := stateAt(t.TempDir())
	if s.alive() {
		t.Error("alive without a lock")
	}
	lock, err := s.lock()
	if err != nil {
		t.Fatal(err)
	}
	if !s.alive() {
		t.Error("not alive although the lock is held")
	}
	if _, err := s.lock(); err == nil {
		t.Error("the lock was taken twice")
	}
	lock.Close()
	if s.alive() {
		t.Error("alive after the lock's end")
	}
}

func TestControlGroupsGo(t *testing.T) {
	root, group := t.TempDir(), stateAt("/state").controlGroup()
	kept := filepath.Join(root, "memory", "other")
	for _, folder := range []string{filepath.Join(root, "memory", group, "a", "b"), filepath.Join(root, "cpu", group), kept} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := removeControlGroups(root, group); err != nil {
		t.Fatal(err)
	}
	for _, hierarchy := range []string{"memory", "cpu"} {
		if _, err := os.Stat(filepath.Join(root, hierarchy, group)); err == nil {
			t.Errorf("%s: still there", hierarchy)
		}
	}
	if _, err := os.Stat(kept); err != nil {
		t.Error(err)
	}
}

func TestSpec(t *testing.T) {
	made, err := newSpec(stateAt("/state"), Options{CacheDir: "/cache"})
	if err != nil {
		t.Fatal(err)
	}
	if made.DataRoot != "/cache/docker" || made.Hosts[0] != "unix:///state/docker.sock" || made.Runtimes[made.DefaultRuntime].Path != "/state/"+runtimeName {
		t.Errorf("got %+v", made)
	}
	if _, err := newSpec(stateAt("/state"), Options{}); err == nil {
		t.Error("no error without a cache folder")
	}
}
