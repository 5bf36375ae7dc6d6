package component

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Sum is the digest of a module folder's go.mod and go.sum, and of its sources if it
// has any (Module.Sources), in hexadecimal. It stands for every version that goes
// into the module's programs. The manifest has it written down because go:embed
// cannot reach into another module, and programs must be found without the source
// tree.
func Sum(folder string, sources ...string) (string, error) {
	digest := sha256.New()
	for _, name := range append([]string{"go.mod", "go.sum"}, sources...) {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return "", fmt.Errorf("compute the sum of a component module: %w", err)
		}
		// Name and length keep the files apart.
		fmt.Fprintf(digest, "%s %d\n", name, len(content))
		digest.Write(content)
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// key stands for everything that shapes a module's folder in the cache: what
// the manifest says of it (its sum too) and the flags of the build.
func (m Module) key() (string, error) {
	description, err := json.Marshal(struct {
		Module Module
		Flags  []string
	}{m, buildFlags(linkerFlags(nil))})
	if err != nil {
		return "", fmt.Errorf("compute the cache key of %s: %w", m.title(), err)
	}
	digest := sha256.Sum256(description)
	return hex.EncodeToString(digest[:])[:12], nil
}
