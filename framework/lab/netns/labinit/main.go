package labinit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/supervisor"
)

// Main is the lab's process: it makes the lab of the specification in a state
// folder and returns the process's exit status when the lab is to end. Its
// starter has put it into namespaces of its own and left it the file descriptors
// that this package names.
func Main(state string) int {
	l := &process{
		events: json.NewEncoder(os.NewFile(eventFD, "events")),
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	// The owner's terminal sends its signals to the owner, which decides.
	signal.Ignore(unix.SIGINT, unix.SIGHUP, unix.SIGPIPE)
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, unix.SIGTERM)
	go l.watchOwner(cancel)
	go func() {
		<-terminate
		cancel(errDown)
	}()
	err := l.run(ctx, cancel, state)
	if err != nil && !errors.Is(err, errDown) {
		l.tell(Event{Error: err.Error()})
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

var (
	errDown = errors.New("the lab was taken down")
	// errOrphaned ends a lab whose owner is gone.
	errOrphaned = fmt.Errorf("%w: its owner has ended", errDown)
)

// process is the state of a lab's process.
type process struct {
	mu     sync.Mutex
	events *json.Encoder
}

// tell sends an event to the owner. A lab without an owner goes on in silence.
func (l *process) tell(event Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.events.Encode(event)
}

// watchOwner ends the lab when its owner ends without having released it.
func (l *process) watchOwner(cancel context.CancelCauseFunc) {
	lifeline := os.NewFile(lifelineFD, "lifeline")
	var b [1]byte
	if n, _ := lifeline.Read(b[:]); n == 1 && b[0] == Release {
		return
	}
	cancel(errOrphaned)
}

// phase tells when a phase begins and returns what tells its end.
func (l *process) phase(name string) func(error) {
	began := time.Now()
	l.tell(Event{Phase: name})
	return func(err error) {
		event := Event{Phase: name, Done: true, Seconds: time.Since(began).Seconds()}
		if err != nil {
			event.Error = err.Error()
		}
		l.tell(event)
	}
}

// run makes the lab and keeps it until ctx is done.
func (l *process) run(ctx context.Context, cancel context.CancelCauseFunc, state string) error {
	spec, err := readSpec(state)
	if err != nil {
		return err
	}
	var view *os.File
	if spec.VirtualMachine != nil {
		if view, err = keepView(state, spec.VirtualMachine.MemoryMiB); err != nil {
			return fmt.Errorf("lab %s: keep this machine's files for User-Mode Linux: %w", spec.Name, err)
		}
	}
	if err := makeRoot(state, spec); err != nil {
		return fmt.Errorf("lab %s: %w", spec.Name, err)
	}
	// os/exec looks programs up in this process's own PATH.
	if err := os.Setenv("PATH", SearchPath(spec)); err != nil {
		return fmt.Errorf("lab %s: set its PATH: %w", spec.Name, err)
	}
	if err := unix.Sethostname([]byte(spec.Name)); err != nil {
		return fmt.Errorf("lab %s: set its host name: %w", spec.Name, err)
	}
	var ready atomic.Bool
	lab := &running{process: l, spec: spec, hosts: map[string]namespace.Set{}}
	lab.supervisor = supervisor.New(filepath.Join(stateFolder, LogFolder), func(status supervisor.Status) {
		if lab.machine != nil && lab.machine.controlPlaneDied(status) {
			return // its lab, inside, has been told
		}
		l.tell(Event{Error: status.Error})
		// A death while the lab is being made ends the making. Later the lab stays for
		// inspection, and its owner knows. After the death of a kernel there is nothing
		// to inspect.
		if !ready.Load() || lab.machine != nil {
			cancel(errors.New(status.Error))
		}
	})
	go lab.supervisor.Reap(ctx)
	begin := lab.start
	switch {
	case spec.Prepare != "":
		begin = lab.prepare
	case spec.VirtualMachine != nil:
		lab.machine = newVirtualMachine(lab, view, state)
		begin = lab.machine.start
	}
	if err := begin(ctx); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return fmt.Errorf("lab %s: %w", spec.Name, err)
	}
	ready.Store(true)
	l.tell(Event{Ready: true})
	if spec.Prepare != "" {
		return nil
	}
	<-ctx.Done()
	return context.Cause(ctx)
}
