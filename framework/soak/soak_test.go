package soak

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// parentName is the name of a process that starts a hog and waits to be killed.
const parentName = "rackproof-hog-parent"

func TestMain(m *testing.M) {
	RunIfHog()
	if filepath.Base(os.Args[0]) == parentName {
		h, err := startHog(time.Minute)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(h.pid)
		select {}
	}
	os.Exit(m.Run())
}

// program makes a suite of a shell script.
func program(t *testing.T, name, script string) Suite {
	t.Helper()
	folder := t.TempDir()
	path := filepath.Join(folder, name+".test")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return Suite{Name: name, Program: path, Folder: folder}
}

func TestRound(t *testing.T) {
	results := filepath.Join(t.TempDir(), "round")
	var told []string
	plan := Plan{
		Suites: []Suite{program(t, "green", `echo "$@"; pwd`), program(t, "red", "exit 3"), program(t, "dead", "kill -9 $$")},
		// Both of the first two at once, and the third after one of them.
		Parallel: 2, Timeout: 90 * time.Second, Arguments: []string{"-rackproof.leaves=bird"},
		Ended: func(e Ended) { told = append(told, e.Name) },
	}
	measured, err := plan.Round(t.Context(), results, 42)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range measured.Suites {
		got = append(got, fmt.Sprintf("%s %d %v", s.Name, s.Status, s.Cut))
	}
	if want := "dead -1 false, green 0 false, red 3 false"; strings.Join(got, ", ") != want || len(told) != 3 {
		t.Errorf("got %q, told of %q, want %s", got, told, want)
	}
	output, err := os.ReadFile(measured.Suites[1].Output)
	if err != nil {
		t.Fatal(err)
	}
	want := "-test.paniconexit0 -test.timeout=1m30s -ginkgo.randomize-all -ginkgo.seed=42 -rackproof.results=" + results + " -rackproof.leaves=bird\n" + plan.Suites[0].Folder + "\n"
	if string(output) != want {
		t.Errorf("got output %q, want %q", output, want)
	}
}

