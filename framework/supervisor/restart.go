package supervisor

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"
)

// runitPause is runit's (runsv(8)): a service that ended within a second of its start
// is started again a second later, any other one at once. There is no limit on how
// often.
const runitPause = time.Second

// lives reports whether the component runs, or is about to be started again.
func (r *running) lives() bool {
	return r.status.State == Running || r.status.State == Restarting
}

// restarts reports whether a component that has ended is to be started again.
func (r *running) restarts(ended error) bool {
	exit, ok := errors.AsType[*exec.ExitError](ended)
	return !r.asked && ok && slices.Contains(r.component.RestartOn, exit.ExitCode())
}

// restart starts a component again after its pause, and reports whether it did: a
// component that is stopped meanwhile stays so. The caller holds the lock, which is
// free during the pause.
func (s *Supervisor) restart(r *running) (bool, error) {
	var pause time.Duration
	if time.Since(r.status.Since) < s.pause {
		pause = s.pause
	}
	r.status.Restarts++
	r.status.State, r.status.PID, r.status.Since = Restarting, 0, time.Now()
	s.Note(r.status.Host, r.status.Name, fmt.Sprintf("has ended and asks to be started again: restart %d, after a pause of %s", r.status.Restarts, pause))
	s.mu.Unlock()
	select {
	case <-r.stop:
	case <-time.After(pause):
	}
	s.mu.Lock()
	if r.asked {
		return false, nil
	}
	if err := s.launch(r); err != nil {
		return false, err
	}
	return true, nil
}

// Note writes a line of the lab's own into a component's log. A log that cannot be
// written is an error when the component is started.
func (s *Supervisor) Note(host, component, text string) {
	log, err := s.openLog(host, component)
	if err != nil {
		return
	}
	defer log.Close()
	fmt.Fprintf(log, "rackproof: %s %s %s\n", time.Now().Format(time.RFC3339), component, text)
}
