package supervisor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func component(name string, argv ...string) Component {
	return Component{Host: "leaf0", Name: name, Argv: argv, Env: os.Environ()}
}

func TestADeathIsToldWithTheLastLines(t *testing.T) {
	deaths := make(chan Status, 1)
	s := New(t.TempDir(), func(status Status) { deaths <- status })
	if err := s.Start(component("bgpd", "/bin/sh", "-c", "echo starting; echo no such interface >&2; exit 3")); err != nil {
		t.Fatal(err)
	}
	select {
	case status := <-deaths:
		for _, want := range []string{"leaf0: bgpd ended unasked", "exit status 3", "no such interface"} {
			if !strings.Contains(status.Error, want) {
				t.Errorf("%q does not say %q", status.Error, want)
			}
		}
		if status.State != Dead {
			t.Errorf("its state is %s", status.State)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nobody was told")
	}
}

func TestAStopIsNoDeath(t *testing.T) {
	s := New(t.TempDir(), func(status Status) { t.Errorf("told as a death: %s", status.Error) })
	if err := s.Start(component("bgpd", "/bin/sleep", "60")); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(component("bgpd", "/bin/sleep", "60")); err == nil {
		t.Error("the same component was started twice")
	}
	if err := s.Stop(t.Context(), "leaf0", "bgpd", syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if state := s.Status()[0].State; state != Stopped {
		t.Errorf("its state is %s", state)
	}
	if err := s.Restart("leaf0", "bgpd"); err != nil {
		t.Fatal(err)
	}
	if state := s.Status()[0].State; state != Running {
		t.Errorf("its state after a restart is %s", state)
	}
	if err := s.Stop(t.Context(), "leaf0", "bgpd", syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func TestForget(t *testing.T) {
	s := New(t.TempDir(), nil)
	if err := s.Start(component("bgpd", "/bin/sleep", "60")); err != nil {
		t.Fatal(err)
	}
	if !s.Runs("leaf0", "bgpd") || s.Runs("leaf0", "zebra") {
		t.Errorf("bgpd runs: %v, zebra runs: %v", s.Runs("leaf0", "bgpd"), s.Runs("leaf0", "zebra"))
	}
	if err := s.Forget("leaf0", "bgpd"); err == nil {
		t.Error("a component that runs was forgotten")
	}
	if err := s.Stop(t.Context(), "leaf0", "bgpd", syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if s.Runs("leaf0", "bgpd") {
		t.Error("bgpd runs after it was stopped")
	}
	if err := s.Forget("leaf0", "bgpd"); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart("leaf0", "bgpd"); !errors.Is(err, ErrUnknownComponent) {
		t.Errorf("a forgotten component was started: %v", err)
	}
	if left := s.Status(); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

func TestUnknownComponents(t *testing.T) {
	s := New(t.TempDir(), nil)
	if err := s.Stop(t.Context(), "leaf0", "zebra", syscall.SIGTERM); !errors.Is(err, ErrUnknownComponent) {
		t.Errorf("stop: %v", err)
	}
	if err := s.Restart("leaf0", "zebra"); !errors.Is(err, ErrUnknownComponent) {
		t.Errorf("restart: %v", err)
	}
}

func TestRunShowsWhyItFailed(t *testing.T) {
	s := New(t.TempDir(), nil)
	if err := s.Run(context.Background(), component("startup", "/bin/true")); err != nil {
		t.Errorf("a command that succeeds: %v", err)
	}
	err := s.Run(context.Background(), component("startup", "/bin/sh", "-c", "echo no node; false"))
	if err == nil || !strings.Contains(err.Error(), "no node") {
		t.Errorf("got %v, want its last line", err)
	}
}

func TestTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	long := strings.Repeat("x", tailBytes) + "\nlast but one\nlast\n"
	if err := os.WriteFile(path, []byte(long), 0o600); err != nil {
		t.Fatal(err)
	}
	lines, err := Tail(path, 5)
	if err != nil || !slices.Equal(lines, []string{"last but one", "last"}) {
		t.Errorf("got %d lines, %v; want the two whole ones", len(lines), err)
	}
	if lines, err := Tail(path, 1); err != nil || !slices.Equal(lines, []string{"last"}) {
		t.Errorf("got %v, %v; want the last line", lines, err)
	}
}
