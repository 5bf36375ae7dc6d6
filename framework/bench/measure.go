package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rackproof/rackproof/framework/lab/netns"
	"github.com/rackproof/rackproof/framework/lab/netns/inside"
	"github.com/rackproof/rackproof/framework/launch"
)

// downTimeout bounds a teardown, which takes fractions of a second.
const downTimeout = 30 * time.Second

// Run is one bring-up and teardown of a lab. Times are in seconds.
type Run struct {
	// Phases are the times of the bring-up's phases, which overlap.
	Phases map[string]float64 `json:"phases"`
	// Ready is the time from nothing to a lab that is ready to be tested.
	Ready float64 `json:"ready"`
	// Teardown is the time until nothing of the lab is left.
	Teardown float64 `json:"teardown"`
	// Memory is the proportional set size of all of the ready lab's processes, in
	// bytes.
	Memory uint64 `json:"memory"`
}

// Measure brings a lab up and takes it down again. Whatever happens, the lab is
// gone afterwards.
func Measure(ctx context.Context, options launch.Options) (Run, error) {
	phases := recorder{seconds: map[string]float64{}, next: options.Progress}
	options.Progress = phases.record
	began := time.Now()
	l, err := launch.Up(ctx, options)
	if err != nil {
		return Run{}, err
	}
	run := Run{Ready: time.Since(began).Seconds(), Phases: phases.taken()}
	run.Memory, err = memoryOf(l)
	began = time.Now()
	downCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), downTimeout)
	defer cancel()
	if err := errors.Join(err, l.Down(downCtx)); err != nil {
		return Run{}, err
	}
	run.Teardown = time.Since(began).Seconds()
	return run, ctx.Err()
}

func memoryOf(l *netns.Lab) (uint64, error) {
	memory, err := pss(procOf(l.PID()))
	if err != nil {
		return 0, fmt.Errorf("lab %s: measure its memory: %w", l.Name(), err)
	}
	return memory, nil
}

// recorder keeps the times of phases and passes the news on.
type recorder struct {
	mu      sync.Mutex
	seconds map[string]float64
	next    func(inside.Event)
}

func (r *recorder) record(event inside.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if event.Phase != "" && event.Done {
		r.seconds[event.Phase] = event.Seconds
	}
	if r.next != nil {
		r.next(event)
	}
}

// taken returns the times; what is told later is of no interest.
func (r *recorder) taken() map[string]float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.seconds
	r.seconds = map[string]float64{}
	return taken
}
