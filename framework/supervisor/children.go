package supervisor

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Reap collects orphans whenever a child ends, until ctx is done. Only the init
// of a PID namespace calls it: orphans come to nobody else.
func (s *Supervisor) Reap(ctx context.Context) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGCHLD)
	defer signal.Stop(signals)
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
			s.reaper.reap()
		}
	}
}

// children lists this process's children. A process's children are listed per
// thread; those of threads that have ended, and orphans, are the main thread's.
func children() []int {
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	var pids []int
	for _, list := range lists {
		data, _ := os.ReadFile(list)
		for word := range strings.FieldsSeq(string(data)) {
			if pid, err := strconv.Atoi(word); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
