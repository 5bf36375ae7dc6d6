package supervisor

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// ShareEqually ends the differences that StartNice has made: from now on all components,
// also those that are started later, want the processor as the supervisor itself does.
func (s *Supervisor) ShareEqually() error {
	own, err := niceOf(0)
	if err != nil {
		return fmt.Errorf("read the supervisor's own nice value: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.equal = true
	var failures []error
	for _, r := range s.components {
		pid := r.status.PID
		if r.component.StartNice == 0 || pid == 0 {
			continue
		}
		// Of a process group Linux changes every thread, of a process its first alone. The
		// programs that a component has started are in its group.
		if err := unix.Setpriority(unix.PRIO_PGRP, pid, own); err != nil && !errors.Is(err, unix.ESRCH) {
			failures = append(failures, fmt.Errorf("%s: set the nice value of %s to %d: %w", r.component.Host, r.component.Name, own, err))
		}
	}
	return errors.Join(failures...)
}

// mayRaise reports whether this process may lower a nice value, which takes CAP_SYS_NICE: a
// container without it starts all components alike.
func mayRaise() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false
	}
	return data[0].Effective&(1<<unix.CAP_SYS_NICE) != 0
}

// niceOf returns the nice value of a thread; 0 is the caller's.
func niceOf(thread int) (int, error) {
	const highest = 20
	value, err := unix.Getpriority(unix.PRIO_PROCESS, thread)
	return highest - value, err // the system call returns 20 less the nice value (getpriority(2))
}
