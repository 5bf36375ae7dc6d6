package launch

import (
	"errors"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/vm"
)

func TestChooseKernel(t *testing.T) {
	if kernel, err := ChooseKernel(t.Context(), HostKernel); kernel != HostKernel || err != nil {
		t.Errorf("the machine's own: got %q, %v", kernel, err)
	}
	// Modes that need nothing are for this machine's own kernel.
	if kernel, err := ChooseKernel(t.Context(), AutoKernel); kernel != HostKernel || err != nil {
		t.Errorf("no modes: got %q, %v", kernel, err)
	}
	if _, err := ChooseKernel(t.Context(), "other"); err == nil || errors.Is(err, lab.ErrUnable) || !strings.Contains(err.Error(), "auto host uml") {
		t.Errorf("another: got %v", err)
	}
}

func TestWithoutUserModeLinux(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	_, err := ChooseKernel(t.Context(), UMLKernel)
	if !errors.Is(err, lab.ErrUnable) || !strings.Contains(err.Error(), vm.Package) {
		t.Errorf("got %v, want what to install", err)
	}
}
