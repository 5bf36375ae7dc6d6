package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sys/unix"
)

// StateFolder has the state of Rackproof's own daemon while it runs.
const StateFolder = "/run/rackproof/docker"

// Names of files in the state folder.
const (
	socketFile = "docker.sock"
	// lockFile is locked as long as the init lives.
	lockFile = "lock"
	// pidFile has the init's process number.
	pidFile = "pid"
	// logFile has the daemon's output.
	logFile = "log"
	// programFile is the program that is the init and the OCI runtime: a copy, as the
	// one that started the daemon may be gone when a container is started.
	programFile = "rackproof"
	// configFile is the daemon's configuration, in place of the machine's.
	configFile = "daemon.json"
	// execFolder has the daemon's and containerd's sockets and mounts.
	execFolder = "exec"
)

// pingTimeout bounds the wait for one answer of a daemon.
const pingTimeout = 5 * time.Second

// state is a state folder.
type state string

func stateAt(folder string) state { return state(folder) }

func (s state) path(name string) string { return filepath.Join(string(s), name) }

// host is the address that the daemon listens at.
func (s state) host() string { return "unix://" + s.path(socketFile) }

// controlGroup is the control group, in each hierarchy, below which those of the
// containers are made. It is the daemon's alone, so that what a killed one has left can
// be told from another's.
func (s state) controlGroup() string {
	digest := sha256.Sum256([]byte(s))
	return "/rackproof-" + hex.EncodeToString(digest[:4])
}

// pid is the init's process number.
func (s state) pid() (int, error) {
	data, err := os.ReadFile(s.path(pidFile))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(data)))
}

// alive reports whether somebody holds the lock: the init, or its starter while the
// init does not run yet. The kernel drops it with its last holder, however that ends.
func (s state) alive() bool {
	lock := flock.New(s.path(lockFile), flock.SetFlag(os.O_RDONLY))
	defer lock.Unlock()
	free, err := lock.TryLock()
	return err == nil && !free
}

// lock takes the lock, for the init to inherit.
func (s state) lock() (*os.File, error) {
	file, err := os.OpenFile(s.path(lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// daemon is the daemon of a state folder, if it runs and answers.
func (s state) daemon(ctx context.Context) (*Daemon, error) {
	if !s.alive() {
		return nil, ErrNotReachable
	}
	pid, err := s.pid()
	if err != nil {
		return nil, fmt.Errorf("find the process of Rackproof's Docker daemon: %w", err)
	}
	d := &Daemon{host: s.host(), init: pid}
	return d, d.ping(ctx)
}
