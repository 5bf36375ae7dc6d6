package supervisor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/rackproof/rackproof/framework/namespace"
)

// Supervisor runs components. It is safe for concurrent use.
type Supervisor struct {
	logs string
	// died is called, once per death, with the status of a component that ended
	// unasked.
	died func(Status)

	reaper reaper
	// pause is how long a component that ended within this time of its start waits
	// before it is started again.
	pause time.Duration

	mu         sync.Mutex
	components map[key]*running
	// equal says that ShareEqually was called, or could not take back what StartNice makes.
	equal bool
}

type key struct{ host, name string }

type running struct {
	component Component
	status    Status
	asked     bool
	// stop is closed when the component is stopped on request, ended when it has
	// ended permanently.
	stop, ended chan struct{}
}

// New makes a supervisor that keeps logs in a folder, one file per component,
// and calls died when a component ends unasked.
func New(logs string, died func(Status)) *Supervisor {
	return &Supervisor{logs: logs, died: died, pause: runitPause, components: map[key]*running{}, equal: !mayRaise()}
}

// Start starts a component. Its output goes to its log, behind what an earlier
// run of it left there.
func (s *Supervisor) Start(c Component) error {
	k := key{c.Host, c.Name}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.components[k]; ok && old.lives() {
		return fmt.Errorf("%s: %s runs already", c.Host, c.Name)
	}
	r := &running{component: c, status: Status{Host: c.Host, Name: c.Name}, stop: make(chan struct{}), ended: make(chan struct{})}
	if err := s.launch(r); err != nil {
		return err
	}
	s.components[k] = r
	return nil
}

// launch starts a component's process. The caller holds the lock.
func (s *Supervisor) launch(r *running) error {
	c := r.component
	log, err := s.openLog(c.Host, c.Name)
	if err != nil {
		return err
	}
	defer log.Close()
	if c.Starting != nil {
		c.Starting()
	}
	cmd := command(context.Background(), c)
	cmd.Stdout, cmd.Stderr = log, log
	nice := c.StartNice
	if s.equal {
		nice = 0
	}
	if err := s.reaper.start(c.Namespaces, nice, cmd); err != nil {
		return fmt.Errorf("%s: start %s: %w", c.Host, c.Name, err)
	}
	r.status.PID, r.status.State, r.status.Since = cmd.Process.Pid, Running, time.Now()
	go s.wait(r, cmd)
	return nil
}

// Run runs a command of a component to its end. An error shows its last lines.
func (s *Supervisor) Run(ctx context.Context, c Component) error {
	log, err := s.openLog(c.Host, c.Name)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := command(ctx, c)
	cmd.Stdout, cmd.Stderr = log, log
	if err := s.StartCommand(c.Namespaces, cmd); err != nil {
		return fmt.Errorf("%s: start %s: %w", c.Host, c.Name, err)
	}
	if err := s.WaitCommand(cmd); err != nil {
		return fmt.Errorf("%s: %s: %w%s", c.Host, c.Name, err, s.lastLines(c.Host, c.Name))
	}
	return nil
}

// StartCommand starts any command inside namespaces, so that Reap leaves its exit
// status to WaitCommand, which has to follow.
func (s *Supervisor) StartCommand(namespaces namespace.Set, cmd *exec.Cmd) error {
	return s.reaper.start(namespaces, 0, cmd)
}

// WaitCommand waits for a command that StartCommand has started.
func (s *Supervisor) WaitCommand(cmd *exec.Cmd) error {
	defer s.reaper.forget(cmd.Process.Pid)
	return cmd.Wait()
}

func command(ctx context.Context, c Component) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.Argv[0], c.Argv[1:]...)
	cmd.Env = c.Env
	cmd.Dir = "/"
	// A group of its own, so that a stop reaches what the component has started.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// wait waits until a component's process has ended, and starts it again if it asks
// for it.
func (s *Supervisor) wait(r *running, cmd *exec.Cmd) {
	err := s.WaitCommand(cmd)
	s.mu.Lock()
	again := r.restarts(err)
	var failure error
	if again {
		again, failure = s.restart(r)
	}
	if again {
		s.mu.Unlock()
		return
	}
	r.status.Since, r.status.PID = time.Now(), 0
	if r.asked {
		r.status.State = Stopped
	} else {
		if failure != nil {
			err = fmt.Errorf("%w; %w", err, failure)
		}
		r.status.State = Dead
		r.status.Error = fmt.Sprintf("%s: %s ended unasked (%s)%s", r.status.Host, r.status.Name,
			describeExit(err), s.lastLines(r.status.Host, r.status.Name))
	}
	status := r.status
	s.mu.Unlock()
	close(r.ended)
	if status.State == Dead {
		s.died(status)
	}
}

func describeExit(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// ErrUnknownComponent is the error for a component that was never started.
var ErrUnknownComponent = errors.New("no such component")

// Stop ends a running component on request by a signal to its process group, and
// waits until it has ended. Stopping a stopped component is no error.
func (s *Supervisor) Stop(ctx context.Context, host, name string, signal syscall.Signal) error {
	s.mu.Lock()
	r, ok := s.components[key{host, name}]
	if !ok {
		s.mu.Unlock()
		return fmt.Errorf("%s: stop %s: %w", host, name, ErrUnknownComponent)
	}
	if !r.lives() {
		s.mu.Unlock()
		return nil
	}
	if !r.asked {
		r.asked = true
		close(r.stop)
	}
	// A component that is between two runs has no process.
	pid := r.status.PID
	s.mu.Unlock()
	if pid != 0 {
		if err := syscall.Kill(-pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("%s: stop %s: %w", host, name, err)
		}
	}
	select {
	case <-r.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: wait for %s to end after signal %s: %w", host, name, signal, ctx.Err())
	}
}

// Restart starts a component again that was stopped or has died.
func (s *Supervisor) Restart(host, name string) error {
	s.mu.Lock()
	r, ok := s.components[key{host, name}]
	s.mu.Unlock()
	if !ok {
		return fmt.Errorf("%s: start %s: %w", host, name, ErrUnknownComponent)
	}
	return s.Start(r.component)
}

// Forget takes a component that does not run off the list of components; one that
// was never started is forgotten already.
func (s *Supervisor) Forget(host, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key{host, name}
	if r, ok := s.components[k]; ok && r.lives() {
		return fmt.Errorf("%s: forget %s: it runs", host, name)
	}
	delete(s.components, k)
	return nil
}

// Runs reports whether a component runs, or is about to be started again.
func (s *Supervisor) Runs(host, name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.components[key{host, name}]
	return ok && r.lives()
}

// Status lists all components, by host and name.
func (s *Supervisor) Status() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Status, 0, len(s.components))
	for _, r := range s.components {
		list = append(list, r.status)
	}
	slices.SortFunc(list, func(a, b Status) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// LogPath is the file that a component's output goes to.
func LogPath(logs, host, name string) string {
	return filepath.Join(logs, host, name+".log")
}

func (s *Supervisor) openLog(host, name string) (*os.File, error) {
	path := LogPath(s.logs, host, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("%s: open the log of %s: %w", host, name, err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("%s: open the log of %s: %w", host, name, err)
	}
	return f, nil
}
