package supervisor

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"
)

// A component that asks to be started again more often than restartLimit times in
// restartWindow does not get anywhere, and is dead.
const (
	restartLimit  = 10
	restartWindow = time.Minute
)

// restart starts a component again that has ended and asks for it by its exit
// status, and tells whether it did; the error says why not where it should have. The
// caller holds the lock.
func (s *Supervisor) restart(r *running, ended error) (bool, error) {
	exit, ok := errors.AsType[*exec.ExitError](ended)
	if r.asked || !ok || !slices.Contains(r.component.RestartOn, exit.ExitCode()) {
		return false, nil
	}
	now := time.Now()
	r.restarted = slices.DeleteFunc(r.restarted, func(at time.Time) bool { return now.Sub(at) > restartWindow })
	if len(r.restarted) >= restartLimit {
		return false, fmt.Errorf("it was started again %d times within %s", restartLimit, restartWindow)
	}
	r.restarted = append(r.restarted, now)
	r.status.Restarts++
	s.Note(r.status.Host, r.status.Name, fmt.Sprintf("ended with exit status %d, by which it asks to be started again, and is (%d so far)", exit.ExitCode(), r.status.Restarts))
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
