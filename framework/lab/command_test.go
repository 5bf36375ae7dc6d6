package lab

import (
	"os/exec"
	"strings"
	"testing"
)

func TestOutput(t *testing.T) {
	argv := []string{"sh", "-c", "echo out; echo err >&2; exit 3"}
	out, err := Output("worker", argv, exec.Command(argv[0], argv[1:]...), (*exec.Cmd).Start)
	if string(out) != "out\n" || err == nil || !strings.Contains(err.Error(), "worker: sh -c") || !strings.HasSuffix(err.Error(), "exit status 3: err") {
		t.Errorf("got %q and %v", out, err)
	}
}

func TestExitStatus(t *testing.T) {
	for script, want := range map[string]int{"true": 0, "exit 3": 3, "kill -9 $$": 137} {
		cmd := exec.Command("sh", "-c", script)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if got, err := ExitStatus(cmd); got != want || err != nil {
			t.Errorf("%s: got %d, %v, want %d", script, got, err, want)
		}
	}
}
