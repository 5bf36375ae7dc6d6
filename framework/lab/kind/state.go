package kind

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/topology"
)

// StateRoot has a folder for each lab on kind of this machine.
const StateRoot = "/run/rackproof/kind"

// Names of the files in a lab's state folder.
const (
	// lockFile is locked by the process that brought the lab up, as long as that lives.
	lockFile   = "lock"
	recordFile = "lab.json"
	// kubeconfigFile is an administrator's kubeconfig, for the control plane's container.
	kubeconfigFile = "kubeconfig"
	topologyFile   = "fabric.clab.yml"
	logFolder      = "logs"
	routerFolder   = "routers"
	nodeFolder     = "nodes"
)

// record is what is known of a lab, also to other processes.
type record struct {
	Name string `json:"name"`
	// Topology is the lab's, with the management addresses that Docker gave.
	Topology      *topology.Topology `json:"topology"`
	Mode          *calico.Mode       `json:"mode"`
	CalicoVersion string             `json:"calicoVersion"`
	Images        Images             `json:"images"`
	// Docker is the daemon's address.
	Docker string    `json:"docker"`
	PID    int       `json:"pid"`
	Since  time.Time `json:"since"`
	// Ready says that the lab is up, Released that it lives without its process.
	Ready    bool `json:"ready"`
	Released bool `json:"released"`
}

// folder is a lab's state folder.
type folder string

func folderOf(name string) (folder, error) {
	// The longest name in Docker is the control plane's, which is a host name.
	if !regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,37}[a-z0-9])?$`).MatchString(name) {
		return "", fmt.Errorf("lab name %q: take small letters, digits and hyphens, 39 at most", name)
	}
	return folder(filepath.Join(StateRoot, name)), nil
}

func (f folder) name() string            { return filepath.Base(string(f)) }
func (f folder) path(name string) string { return filepath.Join(string(f), name) }

// write writes a file whole: others may be reading it.
func (f folder) write(name string, data []byte) error {
	path := f.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	partial := path + ".partial"
	if err := os.WriteFile(partial, data, 0o600); err != nil {
		return err
	}
	return os.Rename(partial, path)
}

func (f folder) writeRecord(r record) error {
	data, err := json.Marshal(r)
	if err == nil {
		err = f.write(recordFile, data)
	}
	if err != nil {
		return fmt.Errorf("lab %s: write its record: %w", f.name(), err)
	}
	return nil
}

func (f folder) record() (record, error) {
	var r record
	data, err := os.ReadFile(f.path(recordFile))
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		return record{}, fmt.Errorf("lab %s: read its record: %w", f.name(), err)
	}
	return r, nil
}

// ErrNameInUse is the error for a lab that is there already.
var ErrNameInUse = errors.New("a lab of this name is up")

// ErrNoLab is the error for a lab that is not there.
var ErrNoLab = errors.New("no such lab")

// create makes a lab's state folder and locks it for this process.
func (f folder) create() (*os.File, error) {
	var lock *os.File
	err := exclusively(func() error {
		if _, err := os.Stat(string(f)); err == nil {
			return fmt.Errorf("lab %s: %w: choose another, or remove it by `rackproof lab down %s`", f.name(), ErrNameInUse, f.name())
		}
		if err := os.MkdirAll(f.path(logFolder), 0o755); err != nil {
			return fmt.Errorf("lab %s: make its state folder: %w", f.name(), err)
		}
		file, err := os.OpenFile(f.path(lockFile), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return fmt.Errorf("lab %s: make its lock: %w", f.name(), err)
		}
		if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			return errors.Join(fmt.Errorf("lab %s: take its lock: %w", f.name(), err), file.Close())
		}
		lock = file
		return nil
	})
	return lock, err
}

// owned tells whether the process that brought the lab up lives and holds it. The
// kernel drops the lock with the process, however that ends.
func (f folder) owned() bool {
	file, err := os.Open(f.path(lockFile))
	if err != nil {
		return false
	}
	defer file.Close()
	return errors.Is(unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB), unix.EWOULDBLOCK)
}

// abandoned tells whether nobody wants the lab any more: it was not released, and its
// process is gone.
func (f folder) abandoned() bool {
	if f.owned() {
		return false
	}
	r, err := f.record()
	return err != nil || !r.Released
}

// exclusively runs fn while no other process of this machine makes or removes a
// state folder.
func exclusively(fn func() error) error {
	if err := os.MkdirAll(StateRoot, 0o755); err != nil {
		return fmt.Errorf("make the folder of the labs' state: %w", err)
	}
	lock, err := os.OpenFile(StateRoot+".lock", os.O_CREATE|os.O_RDWR, 0o600)
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
