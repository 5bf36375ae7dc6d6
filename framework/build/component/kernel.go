package component

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"

	"github.com/rackproof/rackproof/fixtures/components"
)

// KernelProgram is where the User-Mode Linux that fixtures/components/uml/build.sh
// builds lies in a cache folder, which does not tell that it is there: a machine whose
// own kernel has all that labs need has none, and others may have the distribution's.
func KernelProgram(cacheDir string) string {
	sum := sha256.Sum256([]byte(components.Kernel()))
	return filepath.Join(componentsDir(cacheDir), "linux-uml-"+hex.EncodeToString(sum[:])[:12], "linux")
}
