// Package registry keeps the state of labs on this machine: for each one a folder,
// with a lock that a process of the lab's holds as long as it lives. It knows no
// provider; each of them has a Root of its own.
package registry

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/gofrs/flock"
	"golang.org/x/sys/unix"
)

// ErrNameInUse is the error for a lab that is there already.
var ErrNameInUse = errors.New("a lab of this name is up")

// ErrNoLab is the error for a lab that is not there.
var ErrNoLab = errors.New("no such lab")

// LockFile is the name of the file that is locked by a process of the lab's as long as that lives. The kernel drops
// the lock with its last holder, however that ends.
const LockFile = "lock"

// Root has the folders of one provider's labs.
type Root struct {
	// Path is its own path.
	Path string
	// NameLength is how long a lab's name may be at most.
	NameLength int
}

// Folder is a lab's folder, by its path.
type Folder string

// Of is the folder of a lab of this name, whether it is there or not.
func (r Root) Of(name string) (Folder, error) {
	if len(name) > r.NameLength || !regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`).MatchString(name) {
		return "", fmt.Errorf("lab name %q: take small letters, digits and hyphens, %d at most", name, r.NameLength)
	}
	return Folder(filepath.Join(r.Path, name)), nil
}

// Create makes a lab's folder, with a folder for its logs, and locks it for this
// process. One for which taken is true is in use; what else is there under its name is
// removed.
func (r Root) Create(f Folder, logs string, taken func() bool) (*os.File, error) {
	var lock *os.File
	err := r.Exclusively(func() error {
		if taken() {
			return fmt.Errorf("lab %s: %w: choose another, or remove it by `rackproof lab down %s`", f.Name(), ErrNameInUse, f.Name())
		}
		if err := os.RemoveAll(string(f)); err != nil {
			return fmt.Errorf("lab %s: remove the rest of an earlier lab: %w", f.Name(), err)
		}
		if err := os.MkdirAll(f.Path(logs), 0o755); err != nil {
			return fmt.Errorf("lab %s: make its state folder: %w", f.Name(), err)
		}
		file, err := os.OpenFile(f.Path(LockFile), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return fmt.Errorf("lab %s: make its lock: %w", f.Name(), err)
		}
		if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			return errors.Join(fmt.Errorf("lab %s: take its lock: %w", f.Name(), err), file.Close())
		}
		lock = file
		return nil
	})
	return lock, err
}

// Remove removes a lab's folder.
func (r Root) Remove(f Folder) error {
	if err := r.Exclusively(func() error { return os.RemoveAll(string(f)) }); err != nil {
		return fmt.Errorf("lab %s: remove its state folder: %w", f.Name(), err)
	}
	return nil
}

// Exclusively runs fn while no other process of this machine makes or removes a folder.
func (r Root) Exclusively(fn func() error) error {
	if err := os.MkdirAll(r.Path, 0o755); err != nil {
		return fmt.Errorf("make the folder of the labs' state: %w", err)
	}
	lock := flock.New(r.Path + ".lock")
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("lock the labs' state: %w", err)
	}
	defer lock.Unlock()
	return fn()
}

// List lists the folders that are there, by name.
func (r Root) List() ([]Folder, error) {
	entries, err := os.ReadDir(r.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the labs: %w", err)
	}
	var list []Folder
	for _, entry := range entries {
		if entry.IsDir() {
			list = append(list, Folder(filepath.Join(r.Path, entry.Name())))
		}
	}
	return list, nil
}

// Name is the lab's name.
func (f Folder) Name() string { return filepath.Base(string(f)) }

// Path is the path of one of the folder's files.
func (f Folder) Path(name string) string { return filepath.Join(string(f), name) }

// Write writes a file whole, readable for its owner: others may be reading it.
func (f Folder) Write(name string, data []byte) error {
	path := f.Path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	partial := path + ".partial"
	if err := os.WriteFile(partial, data, 0o600); err != nil {
		return err
	}
	return os.Rename(partial, path)
}

// Held reports whether somebody holds the folder's lock.
func (f Folder) Held() bool {
	lock := flock.New(f.Path(LockFile), flock.SetFlag(os.O_RDONLY))
	defer lock.Unlock()
	free, err := lock.TryLock()
	return err == nil && !free
}
