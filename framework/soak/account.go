package soak

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// Accounting says how processor time was measured.
type Accounting string

// The ways of accounting.
const (
	// ByCgroup counts all processes of a suite and its labs, whoever waits for them.
	// Containers of a Docker daemon are not among them.
	ByCgroup Accounting = "by a cgroup v2 for each suite"
	// ByRusage counts the test program and those of its descendants that were waited for.
	ByRusage Accounting = "by rusage of the test programs and the children that they waited for"
)

// account is a cgroup of its own for one suite.
type account struct {
	path   string
	folder *os.File
}

// removeTimeout bounds the wait for the last processes of a cgroup.
const removeTimeout = 5 * time.Second

// accountPrefix begins the names of cgroups; this process's number and a suite's name follow.
const accountPrefix = "rackproof-soak-"

// openAccount makes a cgroup for a suite below this process's own. The cgroup v2 file
// system counts processor time in any cgroup, also where no controller is enabled and
// beside cgroup v1.
func openAccount(suite string) (*account, error) {
	parent, err := ownCgroup()
	if err != nil {
		return nil, err
	}
	sweep(parent)
	path := filepath.Join(parent, fmt.Sprintf("%s%d-%s", accountPrefix, os.Getpid(), suite))
	if err := os.Mkdir(path, 0o755); err != nil {
		return nil, fmt.Errorf("make a cgroup: %w", err)
	}
	folder, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open a cgroup: %w", errors.Join(err, os.Remove(path)))
	}
	a := &account{path, folder}
	if _, err := a.used(); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// sweep removes the cgroups of soaks that were killed. Those with processes stay.
func sweep(parent string) {
	left, err := filepath.Glob(filepath.Join(parent, accountPrefix+"*"))
	if err != nil {
		return // the pattern is right
	}
	for _, path := range left {
		number, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(path), accountPrefix), "-")
		if pid, err := strconv.Atoi(number); err == nil && errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
			_ = os.Remove(path) // the next soak tries again
		}
	}
}

// ownCgroup finds this process's cgroup in the cgroup v2 file system.
func ownCgroup() (string, error) {
	self, err := procfs.Self()
	if err != nil {
		return "", fmt.Errorf("find the own cgroup: %w", err)
	}
	groups, err := self.Cgroups()
	if err != nil {
		return "", fmt.Errorf("find the own cgroup: %w", err)
	}
	at := slices.IndexFunc(groups, func(g procfs.Cgroup) bool { return g.HierarchyID == 0 })
	if at < 0 {
		return "", errors.New("find the own cgroup: the process is in no cgroup v2")
	}
	for _, mount := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		var system unix.Statfs_t
		if unix.Statfs(mount, &system) == nil && system.Type == unix.CGROUP2_SUPER_MAGIC {
			return filepath.Join(mount, groups[at].Path), nil
		}
	}
	return "", errors.New("find the own cgroup: no cgroup v2 file system is mounted")
}

// used is the processor time that the cgroup has used.
func (a *account) used() (time.Duration, error) {
	stat, err := os.ReadFile(filepath.Join(a.path, "cpu.stat"))
	if err != nil {
		return 0, fmt.Errorf("read the processor time of a cgroup: %w", err)
	}
	return usageIn(stat)
}

// usageIn reads the processor time in cpu.stat.
func usageIn(stat []byte) (time.Duration, error) {
	lines := bufio.NewScanner(bytes.NewReader(stat))
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "usage_usec "); ok {
			microseconds, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return 0, fmt.Errorf("read the processor time of a cgroup: %w", err)
			}
			return time.Duration(microseconds) * time.Microsecond, nil
		}
	}
	return 0, errors.New("read the processor time of a cgroup: it has no usage_usec")
}

// close removes the cgroup. One that still has processes stays: a lab was kept.
func (a *account) close() error {
	err := a.folder.Close()
	deadline := time.Now().Add(removeTimeout)
	for {
		removed := os.Remove(a.path)
		if !errors.Is(removed, unix.EBUSY) {
			return errors.Join(err, removed)
		}
		if time.Now().After(deadline) {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}
