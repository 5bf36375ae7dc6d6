// Package diskspace tells how much room a file system has, so that long work
// can refuse to start where it could not end. It knows nothing of what needs
// the room.
package diskspace

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Space is the room on the file system that a path lies on, or would lie on.
type Space struct {
	// Device tells file systems apart: two paths with the same device share
	// the room.
	Device uint64
	// Free is what an ordinary user may still write, in bytes.
	Free uint64
}

// Of measures the file system of path. A path that does not exist yet is
// measured where its nearest existing parent lies.
func Of(path string) (Space, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return Space{}, fmt.Errorf("measure free space of %s: %w", path, err)
	}
	for existing := absolute; ; existing = filepath.Dir(existing) {
		var stat unix.Stat_t
		err := unix.Stat(existing, &stat)
		if errors.Is(err, fs.ErrNotExist) && existing != filepath.Dir(existing) {
			continue
		}
		if err != nil {
			return Space{}, fmt.Errorf("measure free space of %s: %w", existing, err)
		}
		var statfs unix.Statfs_t
		if err := unix.Statfs(existing, &statfs); err != nil {
			return Space{}, fmt.Errorf("measure free space of %s: %w", existing, err)
		}
		return Space{Device: stat.Dev, Free: statfs.Bavail * uint64(statfs.Bsize)}, nil
	}
}

// Format writes bytes for people, in decimal units as df -H does.
func Format(bytes uint64) string {
	if bytes < 1e9 {
		return fmt.Sprintf("%d MB", bytes/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
}
