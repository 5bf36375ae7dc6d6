package suite

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// rerun runs a test's own program once more for this test alone, as a process runs one suite
// of Ginkgo's. The variable tells it the file to write, whose content rerun returns with the
// program's output and error.
func rerun(t *testing.T, variable string) (data, output []byte, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "result")
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	command.Env = append(os.Environ(), variable+"="+path)
	output, err = command.CombinedOutput()
	data, readErr := os.ReadFile(path)
	if readErr != nil {
		t.Fatalf("the specs left no file: %v\n%s", readErr, output)
	}
	return data, output, err
}
