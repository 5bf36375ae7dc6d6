package image

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// checkBuild reports whether this machine can build images.
func checkBuild() error {
	if os.Geteuid() != 0 {
		return errors.New("it needs root: run this as root")
	}
	for _, program := range []struct{ name, from string }{
		{"debootstrap", "debootstrap"}, {"apt-get", "apt"}, {"dpkg-deb", "dpkg"}, {"mount", "mount"}, {"chroot", "coreutils"},
	} {
		if _, err := exec.LookPath(program.name); err != nil {
			return fmt.Errorf("%s is missing: run `make images`, or `apt-get install %s` (images are built on Debian and Ubuntu)", program.name, program.from)
		}
	}
	return nil
}
