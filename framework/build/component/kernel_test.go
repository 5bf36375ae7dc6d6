package component

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The script that builds the kernel and the program that starts it have to mean the
// same place.
func TestKernelProgramIsWhereTheScriptBuildsIt(t *testing.T) {
	cache := t.TempDir()
	want := KernelProgram(filepath.Join(cache, "rackproof"))
	command := exec.CommandContext(t.Context(), "../../../fixtures/components/uml/build.sh", "where")
	command.Env = append(command.Environ(), "XDG_CACHE_HOME="+cache)
	got, err := command.Output()
	if err != nil || strings.TrimSpace(string(got)) != want {
		t.Errorf("the script builds %s (%v), and %s is looked for", got, err, want)
	}
}
