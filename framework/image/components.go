package image

import (
	"context"
	"fmt"
	"io"

	"github.com/rackproof/rackproof/framework/component"
)

// components are the programs and files that images are made from.
type components struct {
	embedded, own component.Set
}

// buildComponents builds the components that the cache does not have.
func buildComponents(ctx context.Context, sourceRoot, cacheDir string, progress io.Writer) (components, error) {
	own, err := component.LoadImages()
	if err != nil {
		return components{}, err
	}
	options := component.Options{SourceRoot: sourceRoot, CacheDir: cacheDir, Progress: progress}
	if err := component.Build(ctx, options); err != nil {
		return components{}, err
	}
	if err := own.Build(ctx, options); err != nil {
		return components{}, err
	}
	return locateComponents(cacheDir)
}

// locateComponents finds the components in the cache.
func locateComponents(cacheDir string) (components, error) {
	own, err := component.LoadImages()
	if err != nil {
		return components{}, err
	}
	var found components
	if found.embedded, err = component.Locate(cacheDir); err != nil {
		return components{}, err
	}
	found.own, err = own.Locate(cacheDir)
	return found, err
}

// program is the path and the version of a program.
func (c components) program(name string) (path, version string, err error) {
	for _, set := range []component.Set{c.own, c.embedded} {
		if path := set.Program(component.Name(name)); path != "" {
			return path, set.Version(component.Name(name)), nil
		}
	}
	return "", "", fmt.Errorf("there is no component %s", name)
}

// share is the folder of a set of files.
func (c components) share(name string) (string, error) {
	for _, set := range []component.Set{c.own, c.embedded} {
		if folder := set.Share(name); folder != "" {
			return folder, nil
		}
	}
	return "", fmt.Errorf("no component has the files %s", name)
}
