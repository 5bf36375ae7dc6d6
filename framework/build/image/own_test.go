package image

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/build/component"
)

// TestOwnProgramIsBuilt: what this program carries is enough to build it, and a second
// build finds the first one's.
func TestOwnProgramIsBuilt(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("unable: no go command to build it with: ", err)
	}
	cache := t.TempDir()
	set, err := buildOwn(t.Context(), component.Options{CacheDir: cache})
	if err != nil {
		t.Fatal(err)
	}
	output, err := exec.CommandContext(t.Context(), set.Program(birdReload)).CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 2 || !strings.HasPrefix(string(output), "usage: "+birdReload) {
		t.Errorf("called without arguments it says %q (error %v)", output, err)
	}
	t.Setenv("PATH", "")
	again, err := buildOwn(t.Context(), component.Options{CacheDir: cache})
	if err != nil || again.Program(birdReload) != set.Program(birdReload) {
		t.Errorf("the second time it is %s (error %v), the first time %s", again.Program(birdReload), err, set.Program(birdReload))
	}
}
