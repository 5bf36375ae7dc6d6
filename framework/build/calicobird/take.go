package calicobird

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// TakeFromImage takes BIRD out of an image of calico-node in a registry, by its digest, or
// that of an index with images for several architectures. It asks for no password.
func TakeFromImage(ctx context.Context, reference, cacheDir string) error {
	digest, err := name.NewDigest(reference)
	if err != nil {
		return fmt.Errorf("take BIRD out of image %s: %w: name it by its digest, as in calico/node@sha256:…", reference, err)
	}
	image, err := remote.Image(digest, remote.WithContext(ctx), remote.WithPlatform(v1.Platform{OS: "linux", Architecture: runtime.GOARCH}))
	if err == nil {
		err = takeFromLayers(ctx, image, cacheDir)
	}
	if err != nil {
		return fmt.Errorf("take BIRD out of image %s: %w", reference, err)
	}
	return nil
}

// TakeFromFile takes BIRD from a file: the program itself with its client beside it, the
// archive of an image (`docker save`), or one of a root file system (`docker export`).
func TakeFromFile(ctx context.Context, path, cacheDir string) error {
	err := takeFromFile(ctx, path, cacheDir)
	if err != nil {
		return fmt.Errorf("take BIRD from %s: %w", path, err)
	}
	return nil
}

func takeFromFile(ctx context.Context, path, cacheDir string) error {
	content, err := open(path)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	if start, _ := content.Peek(4); bytes.Equal(start, []byte("\x7fELF")) {
		beside, err := clientIn(filepath.Dir(path))
		if err != nil {
			return err
		}
		return install(ctx, cacheDir, func(folder string) error {
			return errors.Join(copyFile(path, filepath.Join(folder, daemon)), copyFile(beside, filepath.Join(folder, client)))
		})
	}
	opener := func() (io.ReadCloser, error) { return open(path) }
	if _, err := tarball.LoadManifest(opener); err != nil {
		return install(ctx, cacheDir, func(folder string) error { return extract(content, folder) })
	}
	image, err := tarball.Image(opener, nil)
	if err != nil {
		return err
	}
	return takeFromLayers(ctx, image, cacheDir)
}

// takeFromLayers takes BIRD out of an image's file system.
func takeFromLayers(ctx context.Context, image v1.Image, cacheDir string) error {
	files := mutate.Extract(image)
	defer files.Close()
	return install(ctx, cacheDir, func(folder string) error { return extract(files, folder) })
}

// install makes the cache's folder of Calico's BIRD aside, asks the program, and moves the
// folder to its place. After a failure the cache is as it was.
func install(ctx context.Context, cacheDir string, fill func(folder string) error) (err error) {
	if err := os.MkdirAll(cacheDir, 0o755); err != nil {
		return err
	}
	partial, err := os.MkdirTemp(cacheDir, ".calico-bird-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(partial)) }()
	if err := errors.Join(os.Chmod(partial, 0o755), fill(partial)); err != nil {
		return err
	}
	if err := Ask(ctx, filepath.Join(partial, daemon)); err != nil {
		return err
	}
	if err := os.RemoveAll(Folder(cacheDir)); err != nil {
		return err
	}
	return os.Rename(partial, Folder(cacheDir))
}
