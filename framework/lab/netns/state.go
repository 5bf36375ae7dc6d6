package netns

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab/netns/inside"
)

// StateRoot has a folder for each lab of this machine.
const StateRoot = "/run/rackproof/labs"

// Names of files in a lab's state folder that the lab's process does not need.
const (
	lockFile = "lock"
	pidFile  = "pid"
)

// folder is a lab's state folder.
type folder string

func folderOf(name string) (folder, error) {
	if !regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`).MatchString(name) {
		return "", fmt.Errorf("lab name %q: take small letters, digits and hyphens, 40 at most", name)
	}
	return folder(filepath.Join(StateRoot, name)), nil
}

func (f folder) name() string            { return filepath.Base(string(f)) }
func (f folder) path(name string) string { return filepath.Join(string(f), name) }
func (f folder) write(name string, data []byte) error {
	return os.WriteFile(f.path(name), data, 0o600)
}

// ErrNameInUse is the error for a lab that is there already.
var ErrNameInUse = errors.New("a lab of this name is up")

// ErrOtherKernel is the error for a lab that is inside User-Mode Linux, which only a
// program inside can look into (see AttachMachine).
var ErrOtherKernel = errors.New("it is inside User-Mode Linux")

// ErrNoLab is the error for a lab that is not there.
var ErrNoLab = errors.New("no such lab")

// create makes a lab's state folder and locks it. What a dead lab of the same
// name left is removed first.
func (f folder) create() (*os.File, error) {
	var lock *os.File
	err := exclusively(func() error {
		if f.alive() {
			return fmt.Errorf("lab %s: %w: choose another, or remove it by `rackproof lab down %s`", f.name(), ErrNameInUse, f.name())
		}
		if err := os.RemoveAll(string(f)); err != nil {
			return fmt.Errorf("lab %s: remove what an earlier lab left: %w", f.name(), err)
		}
		if err := os.MkdirAll(f.path(inside.LogFolder), 0o755); err != nil {
			return fmt.Errorf("lab %s: make its state folder: %w", f.name(), err)
		}
		file, err := os.OpenFile(f.path(lockFile), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return fmt.Errorf("lab %s: make its lock: %w", f.name(), err)
		}
		if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			return fmt.Errorf("lab %s: take its lock: %w", f.name(), err)
		}
		lock = file
		return nil
	})
	return lock, err
}

// alive tells whether somebody holds the folder's lock: the lab's process, or its
// starter while the process does not run yet. The kernel drops the lock with its
// last holder, however that ends.
func (f folder) alive() bool {
	file, err := os.Open(f.path(lockFile))
	if err != nil {
		return false
	}
	defer file.Close()
	return errors.Is(unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB), unix.EWOULDBLOCK)
}

// pid is the lab's process.
func (f folder) pid() (int, error) {
	data, err := os.ReadFile(f.path(pidFile))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(data)))
}

func (f folder) spec() (inside.Spec, error) {
	var spec inside.Spec
	return spec, f.readJSON(inside.SpecFile, &spec)
}

func (f folder) readJSON(name string, into any) error {
	data, err := os.ReadFile(f.path(name))
	if err != nil {
		return fmt.Errorf("lab %s: %w", f.name(), err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("lab %s: read %s: %w", f.name(), name, err)
	}
	return nil
}

// exclusively runs fn while no other process of this machine makes or removes a
// state folder.
func exclusively(fn func() error) error {
	if err := os.MkdirAll(StateRoot, 0o755); err != nil {
		return fmt.Errorf("make the folder of the labs' state: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(filepath.Dir(StateRoot), "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the lock of the labs' state: %w", err)
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("lock the labs' state: %w", err)
	}
	return fn()
}

// folders lists the state folders of this machine.
func folders() ([]folder, error) {
	entries, err := os.ReadDir(StateRoot)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the labs: %w", err)
	}
	var list []folder
	for _, entry := range entries {
		if entry.IsDir() {
			list = append(list, folder(filepath.Join(StateRoot, entry.Name())))
		}
	}
	return list, nil
}
