package component

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// DefaultCacheDir is Rackproof's part of the user's cache folder:
// $XDG_CACHE_HOME/rackproof, or ~/.cache/rackproof.
func DefaultCacheDir() (string, error) {
	folder, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache folder: %w; set HOME or XDG_CACHE_HOME", err)
	}
	return filepath.Join(folder, "rackproof"), nil
}

// RouterFolder is where a router's software lies in a cache that `make packages` does not
// install: its programs, by their names, in a folder of its own. It need not be there.
func RouterFolder(cacheDir, software string) string {
	return filepath.Join(cacheDir, "routers", software)
}

// componentsDir is where the modules' folders lie, one for each version.
func componentsDir(cacheDir string) string { return filepath.Join(cacheDir, "components") }

// installed is a module's folder in a cache, which may not be there yet.
type installed struct {
	module Module
	folder string
}

// in tells where a module lies in a cache. The name is made for people; the key
// at its end makes it unique.
func (m Module) in(cacheDir string) (installed, error) {
	key, err := m.key()
	if err != nil {
		return installed{}, err
	}
	name := strings.Join([]string{m.Name, m.Version, runtime.GOOS, runtime.GOARCH, key}, "-")
	return installed{m, filepath.Join(componentsDir(cacheDir), name)}, nil
}

func (i installed) program(name Name) string { return filepath.Join(i.folder, "bin", string(name)) }

func (i installed) share(name string) string { return filepath.Join(i.folder, "share", name) }

// complete reports whether all of the module is there. A build puts a folder in its
// place whole; the look at each file notices what was deleted since.
func (i installed) complete() bool {
	var paths []string
	for _, program := range i.module.Programs {
		paths = append(paths, i.program(program.Name))
		for _, alias := range program.Aliases {
			paths = append(paths, i.program(alias))
		}
	}
	for _, share := range i.module.Share {
		paths = append(paths, i.share(share.Name))
	}
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			return false
		}
	}
	return true
}

// missing lists the modules that a cache does not have, in the manifest's order.
func (m Manifest) missing(cacheDir string) ([]installed, error) {
	var missing []installed
	for _, module := range m.Modules {
		place, err := module.in(cacheDir)
		if err != nil {
			return nil, err
		}
		if !place.complete() {
			missing = append(missing, place)
		}
	}
	return missing, nil
}
