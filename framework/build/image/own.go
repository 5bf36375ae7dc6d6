package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/rackproof/rackproof/fixtures/images"
	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/router/bird"
)

// birdReload is the program of Rackproof's own that images have.
const birdReload = "bird-reload"

// ownTree has the source code of Rackproof's own programs of images, by file. It is a
// part of Rackproof's module, with the same import paths, that needs the standard
// library only. This program carries it: an image is made of the code that this program
// was made of, and a change of other code makes no new image.
func ownTree() (map[string][]byte, error) {
	const module, goVersion = "github.com/rackproof/rackproof", "1.26"
	tree := map[string][]byte{
		"go.mod": fmt.Appendf(nil, "module %s\n\ngo %s\n", module, goVersion),
		"go.sum": {},
		path.Join("fixtures/images", birdReload, "main.go"): []byte(images.BirdReload()),
	}
	sources := bird.ReloadSources()
	names, err := fs.Glob(sources, "*.go")
	for _, name := range names {
		var content []byte
		if content, err = fs.ReadFile(sources, name); err != nil {
			break
		}
		tree[path.Join("framework/router/bird", name)] = content
	}
	if err != nil {
		return nil, fmt.Errorf("read the source code of %s: %w", birdReload, err)
	}
	return tree, nil
}

// writeOwnTree writes the source code into a folder, and tells framework/build/component how
// to build it.
func writeOwnTree(folder string) (component.Manifest, error) {
	tree, err := ownTree()
	if err != nil {
		return component.Manifest{}, err
	}
	for name, content := range tree {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return component.Manifest{}, err
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return component.Manifest{}, err
		}
	}
	var files []string
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		if path.Ext(name) == ".go" {
			files = append(files, name)
		}
	}
	sum, err := component.Sum(folder, files...)
	return component.Manifest{Modules: []component.Module{{
		Name: "rackproof", Version: "own", Folder: ".", Sum: sum, Sources: files,
		Programs: []component.Program{{Name: birdReload, Package: "./fixtures/images/" + birdReload}},
	}}}, err
}

// withOwnTree gives use the source code in a folder, which goes afterwards.
func withOwnTree(use func(folder string, manifest component.Manifest) error) (err error) {
	folder, err := os.MkdirTemp("", "rackproof-own-")
	if err != nil {
		return fmt.Errorf("build %s: %w", birdReload, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	manifest, err := writeOwnTree(folder)
	if err != nil {
		return fmt.Errorf("build %s: %w", birdReload, err)
	}
	return use(folder, manifest)
}

// buildOwn builds Rackproof's own programs of images, where the cache does not have
// them.
func buildOwn(ctx context.Context, options component.Options) (set component.Set, err error) {
	err = withOwnTree(func(folder string, manifest component.Manifest) (err error) {
		options.SourceRoot = folder
		if err := manifest.Build(ctx, options); err != nil {
			return err
		}
		set, err = manifest.Locate(options.CacheDir)
		return err
	})
	return set, err
}
