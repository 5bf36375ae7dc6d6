package bench

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// procOf is a lab's own proc file system: it shows the processes of the lab's PID
// namespace, and no others. pid is the lab's process.
func procOf(pid int) string { return fmt.Sprintf("/proc/%d/root/proc", pid) }

// pss sums the proportional set sizes of all processes that a proc file system
// shows, in bytes: memory that processes share counts once in all (proc(5),
// smaps_rollup).
func pss(proc string) (uint64, error) {
	entries, err := os.ReadDir(proc)
	if err != nil {
		return 0, fmt.Errorf("list the processes: %w", err)
	}
	var sum uint64
	for _, entry := range entries {
		if _, err := strconv.Atoi(entry.Name()); err != nil {
			continue
		}
		size, err := processPSS(filepath.Join(proc, entry.Name(), "smaps_rollup"))
		if err != nil && !gone(err) {
			return 0, err
		}
		sum += size
	}
	if sum == 0 {
		return 0, fmt.Errorf("%s shows no processes", proc)
	}
	return sum, nil
}

// gone tells that a process has ended meanwhile, or is only waited for.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH)
}

// processPSS reads the line `Pss:  1234 kB`, where kB are 1024 bytes.
func processPSS(path string) (uint64, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		value, found := bytes.CutPrefix(lines.Bytes(), []byte("Pss:"))
		if !found {
			continue
		}
		number, _ := bytes.CutSuffix(bytes.TrimSpace(value), []byte(" kB"))
		size, err := strconv.ParseUint(string(number), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: line %q: %w", path, lines.Text(), err)
		}
		return size * 1024, nil
	}
	return 0, fmt.Errorf("%s has no line Pss", path)
}
