package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/rackproof/rackproof/framework/diskspace"
)

// dataBytes is what the images of a lab take, rounded up.
const dataBytes = 8e9

// Check reports whether this machine can have a daemon of Rackproof's own, before
// anything is made.
func Check(_ context.Context, options Options) error {
	if os.Geteuid() != 0 {
		return errors.New("it needs root: run this as root")
	}
	for _, program := range []struct{ name, from string }{
		{"dockerd", "docker.io"}, {"containerd", "containerd"}, {realRuntime, "runc"}, {"iptables", "iptables"},
	} {
		if _, err := exec.LookPath(program.name); err != nil {
			return fmt.Errorf("%s is missing: run `make docker`, or `apt-get install %s`", program.name, program.from)
		}
	}
	space, err := diskspace.Of(dataRoot(options))
	if err != nil {
		return err
	}
	if space.Free < dataBytes {
		return fmt.Errorf("not enough disk space for images in %s: %s free, about %s needed; free some, or point XDG_CACHE_HOME at a larger file system",
			dataRoot(options), diskspace.Format(space.Free), diskspace.Format(dataBytes))
	}
	return nil
}

// Remark says what is particular about a daemon of Rackproof's own on this machine,
// in a line for people; it is empty if nothing is.
func Remark() (string, error) {
	limits, err := ownLimits()
	if err != nil {
		return "", fmt.Errorf("find out what this process may do: %w", err)
	}
	if !limits.lacking() {
		return "", nil
	}
	return fmt.Sprintf("this machine lacks %s, which Docker gives to privileged containers: the OCI runtime "+
		"of Rackproof's takes it and the resource limits out of their configuration before it calls runc", strings.Join(limits.missing(), ", ")), nil
}
