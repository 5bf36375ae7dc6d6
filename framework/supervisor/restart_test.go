package supervisor

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// counting is a shell script that ends with a status as often as it is told, and
// then stays.
func counting(t *testing.T, times, status int) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "runs")
	return []string{"/bin/sh", "-c", fmt.Sprintf(`echo run >> %s; [ $(wc -l < %s) -le %d ] && exit %d; exec sleep 60`, file, file, times, status)}
}

func TestAComponentThatAsksForItIsStartedAgain(t *testing.T) {
	logs := t.TempDir()
	s := New(logs, func(status Status) { t.Errorf("told as a death: %s", status.Error) })
	s.pause = time.Millisecond
	c := component("felix", counting(t, 2, 129)...)
	c.RestartOn = []int{129}
	if err := s.Start(c); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for (s.Status()[0].Restarts < 2 || s.Status()[0].State != Running) && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	status := s.Status()[0]
	if status.State != Running || status.Restarts != 2 || status.PID == 0 {
		t.Errorf("its status is %+v", status)
	}
	if err := s.Stop(t.Context(), "leaf0", "felix", syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if state := s.Status()[0].State; state != Stopped {
		t.Errorf("its state after a stop is %s", state)
	}
	log, err := os.ReadFile(LogPath(logs, "leaf0", "felix"))
	if err != nil || strings.Count(string(log), "asks to be started again") != 2 {
		t.Errorf("its log does not tell of two restarts: %s, %v", log, err)
	}
}

func TestOtherExitsAreDeaths(t *testing.T) {
	tests := []struct {
		name      string
		argv      []string
		restartOn []int
		says      string
	}{
		{"another status", []string{"/bin/sh", "-c", "exit 3"}, []int{129}, "exit status 3"},
		{"success", []string{"/bin/true"}, []int{129}, "exit status 0"},
		{"a signal", []string{"/bin/sh", "-c", "kill -9 $$"}, []int{129, -1 & 0xff}, "signal: killed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			deaths := make(chan Status, 1)
			s := New(t.TempDir(), func(status Status) { deaths <- status })
			c := component("felix", tt.argv...)
			c.RestartOn = tt.restartOn
			if err := s.Start(c); err != nil {
				t.Fatal(err)
			}
			select {
			case status := <-deaths:
				if !strings.Contains(status.Error, tt.says) {
					t.Errorf("%q does not say %q", status.Error, tt.says)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("nobody was told")
			}
		})
	}
}

// restarting is a component that asks to be started again whenever it runs.
func restarting(s *Supervisor, t *testing.T) {
	t.Helper()
	c := component("addresses", "/bin/sh", "-c", "echo it runs; exit 1")
	c.RestartOn = []int{1}
	if err := s.Start(c); err != nil {
		t.Fatal(err)
	}
}

// status waits until the only component is as wanted.
func status(s *Supervisor, t *testing.T, is func(Status) bool) Status {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !is(s.Status()[0]) && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	last := s.Status()[0]
	if !is(last) {
		t.Fatalf("not in time; its status is %+v", last)
	}
	return last
}

func TestRestartsHaveNoLimit(t *testing.T) {
	s := New(t.TempDir(), func(status Status) { t.Errorf("told as a death: %s", status.Error) })
	s.pause = 0
	restarting(s, t)
	status(s, t, func(status Status) bool { return status.Restarts >= 30 })
	if err := s.Stop(t.Context(), "leaf0", "addresses", syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

func TestARunOfLessThanThePauseIsFollowedByIt(t *testing.T) {
	s := New(t.TempDir(), nil)
	s.pause = 300 * time.Millisecond
	restarting(s, t)
	began := time.Now()
	status(s, t, func(status Status) bool { return status.Restarts == 3 })
	if took := time.Since(began); took < 2*s.pause {
		t.Errorf("three runs took %s, with pauses of %s between them", took, s.pause)
	}
	if err := s.Stop(t.Context(), "leaf0", "addresses", syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

func TestAStopBetweenTwoRuns(t *testing.T) {
	logs := t.TempDir()
	s := New(logs, func(status Status) { t.Errorf("told as a death: %s", status.Error) })
	s.pause = time.Hour
	restarting(s, t)
	between := status(s, t, func(status Status) bool { return status.State == Restarting })
	if between.PID != 0 || !s.Runs("leaf0", "addresses") {
		t.Errorf("its status is %+v, and it runs: %t", between, s.Runs("leaf0", "addresses"))
	}
	if err := s.Start(component("addresses", "/bin/true")); err == nil {
		t.Error("it was started beside itself")
	}
	if err := s.Stop(t.Context(), "leaf0", "addresses", syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if stopped := s.Status()[0]; stopped.State != Stopped {
		t.Errorf("its status after a stop is %+v", stopped)
	}
	if log, err := os.ReadFile(LogPath(logs, "leaf0", "addresses")); err != nil || strings.Count(string(log), "it runs") != 1 {
		t.Errorf("it was started after it was stopped: %s, %v", log, err)
	}
}
