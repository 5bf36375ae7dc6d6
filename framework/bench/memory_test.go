package bench

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// process adds a process to a made-up proc file system. Without rollup it is one
// that has ended since it was listed.
func process(t *testing.T, proc string, pid int, namespace, rollup string) {
	t.Helper()
	folder := filepath.Join(proc, strconv.Itoa(pid))
	if err := os.MkdirAll(filepath.Join(folder, "ns"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(namespace, filepath.Join(folder, "ns", "pid")); err != nil {
		t.Fatal(err)
	}
	if rollup == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(folder, "smaps_rollup"), []byte(rollup), 0o600); err != nil {
		t.Fatal(err)
	}
}

const rollup = `00400000-7ffe0000 ---p 00000000 00:00 0                                  [rollup]
Rss:                4000 kB
Pss:                1500 kB
Pss_Dirty:           900 kB
SwapPss:               0 kB
`

func TestPSSCountsTheLabsProcessesOnly(t *testing.T) {
	proc := t.TempDir()
	process(t, proc, 100, "pid:[2]", rollup)
	process(t, proc, 101, "pid:[2]", strings.Replace(rollup, "1500", " 500", 1))
	process(t, proc, 102, "pid:[2]", "")     // ended meanwhile
	process(t, proc, 1, "pid:[1]", rollup)   // the machine's
	process(t, proc, 200, "pid:[3]", rollup) // another lab's
	if err := os.MkdirAll(filepath.Join(proc, "103"), 0o755); err != nil {
		t.Fatal(err) // ended even earlier
	}
	if err := os.Mkdir(filepath.Join(proc, "sys"), 0o755); err != nil {
		t.Fatal(err)
	}
	got, err := pss(proc, 100)
	if err != nil {
		t.Fatal(err)
	}
	if want := uint64(2000 * 1024); got != want {
		t.Errorf("got %d bytes, want %d", got, want)
	}
}

func TestPSSRefusesWhatItDoesNotUnderstand(t *testing.T) {
	for name, content := range map[string]string{"no line": "Rss: 1 kB\n", "no number": "Pss: much kB\n"} {
		t.Run(name, func(t *testing.T) {
			proc := t.TempDir()
			process(t, proc, 100, "pid:[2]", content)
			if got, err := pss(proc, 100); err == nil {
				t.Errorf("got %d bytes, want an error", got)
			}
		})
	}
	if _, err := pss(t.TempDir(), 100); err == nil {
		t.Error("a lab that is gone has a size")
	}
}

func TestPSSOfThisProcess(t *testing.T) {
	own, err := processPSS("/proc/self/smaps_rollup")
	if err != nil {
		t.Skip("this kernel has no smaps_rollup: ", err)
	}
	if own < 1<<20 || own > 1<<32 {
		t.Errorf("this process is said to have %d bytes", own)
	}
}
