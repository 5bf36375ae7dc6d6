package netns

import (
	"errors"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/vm"
)

func TestChooseKernel(t *testing.T) {
	if kernel, err := (Provider{}).ChooseKernel(t.Context(), lab.HostKernel); kernel != lab.HostKernel || err != nil {
		t.Errorf("the machine's own: got %q, %v", kernel, err)
	}
	// Modes that need nothing are for this machine's own kernel.
	if kernel, err := (Provider{}).ChooseKernel(t.Context(), lab.AutoKernel); kernel != lab.HostKernel || err != nil {
		t.Errorf("no modes: got %q, %v", kernel, err)
	}
}

func TestWithoutUserModeLinux(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	_, err := (Provider{}).ChooseKernel(t.Context(), lab.UMLKernel)
	if !errors.Is(err, lab.ErrUnable) || !strings.Contains(err.Error(), vm.Package) {
		t.Errorf("got %v, want what to install", err)
	}
}
