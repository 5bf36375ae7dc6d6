package calicobird

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Names of BIRD, and of its client with and without a line editor. Calico's image has the
// last.
const (
	daemon       = "bird"
	client       = "birdc"
	simpleClient = "birdcl"
)

// Folder is where Calico's BIRD lies in a cache, which need not have it.
func Folder(cacheDir string) string { return filepath.Join(cacheDir, "calico-bird") }

// Find returns the paths of Calico's BIRD and of the client beside it: of the given program, or
// where none is given of the cache's. There is none where the cache has none. A program that
// does not know krt_tunnel is an error.
func Find(ctx context.Context, program, cacheDir string) (programs []string, err error) {
	if program == "" {
		program = filepath.Join(Folder(cacheDir), daemon)
		if _, err := os.Stat(program); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
	}
	if program, err = filepath.Abs(program); err != nil {
		return nil, err
	}
	if filepath.Base(program) != daemon {
		return nil, fmt.Errorf("%s: a node's BIRD is called %s: give the path of a program of that name", program, daemon)
	}
	if err := Ask(ctx, program); err != nil {
		return nil, err
	}
	beside, err := clientIn(filepath.Dir(program))
	if err != nil {
		return nil, err
	}
	return []string{program, beside}, nil
}

// clientIn finds the client beside a BIRD.
func clientIn(folder string) (string, error) {
	for _, name := range []string{client, simpleClient} {
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s has %s without its client: put %s or %s of the same build beside it", folder, daemon, client, simpleClient)
}
