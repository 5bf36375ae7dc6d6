package launch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/topology"
)

// readyTimeout bounds the wait for sessions and pods once every component runs:
// many times what they need, so that a lab that will never be ready is told apart
// from a slow machine.
const readyTimeout = 4 * time.Minute

// Up checks the machine, brings a lab up and waits until it is ready. A lab that
// does not get ready is taken down again; the error says why.
func (p Providers) Up(ctx context.Context, provider lab.Provider, options lab.Options) (lab.Running, error) {
	if err := Check(ctx, provider, options); err != nil {
		return nil, err
	}
	if err := p.checkName(options.Name); err != nil {
		return nil, err
	}
	workload, err := fixtures.Workload(fixtures.WorkloadName)
	if err != nil {
		return nil, err
	}
	options.Workload, options.Progress = workload, serialise(options.Progress)
	l, err := provider.Up(ctx, options)
	if err != nil {
		return nil, err
	}
	err = untilReady(ctx, l, func() error {
		if err := waitReady(ctx, l, options.Progress); err != nil {
			return err
		}
		if sharer, ok := l.(lab.Sharer); ok {
			if err := sharer.ShareEqually(ctx); err != nil {
				return err
			}
		}
		ctx, cancel := context.WithTimeout(ctx, readyTimeout)
		defer cancel()
		return phase(ctx, "services", options.Progress, func() error { return waitForServices(ctx, l) })()
	})
	if err != nil {
		return nil, fmt.Errorf("lab %s: %w", l.Name(), err)
	}
	return l, nil
}

// Phases are the phases of a bring-up, in the order in which they begin. Some run side by
// side: the sessions beside the pods, and what the provider says. The services come last.
func Phases(provider lab.Provider, mode *calico.Mode) []string {
	phases := append(provider.Phases(), "sessions", "pods")
	if mode.RouteOwner != calico.BIRDOwns {
		phases = append(phases, "routes")
	}
	return append(phases, "services")
}

// untilReady waits until a lab is ready. One that does not get ready is taken down, also
// if wait panics.
func untilReady(ctx context.Context, l interface{ Down(context.Context) error }, wait func() error) (err error) {
	ready := false
	defer func() {
		if !ready {
			err = errors.Join(err, l.Down(context.WithoutCancel(ctx)))
		}
	}()
	err = wait()
	ready = err == nil
	return err
}

// Check reports whether a lab can be brought up on this machine: the design is sound
// (oracle.CheckDesign), the machine has what the mode needs, the components are built, and the
// pools' routes have the owner that the mode states. It makes nothing.
func Check(ctx context.Context, provider lab.Provider, options lab.Options) error {
	if err := CheckTopology(options.Topology); err != nil {
		return err
	}
	if err := oracle.CheckDesign(options.Topology, options.Mode, drivers.Software()); err != nil {
		return err
	}
	if err := provider.Check(ctx, options); err != nil {
		return err
	}
	return checkOwner(ctx, provider, options)
}

// CheckTopology refuses a topology that no lab can be made of: a cluster needs a node.
func CheckTopology(t *topology.Topology) error {
	if len(t.Nodes()) == 0 {
		return fmt.Errorf("topology %s has no node, and a lab needs one: add a host with role node, rack, as and management, and an end for it on its leaf's link", t.Name)
	}
	return nil
}

// checkOwner reports whether a design's routes have the owner that the mode states in the
// provider's version of Calico, whether the owner can make them, and whether the oracle has
// that version's rules.
func checkOwner(ctx context.Context, provider lab.Provider, options lab.Options) error {
	text, err := provider.CalicoVersion()
	if err != nil {
		return err
	}
	if err := oracle.CheckVersion(text); err != nil {
		return err
	}
	version, err := calico.ParseVersion(text)
	if err != nil {
		return err
	}
	if err := options.Mode.CheckOwner(version); err != nil {
		return err
	}
	if own, err := provider.CalicoBIRD(ctx, options.BIRD); own || err != nil {
		return err
	}
	return bird.CheckMode(options.Mode)
}

// waitReady waits for sessions and pods, side by side, and for routes where Felix
// makes them; no longer than the lab's components live.
func waitReady(ctx context.Context, l lab.Running, progress func(lab.Event)) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	go func() {
		select {
		case err := <-l.Died():
			fail(err)
		case <-ctx.Done():
		}
	}()
	tasks, both := errgroup.WithContext(ctx)
	tasks.Go(phase(both, "sessions", progress, func() error { return waitForSessions(both, l) }))
	tasks.Go(phase(both, "pods", progress, func() error { return waitForWorkload(both, l) }))
	if err := tasks.Wait(); err != nil || l.Mode().RouteOwner == calico.BIRDOwns {
		return err
	}
	// Routes of BIRD's are there as soon as its sessions are. Felix's and flannel's come when
	// these have started, which neither sessions nor pods wait for.
	return phase(ctx, "routes", progress, func() error { return waitForRoutes(ctx, l) })()
}

// phase tells when something begins and ends.
func phase(ctx context.Context, name string, progress func(lab.Event), run func() error) func() error {
	return func() error {
		began := time.Now()
		progress(lab.Event{Phase: name})
		err := run()
		if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
			err = errors.Join(cause, err)
		}
		event := lab.Event{Phase: name, Done: true, Seconds: time.Since(began).Seconds()}
		if err != nil {
			event.Error = err.Error()
		}
		progress(event)
		return err
	}
}

func serialise(progress func(lab.Event)) func(lab.Event) {
	var mu sync.Mutex
	return func(event lab.Event) {
		if progress == nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		progress(event)
	}
}
