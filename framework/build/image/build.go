package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"

	"github.com/rackproof/rackproof/fixtures/images"
)

// Options say from where to where images are built.
type Options struct {
	// SourceRoot is the source tree that has fixtures/components, for components that
	// are not built yet: see component.SourceRoot.
	SourceRoot string
	// CacheDir is Rackproof's cache folder: see component.DefaultCacheDir.
	CacheDir string
	// Progress is told of each step in a line; nil keeps silent.
	Progress io.Writer
}

// builder builds images.
type builder struct {
	manifest   Manifest
	options    Options
	components components
	origin     origin
	places     map[string]*place
	// work is a folder beside the images' for what is being made.
	work string
}

// Builds are the images of a cache, all of those that were asked for there.
type Builds struct {
	manifest Manifest
	places   map[string]*place
	names    []string
	// all tells that none were named.
	all bool
}

// Build builds the images that the cache does not have, of those that are named and
// those that they are made from; without names, all. It needs root. A build that ends
// early leaves nothing that is taken for whole.
func (m Manifest) Build(ctx context.Context, options Options, names ...string) (Builds, error) {
	all := len(names) == 0
	if all {
		names = m.names()
	}
	for _, name := range names {
		if _, err := m.Image(name); err != nil {
			return Builds{}, err
		}
	}
	if err := checkBuild(); err != nil {
		return Builds{}, fmt.Errorf("build images: %w", err)
	}
	m = m.only(names)
	b := builder{manifest: m, options: options}
	var err error
	if b.origin, err = findOrigin(ctx); err != nil {
		return Builds{}, fmt.Errorf("build images: %w", err)
	}
	if m.needComponents() {
		if b.components, err = buildComponents(ctx, options.SourceRoot, options.CacheDir, options.Progress); err != nil {
			return Builds{}, err
		}
	}
	if b.places, err = m.places(b.components, b.origin.suite, options.CacheDir); err != nil {
		return Builds{}, err
	}
	unlock, err := b.begin(ctx)
	if err != nil {
		return Builds{}, fmt.Errorf("build images: %w", err)
	}
	defer unlock()
	for _, image := range m.Images {
		p := b.places[image.Name]
		if p.complete() {
			continue
		}
		started := time.Now()
		if err := b.build(ctx, p); err != nil {
			return Builds{}, fmt.Errorf("build image %s: %w", image.Name, err)
		}
		b.say("%s: built in %.1f s", image.Name, time.Since(started).Seconds())
	}
	for _, p := range b.places {
		if err := p.removeOlder(); err != nil {
			return Builds{}, fmt.Errorf("remove older images of %s: %w", p.image.Name, err)
		}
	}
	return Builds{manifest: m, places: b.places, names: names, all: all}, nil
}

// only is the manifest without the images that neither the named ones are nor are
// made from.
func (m Manifest) only(names []string) Manifest {
	wanted := slices.Clone(names)
	for _, image := range slices.Backward(m.Images) {
		if slices.Contains(wanted, image.Name) {
			wanted = append(wanted, m.needs(image)...)
		}
	}
	m.Images = slices.DeleteFunc(slices.Clone(m.Images), func(image Image) bool { return !slices.Contains(wanted, image.Name) })
	return m
}

// needComponents reports whether an image has components in it.
func (m Manifest) needComponents() bool {
	return slices.ContainsFunc(m.Images, func(image Image) bool { return len(image.Programs) > 0 || len(image.Shares) > 0 })
}

func (b *builder) say(format string, arguments ...any) {
	if b.options.Progress != nil {
		fmt.Fprintf(b.options.Progress, "images: "+format+"\n", arguments...)
	}
}

// lockPoll is the interval of tries to take a lock that another build holds.
const lockPoll = 100 * time.Millisecond