func TestARoundThatIsInterrupted(t *testing.T) {
	folder := t.TempDir()
	ready := filepath.Join(folder, "ready")
	if err := unix.Mkfifo(ready, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		// It opens when the suite does.
		if f, err := os.OpenFile(ready, os.O_RDONLY, 0); err == nil {
			f.Close()
		}
		interrupt()
	}()
	plan := Plan{
		Suites: []Suite{
			program(t, "slow", `trap "echo cleaned up; exit 1" INT; : > `+ready+`; while :; do sleep 0.1; done`),
		},
		Parallel: 1, Timeout: time.Minute,
	}
	plan.Suites = append(plan.Suites, plan.Suites[0])
	measured, err := plan.Round(ctx, folder, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(measured.Suites) != 1 || !measured.Suites[0].Cut || measured.Suites[0].Status != 1 {
		t.Fatalf("got %+v, want one suite that was cut", measured.Suites)
	}
	if output, err := os.ReadFile(measured.Suites[0].Output); err != nil || string(output) != "cleaned up\n" {
		t.Errorf("got error %v and output %q", err, output)
	}
}

// A process that its parent does not wait for counts where there is a cgroup.
func TestProcessorTime(t *testing.T) {
	const busy = `i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done`
	plan := Plan{Parallel: 1, Timeout: time.Minute, Suites: []Suite{
		program(t, "busy", busy), program(t, "idle", "exit 0"),
		// cat takes the place of the shell, and waits for no process.
		program(t, "orphans", "mkfifo done; ("+busy+"; : > done) & exec cat done"),
	}}
	measured, err := plan.Round(t.Context(), t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	took := map[string]time.Duration{}
	for _, s := range measured.Suites {
		took[s.Name] = s.CPU
	}
	if took["busy"] <= 3*took["idle"] {
		t.Errorf("got %v, want more for the busy suite than for the idle one", took)
	}
	parent, err := ownCgroup()
	if err != nil || unix.Access(parent, unix.W_OK) != nil {
		t.Skipf("there is no cgroup v2 to write to: %v", err)
	}
	if measured.Suites[0].Accounting != ByCgroup {
		t.Errorf("got %q although there is a cgroup", measured.Suites[0].Accounting)
	}
	if took["orphans"] <= took["busy"]/3 {
		t.Errorf("got %v, want as much for orphans as for the busy suite", took)
	}
	if left, err := filepath.Glob(fmt.Sprintf("%s/rackproof-soak-%d-*", parent, os.Getpid())); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, error %v", left, err)
	}
}

func TestCgroupFiles(t *testing.T) {
	if used, err := usageIn([]byte("usage_usec 1500000\nuser_usec 3\n")); err != nil || used != 1500*time.Millisecond {
		t.Errorf("got %s, error %v", used, err)
	}
	if _, err := usageIn([]byte("user_usec 3\n")); err == nil {
		t.Error("a cgroup without a figure has one")
	}
}

func TestSweep(t *testing.T) {
	parent := t.TempDir()
	killed := exec.CommandContext(t.Context(), "/bin/true")
	if err := killed.Run(); err != nil {
		t.Fatal(err)
	}
	gone, mine := fmt.Sprintf("%s%d-mesh", accountPrefix, killed.ProcessState.Pid()), fmt.Sprintf("%s%d-mesh", accountPrefix, os.Getpid())
	for _, name := range []string{gone, mine, accountPrefix + "other", "something"} {
		if err := os.Mkdir(filepath.Join(parent, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	sweep(parent)
	for name, stays := range map[string]bool{gone: false, mine: true, accountPrefix + "other": true, "something": true} {
		if _, err := os.Stat(filepath.Join(parent, name)); (err == nil) != stays {
			t.Errorf("%s stays: %v, want %v", name, err == nil, stays)
		}
	}
}

func TestHog(t *testing.T) {
	h, err := startHog(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	// The kernel says when it has run.
	eventually(t, "the hog takes the processors", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", h.pid))
		if err != nil {
			return false
		}
		ran, err := strconv.ParseInt(strings.Fields(string(stat))[0], 10, 64)
		return err == nil && time.Duration(ran) > time.Millisecond
	})
	if used := h.stop(); used <= 0 || used > time.Minute {
		t.Errorf("the hog took %s", used)
	}
	if err := unix.Kill(h.pid, 0); !errors.Is(err, unix.ESRCH) {
		t.Errorf("the hog is still there: %v", err)
	}
}

func TestTheHogHasALimit(t *testing.T) {
	h, err := startHog(0)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-h.ended:
	case <-time.After(20 * time.Second):
		t.Error("the hog does not end")
	}
	h.stop()
}

func TestTheHogEndsWithItsParent(t *testing.T) {
	parent := exec.CommandContext(t.Context(), "/proc/self/exe")
	parent.Args[0] = parentName
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	_, err = fmt.Fscan(output, &pid)
	if killed := parent.Process.Kill(); err != nil || killed != nil {
		t.Fatal(err, killed)
	}
	_ = parent.Wait() // it was killed
	eventually(t, "the hog is gone", func() bool { return gone(pid) })
}

// gone reports whether a process has ended. A process without a wait so far has.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

func TestSuitesOf(t *testing.T) {
	const listed = `{"ImportPath": "a/suites/tor", "Dir": "/src/suites/tor", "XTestGoFiles": ["a_test.go"]}
{"ImportPath": "a/suites/words", "Dir": "/src/suites/words"}
`
	suites, paths, err := suitesOf([]byte(listed), "/bin")
	if err != nil || len(suites) != 1 || suites[0] != (Suite{"tor", "/bin/tor.test", "/src/suites/tor"}) || len(paths) != 1 || paths[0] != "a/suites/tor" {
		t.Errorf("got %v, %q, error %v", suites, paths, err)
	}
	suites, _, err = suitesOf([]byte(listed+`{"ImportPath": "a/suites/words/tor", "Dir": "/src/suites/words/tor", "TestGoFiles": ["a_test.go"]}`), "/bin")
	if err != nil || len(suites) != 2 || suites[1].Name != "words-tor" || suites[1].Program != "/bin/words-tor.test" {
		t.Errorf("a suite below another one: got %v, error %v", suites, err)
	}
	_, _, err = suitesOf([]byte(listed+`{"ImportPath": "a/more/tor", "Dir": "/src/more/tor", "TestGoFiles": ["a_test.go"]}`), "/bin")
	if err == nil || !strings.Contains(err.Error(), "a/suites/tor and a/more/tor have the same name tor") {
		t.Errorf("two suites of one name give error %v", err)
	}
}
