package supervisor

import (
	"os/exec"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/namespace"
)

// reaper collects the processes that a PID namespace's init inherits, without
// taking away the exit status of those that were started here.
type reaper struct {
	mu  sync.Mutex
	own map[int]bool
}

// start starts cmd and registers it before any reaping can see it.
func (r *reaper) start(namespaces namespace.Set, nice int, cmd *exec.Cmd) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := namespaces.Do(func() error {
		if nice != 0 {
			// The thread's own; the process inherits it.
			if err := unix.Setpriority(unix.PRIO_PROCESS, 0, nice); err != nil {
				return err
			}
		}
		return cmd.Start()
	})
	if err != nil {
		return err
	}
	if r.own == nil {
		r.own = map[int]bool{}
	}
	r.own[cmd.Process.Pid] = true
	return nil
}

// forget drops a process that has been waited for.
func (r *reaper) forget(pid int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.own, pid)
}

// reap collects ended processes that nobody here started. It returns when there
// is none left that it may take.
func (r *reaper) reap() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, pid := range children() {
		if !r.own[pid] {
			var status unix.WaitStatus
			_, _ = unix.Wait4(pid, &status, unix.WNOHANG, nil)
		}
	}
}
