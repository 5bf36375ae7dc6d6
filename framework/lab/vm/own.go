package vm

import (
	"path/filepath"
	"strings"
)

// OwnFolder names the folder of the kernel's own that a path of this machine is in: what
// is there on this machine is not seen inside, and what is written there inside goes
// with the kernel. It is empty for all other paths.
func OwnFolder(path string) string {
	for _, folder := range []string{"/dev", "/proc", "/run", "/sys"} {
		if within, err := filepath.Rel(folder, path); err == nil && within != ".." && !strings.HasPrefix(within, "../") {
			return folder
		}
	}
	return ""
}
