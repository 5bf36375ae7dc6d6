package image

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rackproof/rackproof/framework/router/bird"
)

// adaptBird is how Calico's templates are made fit for stock BIRD.
const adaptBird = "bird"

// writeStage puts an image's programs and files into a folder, as they are to lie in
// the image, and returns the programs' versions.
func (i Image) writeStage(components components, stage string) ([]Version, error) {
	var versions []Version
	for _, share := range i.Shares {
		folder, err := components.share(share.Name)
		if err != nil {
			return nil, err
		}
		if err := share.copy(folder, filepath.Join(stage, share.To)); err != nil {
			return nil, fmt.Errorf("copy %s: %w", share.Name, err)
		}
	}
	for _, folder := range i.Writable {
		path := filepath.Join(stage, folder)
		// The umask takes from a mode at the making, not afterwards.
		if err := errors.Join(os.MkdirAll(path, 0o755), os.Chmod(path, 0o777)); err != nil {
			return nil, err
		}
	}
	for _, name := range i.programs() {
		path, version, err := components.program(name)
		if err != nil {
			return nil, err
		}
		if err := copyFile(path, filepath.Join(stage, i.Programs[name]), 0o755); err != nil {
			return nil, fmt.Errorf("copy %s: %w", name, err)
		}
		versions = append(versions, Version{name, version})
	}
	return versions, nil
}

// copy copies a folder's files, adapted.
func (s Share) copy(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		switch s.Adapt {
		case "":
		case adaptBird:
			if content, err = bird.AdaptTemplate(filepath.Base(name), content); err != nil {
				return err
			}
		default:
			return fmt.Errorf("adapt %q is unknown: there is %s", s.Adapt, adaptBird)
		}
		target := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o644)
	})
}

// copyFile copies a file's content, which may be large.
func copyFile(from, to string, mode fs.FileMode) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(target, source); err != nil {
		_ = target.Close()
		return err
	}
	return target.Close()
}
