package component

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Options say from where to where components are built.
type Options struct {
	// SourceRoot is the source tree that has fixtures/components: see
	// SourceRoot, the function.
	SourceRoot string
	// CacheDir is Rackproof's cache folder: see DefaultCacheDir.
	CacheDir string
	// For are the groups whose components are built beside those that every lab needs.
	For []Group
	// Progress is told what is being built: by one line that is kept up to date
	// if it is a terminal, else by plain lines. Nil keeps silent.
	Progress io.Writer
}

// Build builds the components that the cache does not have. It runs no command
// and needs no source tree when they are all there. A build that ends early, in
// whatever way, leaves nothing that Locate takes for whole, and builds side by
// side wait for each other.
func Build(ctx context.Context, options Options) error {
	manifest, err := Load()
	if err != nil {
		return err
	}
	return manifest.For(options.For...).Build(ctx, options)
}

// Build builds the manifest's components that the cache does not have.
func (m Manifest) Build(ctx context.Context, options Options) error {
	missing, err := m.missing(options.CacheDir)
	if err != nil {
		return err
	}
	progress := newProgress(options.Progress)
	if len(missing) == 0 {
		progress.say("all components are in %s", componentsDir(options.CacheDir))
		return nil
	}
	// Everything that can be refused is refused before the first long step.
	for _, place := range missing {
		if err := place.module.checkSum(options.SourceRoot); err != nil {
			return err
		}
	}
	tool, err := findTool(ctx, options.SourceRoot, missing)
	if err != nil {
		return err
	}
	if err := checkSpace(missing, tool, options.CacheDir); err != nil {
		return err
	}

	root := componentsDir(options.CacheDir)
	if err := os.MkdirAll(root, 0o755); err != nil {
		return fmt.Errorf("make the components' cache folder: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(root, ".lock"), progress)
	if err != nil {
		return err
	}
	defer unlock()
	// Another build may have made the modules while this one waited. A killed build's
	// rest can go: no other build runs now.
	if missing, err = m.missing(options.CacheDir); err != nil {
		return err
	}
	if err := removePartial(root); err != nil {
		return err
	}

	for _, place := range missing {
		progress.total += len(place.module.Programs)
	}
	for _, place := range missing {
		if err := place.build(ctx, tool, options.SourceRoot, progress); err != nil {
			return err
		}
	}
	progress.say("components are ready in %s (%s)", root, elapsed(progress.started))
	return nil
}

// checkSum compares the source tree's module with the sum in the manifest: a folder in
// the cache must be what its key says.
func (m Module) checkSum(sourceRoot string) error {
	folder := filepath.Join(sourceRoot, filepath.FromSlash(m.Folder))
	sum, err := Sum(folder, m.Sources...)
	if err != nil {
		return fmt.Errorf("the components are built from Rackproof's source tree, run this inside of it: %w", err)
	}
	if sum != m.Sum {
		return fmt.Errorf("%s: go.mod or go.sum is not the one that this program knows: in a clean tree run "+
			"`make components`; after a change of versions run `go test ./framework/build/component -update` first", folder)
	}
	return nil
}

// partialPattern names the folders in which modules are made, beside the places
// where they go, so that one rename puts them there.
const partialPattern = ".partial-*"

func removePartial(root string) error {
	left, err := filepath.Glob(filepath.Join(root, partialPattern))
	if err != nil {
		return fmt.Errorf("look for half-made components: %w", err)
	}
	for _, folder := range left {
		if err := os.RemoveAll(folder); err != nil {
			return fmt.Errorf("remove half-made components: %w", err)
		}
	}
	return nil
}

// build makes a module's folder aside and moves it to its place.
func (i installed) build(ctx context.Context, tool tool, sourceRoot string, progress *progress) (err error) {
	source := filepath.Join(sourceRoot, filepath.FromSlash(i.module.Folder))
	partial, err := os.MkdirTemp(filepath.Dir(i.folder), partialPattern)
	if err != nil {
		return fmt.Errorf("build %s: %w", i.module.title(), err)
	}
	defer func() {
		// After the rename there is nothing left to remove.
		err = cmp.Or(err, os.RemoveAll(partial))
	}()
	if err := os.Chmod(partial, 0o755); err != nil {
		return fmt.Errorf("build %s: %w", i.module.title(), err)
	}
	making := installed{i.module, partial}
	for _, program := range i.module.Programs {
		title := fmt.Sprintf("%s %s", program.Name, i.module.versionOf(program))
		err := progress.step(title, func() error {
			return making.buildProgram(ctx, tool, source, program)
		})
		if err != nil {
			return fmt.Errorf("build %s: %w", title, err)
		}
	}
	for _, share := range i.module.Share {
		if err := making.copyShare(ctx, tool, source, share); err != nil {
			return fmt.Errorf("build %s: copy %s: %w", i.module.title(), share.Name, err)
		}
	}
	// Something is there only if part of it was deleted: see complete.
	if err := os.RemoveAll(i.folder); err != nil {
		return fmt.Errorf("replace damaged %s: %w", i.module.title(), err)
	}
	if err := os.Rename(partial, i.folder); err != nil {
		return fmt.Errorf("put %s into the cache: %w", i.module.title(), err)
	}
	return nil
}

func (i installed) buildProgram(ctx context.Context, tool tool, source string, program Program) error {
	path := i.program(program.Name)
	arguments := append([]string{"build"}, buildFlags(linkerFlags(i.module.Variables))...)
	if _, err := tool.run(ctx, source, append(arguments, "-o", path, program.Package)...); err != nil {
		return err
	}
	for _, alias := range program.Aliases {
		if err := os.Symlink(string(program.Name), i.program(alias)); err != nil {
			return err
		}
	}
	return nil
}
