package bench

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// procOf is a lab's own proc file system: it shows the processes of the lab's PID
// namespace, and no others. pid is the lab's process.
func procOf(pid int) string { return fmt.Sprintf("/proc/%d/root/proc", pid) }

// pss sums the proportional set sizes of all processes that a proc file system
// shows, in bytes: memory that processes share counts once in all (proc(5),
// smaps_rollup).
func pss(proc string) (uint64, error) {
	system, err := procfs.NewFS(proc)
	if err != nil {
		return 0, fmt.Errorf("list the processes: %w", err)
	}
	processes, err := system.AllProcs()
	if err != nil {
		return 0, fmt.Errorf("list the processes: %w", err)
	}
	var sum uint64
	for _, process := range processes {
		memory, err := process.ProcSMapsRollup()
		if err != nil && !gone(err) {
			return 0, fmt.Errorf("read the memory of process %d: %w", process.PID, err)
		}
		if err == nil && memory.Rss > 0 && memory.Pss == 0 {
			return 0, fmt.Errorf("read the memory of process %d: its smaps_rollup has no Pss", process.PID)
		}
		sum += memory.Pss
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
