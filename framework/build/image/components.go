package image

import (
	"context"
	"fmt"
	"io"

	"github.com/rackproof/rackproof/framework/build/component"
)

// components are the programs and files that images are made from: the embedded lab's,
// those that only images have, and of the latter Rackproof's own.
type components struct {
	embedded, only, own component.Set
}

// sets are the components in the order in which they are looked up.
func (c components) sets() []component.Set { return []component.Set{c.own, c.only, c.embedded} }

// buildComponents builds the components that the cache does not have, and finds them
// all.
func buildComponents(ctx context.Context, sourceRoot, cacheDir string, progress io.Writer) (components, error) {
	only, err := component.LoadImages()
	if err != nil {
		return components{}, err
	}
	options := component.Options{SourceRoot: sourceRoot, CacheDir: cacheDir, Progress: progress}
	if err := component.Build(ctx, options); err != nil {
		return components{}, err
	}
	if err := only.Build(ctx, options); err != nil {
		return components{}, err
	}
	var found components
	if found.own, err = buildOwn(ctx, options); err != nil {
		return components{}, err
	}
	if found.embedded, err = component.Locate(cacheDir); err != nil {
		return components{}, err
	}
	found.only, err = only.Locate(cacheDir)
	return found, err
}

// planComponents tells where in a cache folder the components lie once they are built.
func planComponents(cacheDir string) (components, error) {
	embedded, err := component.Load()
	if err != nil {
		return components{}, err
	}
	only, err := component.LoadImages()
	if err != nil {
		return components{}, err
	}
	var planned components
	if planned.embedded, err = embedded.Plan(cacheDir); err != nil {
		return components{}, err
	}
	if planned.only, err = only.Plan(cacheDir); err != nil {
		return components{}, err
	}
	err = withOwnTree(func(_ string, own component.Manifest) (err error) {
		planned.own, err = own.Plan(cacheDir)
		return err
	})
	return planned, err
}

// program is the path and the version of a program.
func (c components) program(name string) (path, version string, err error) {
	for _, set := range c.sets() {
		if path := set.Program(component.Name(name)); path != "" {
			return path, set.Version(component.Name(name)), nil
		}
	}
	return "", "", fmt.Errorf("there is no component %s", name)
}

// share is the folder of a set of files.
func (c components) share(name string) (string, error) {
	for _, set := range c.sets() {
		if folder := set.Share(name); folder != "" {
			return folder, nil
		}
	}
	return "", fmt.Errorf("no component has the files %s", name)
}
