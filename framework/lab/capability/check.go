package capability

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/diskspace"
)

// Check verifies that this machine meets all needs. The error is an *Error, one line
// for each problem. It starts no processes and leaves nothing.
func Check(ctx context.Context, needs ...Need) error {
	have, err := Probe(ctx, needs...)
	if err != nil {
		return err
	}
	if problems := Missing(have, needs...); len(problems) > 0 {
		return &Error{Problems: problems}
	}
	return nil
}

// Probe finds out what this machine has of what is needed.
func Probe(ctx context.Context, needs ...Need) (Capabilities, error) {
	have := Capabilities{
		Root:     os.Geteuid() == 0,
		Programs: map[string]string{},
		Absent:   map[Feature]string{},
		Free:     map[string]uint64{},
	}
	var err error
	if have.Kernel, err = runningKernel(); err != nil {
		return Capabilities{}, err
	}
	wanted := map[Feature]bool{}
	for _, need := range needs {
		for _, program := range need.Programs {
			if path := findProgram(program); path != "" {
				have.Programs[program.Name] = path
			}
		}
		for _, space := range need.Space {
			measured, err := diskspace.Of(space.Folder)
			if err != nil {
				return Capabilities{}, err
			}
			have.Free[space.Folder] = measured.Free
		}
		for _, feature := range need.Features {
			wanted[feature] = true
		}
	}
	if have.Root && len(wanted) > 0 {
		if have.Absent, err = absentFeatures(ctx, wanted); err != nil {
			return Capabilities{}, fmt.Errorf("probe the kernel's features: %w", err)
		}
	}
	return have, nil
}

// findProgram looks in the sbin folders too, which a lab's own PATH has, but not
// that of a user who became root by plain su. A program that cannot be found or
// run gives "".
func findProgram(program Program) string {
	name := program.Name
	candidates := []string{name}
	if !filepath.IsAbs(name) {
		folders := []string{"/usr/local/sbin", "/usr/sbin", "/sbin"}
		if program.Folder != "" {
			folders = append(folders, program.Folder)
		}
		for _, folder := range folders {
			candidates = append(candidates, filepath.Join(folder, name))
		}
	}
	for _, candidate := range candidates {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	return ""
}

func runningKernel() (Kernel, error) {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return Kernel{}, fmt.Errorf("ask for the kernel's version: %w", err)
	}
	return parseKernel(unix.ByteSliceToString(name.Release[:]))
}

// parseKernel reads a release as uname gives it: 6.1.0-18-amd64.
func parseKernel(release string) (Kernel, error) {
	var kernel Kernel
	if _, err := fmt.Sscanf(release, "%d.%d", &kernel.Major, &kernel.Minor); err != nil {
		return Kernel{}, fmt.Errorf("read the kernel's version %q: %w", release, err)
	}
	return kernel, nil
}