// begin waits until no other build uses the cache, and removes what a killed one has
// left.
func (b *builder) begin(ctx context.Context) (func(), error) {
	folder := imagesDir(b.options.CacheDir)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(folder, ".lock"))
	taken, err := lock.TryLock()
	if err == nil && !taken {
		b.say("another build is running, waiting for it")
		_, err = lock.TryLockContext(ctx, lockPoll)
	}
	if err != nil {
		return nil, err
	}
	left, err := filepath.Glob(filepath.Join(folder, ".partial-*"))
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	for _, path := range left {
		if err := os.RemoveAll(path); err != nil {
			return nil, errors.Join(err, lock.Unlock())
		}
	}
	if b.work, err = os.MkdirTemp(folder, ".partial-"); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return func() {
		_ = os.RemoveAll(b.work) // the next build removes what is left
		_ = lock.Unlock()
	}, nil
}

// build makes an image's folder aside and moves it to its place.
func (b *builder) build(ctx context.Context, p *place) error {
	made := filepath.Join(b.work, p.image.Name)
	work := filepath.Join(b.work, "work-"+p.image.Name)
	stage := filepath.Join(work, "stage")
	for _, folder := range []string{made, stage} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	inventory := Inventory{Image: p.image.Name, Base: p.image.Base}
	var err error
	if inventory.Programs, err = p.image.writeStage(b.components, stage); err != nil {
		return err
	}
	if p.image.Extract != nil {
		version, err := extract(ctx, b.origin, *p.image.Extract, work, stage)
		if err != nil {
			return err
		}
		inventory.Suite = b.origin.suite
		inventory.Packages = []Version{{p.image.Extract.Package, version}}
	}
	upper := stage
	if p.image.Base != "" || p.image.Bootstrap != "" {
		upper = filepath.Join(made, rootFolder)
		if err := b.makeRoot(ctx, p, upper, stage, work, &inventory); err != nil {
			return err
		}
	}
	l, err := writeLayer(upper, filepath.Join(made, layerFile), b.manifest.Epoch)
	if err != nil {
		return fmt.Errorf("write the layer: %w", err)
	}
	if !b.isBase(p.image.Name) {
		if err := os.RemoveAll(filepath.Join(made, rootFolder)); err != nil {
			return err
		}
	}
	data, err := json.Marshal(record{Digest: l.digest.Hex})
	if err != nil {
		return err
	}
	if err := errors.Join(os.WriteFile(filepath.Join(made, recordFile), data, 0o644), inventory.write(filepath.Join(made, inventoryFile))); err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(work), os.RemoveAll(p.folder)); err != nil {
		return err
	}
	return os.Rename(made, p.folder)
}

// isBase reports whether an image begins with this one.
func (b *builder) isBase(name string) bool {
	return slices.ContainsFunc(b.manifest.Images, func(image Image) bool { return image.Base == name })
}

// makeRoot makes the root file system of an image of the distribution.
func (b *builder) makeRoot(ctx context.Context, p *place, upper, stage, work string, inventory *Inventory) error {
	r := root{
		lower: p.base.roots(), upper: upper, work: work, variant: p.image.Bootstrap, origin: b.origin,
		packages: p.image.Packages, stage: stage, apt: filepath.Join(b.work, "apt"),
		inventory: filepath.Join(work, "packages"), epoch: b.manifest.Epoch,
	}
	if p.image.Setup != "" {
		script, err := images.Script(p.image.Setup)
		if err != nil {
			return err
		}
		r.setup = script
	}
	if len(p.preloads) > 0 {
		r.preload = filepath.Join(work, "preload")
		if err := os.MkdirAll(r.preload, 0o755); err != nil {
			return err
		}
		for _, below := range p.preloads {
			if err := b.writeArchive(below, filepath.Join(r.preload, below.image.Name+".tar")); err != nil {
				return err
			}
			inventory.Images = append(inventory.Images, Version{below.image.Reference, below.key})
		}
	}
	if err := r.make(ctx); err != nil {
		return err
	}
	packages, err := os.ReadFile(r.inventory)
	if err != nil {
		return err
	}
	inventory.Suite = b.origin.suite
	inventory.Packages, err = parsePackages(string(packages))
	return err
}

func (b *builder) writeArchive(p *place, path string) error {
	archive, err := p.archive(b.manifest)
	if err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(archive.write(file), file.Close())
}
