package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/launch"
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
func Measure(ctx context.Context, providers launch.Providers, provider lab.Provider, options lab.Options) (Run, error) {
	phases := NewPhaseTimes(options.Progress)
	options.Progress = phases.Record
	began := time.Now()
	l, err := providers.Up(ctx, provider, options)
	if err != nil {
		return Run{}, err
	}
	run := Run{Ready: time.Since(began).Seconds(), Phases: phases.Seconds()}
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

func memoryOf(l lab.Running) (uint64, error) {
	viewer, err := lab.ProcessViewerOf(l)
	if err != nil {
		return 0, err
	}
	memory, err := sumPSS(viewer.ProcFileSystems()...)
	if err != nil {
		return 0, fmt.Errorf("lab %s: measure its memory: %w", l.Name(), err)
	}
	return memory, nil
}

// Memory is the proportional set size of a lab's process and its descendants, in bytes.
func Memory(pid int) (uint64, error) { return sumPSS(procOf(pid)) }

func sumPSS(procs ...string) (uint64, error) {
	var sum uint64
	for _, proc := range procs {
		size, err := pss(proc)
		if err != nil {
			return 0, err
		}
		sum += size
	}
	return sum, nil
}
