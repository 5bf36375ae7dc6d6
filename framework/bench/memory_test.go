package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// process adds a process, or another folder, to a made-up proc file system.
// Without rollup it is one that has ended since it was listed.
func process(t *testing.T, proc, name, rollup string) {
	t.Helper()
	folder := filepath.Join(proc, name)
	if err := os.Mkdir(folder, 0o755); err != nil {
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

func TestPSS(t *testing.T) {
	proc := t.TempDir()
	process(t, proc, "1", rollup)
	process(t, proc, "55", strings.Replace(rollup, "1500", " 500", 1))
	process(t, proc, "56", "")       // ended meanwhile
	process(t, proc, "self", rollup) // no process but another name for one
	process(t, proc, "sys", "")
	got, err := pss(proc)
	if err != nil {
		t.Fatal(err)
	}
	if want := uint64(2000 * 1024); got != want {
		t.Errorf("got %d bytes, want %d", got, want)
	}
}

func TestPSSRefusesWhatItDoesNotUnderstand(t *testing.T) {
	for name, content := range map[string]string{"no line": "Rss: 1 kB\n", "no number": "Pss: much kB\n", "ended": ""} {
		t.Run(name, func(t *testing.T) {
			proc := t.TempDir()
			process(t, proc, "1", content)
			if got, err := pss(proc); err == nil {
				t.Errorf("got %d bytes, want an error", got)
			}
		})
	}
	if _, err := pss(filepath.Join(t.TempDir(), "gone")); err == nil {
		t.Error("a lab that is gone has a size")
	}
}

func TestPSSOfThisProcess(t *testing.T) {
	proc := t.TempDir()
	if err := os.Symlink("/proc/self", filepath.Join(proc, "1")); err != nil {
		t.Fatal(err)
	}
	own, err := pss(proc)
	if err != nil {
		t.Fatal(err)
	}
	if own < 1<<20 || own > 1<<32 {
		t.Errorf("this process has %d bytes by its proportional set size", own)
	}
}
