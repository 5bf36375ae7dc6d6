package launch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/capability"
	"github.com/rackproof/rackproof/framework/lab/netns"
	"github.com/rackproof/rackproof/framework/lab/registry"
	"github.com/rackproof/rackproof/framework/lab/vm"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/topology"
)

// readyTimeout bounds the wait for sessions and pods once every component runs:
// many times what they need, so that a lab that will never be ready is told apart
// from a slow machine.
const readyTimeout = 4 * time.Minute

// Options are what a lab is launched with.
type Options struct {
	// Provider is what makes the lab; empty for the default one.
	Provider Provider
	// Name is the lab's name; empty for one made from the topology's.
	Name     string
	Topology *topology.Topology
	Mode     *calico.Mode
	// Progress is told of the phases; nil for nobody. It is called by several
	// goroutines, one at a time.
	Progress func(lab.Event)
}

// Up checks the machine, brings a lab up and waits until it is ready. A lab that
// does not get ready is taken down again; the error says why.
func Up(ctx context.Context, options Options) (lab.Running, error) {
	if err := Check(ctx, options); err != nil {
		return nil, err
	}
	if err := checkName(options.Name); err != nil {
		return nil, err
	}
	progress := serialise(options.Progress)
	up := upEmbedded
	if options.Provider == KindProvider {
		up = upOnKind
	}
	l, err := up(ctx, options, progress)
	if err != nil {
		return nil, err
	}
	if err := untilReady(ctx, l, func() error { return waitReady(ctx, l, progress) }); err != nil {
		return nil, fmt.Errorf("lab %s: %w", l.Name(), err)
	}
	return l, nil
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

// checkName refuses the name of a lab that another provider has up: by its name a lab is
// found, whoever has provided it.
func checkName(name string) error {
	all, err := List()
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.Name == name && other.Alive {
			return fmt.Errorf("lab %s: %w: choose another, or remove it by `rackproof lab down %s`", name, registry.ErrNameInUse, name)
		}
	}
	return nil
}

// upEmbedded brings a lab of network namespaces up.
func upEmbedded(ctx context.Context, options Options, progress func(lab.Event)) (lab.Running, error) {
	cache, err := component.DefaultCacheDir()
	if err != nil {
		return nil, err
	}
	components, err := component.Locate(cache)
	if err != nil {
		return nil, err
	}
	manifests, err := fixtures.Workload(fixtures.WorkloadName)
	if err != nil {
		return nil, err
	}
	made := netns.Options{
		Name: options.Name, Topology: options.Topology, Mode: options.Mode,
		Components: components, Workload: manifests, Progress: progress,
	}
	// Inside User-Mode Linux what a control plane begins with is outside.
	if !vm.Inside() {
		if made.Seed, err = netns.Prepare(ctx, made, cache); err != nil {
			return nil, err
		}
	}
	l, err := netns.Up(ctx, made)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Check reports whether a lab can be brought up on this machine: the design is sound
// (oracle.CheckDesign), the machine has what the mode needs, the components are built, and the
// pools' routes have the owner that the mode states. It makes nothing.
func Check(ctx context.Context, options Options) error {
	if err := CheckProvider(options.Provider); err != nil {
		return err
	}
	if err := CheckTopology(options.Topology); err != nil {
		return err
	}
	if err := oracle.CheckDesign(options.Topology, options.Mode, drivers.Software()); err != nil {
		return err
	}
	if options.Provider == KindProvider {
		return checkOnKind(ctx, options)
	}
	needs, err := routerNeeds(options.Topology)
	if err != nil {
		return err
	}
	needs = append(needs, capability.EmbeddedLab(netns.StateRoot), capability.Mode(options.Mode))
	if err := capability.Check(ctx, needs...); err != nil {
		return err
	}
	cache, err := component.DefaultCacheDir()
	if err != nil {
		return err
	}
	components, err := component.Locate(cache)
	if err != nil {
		return err
	}
	return checkMode(options.Topology, options.Mode, components)
}

// CheckTopology refuses a topology that no lab can be made of: a cluster needs a node.
func CheckTopology(t *topology.Topology) error {
	if len(t.Nodes()) == 0 {
		return fmt.Errorf("topology %s has no node, and a lab needs one: add a host with role node, rack, as and management, and an end for it on its leaf's link", t.Name)
	}
	return nil
}

// checkMode reports whether a design is sound, and whether its routes have the owner that
// the mode states.
func checkMode(t *topology.Topology, m *calico.Mode, components component.Set) error {
	if err := oracle.CheckDesign(t, m, drivers.Software()); err != nil {
		return err
	}
	version, err := calico.ParseVersion(components.Version(component.CalicoNode))
	if err != nil {
		return err
	}
	if err := m.CheckOwner(version); err != nil {
		return err
	}
	return bird.CheckMode(m)
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
	if err := tasks.Wait(); err != nil || l.Mode().RouteOwner != calico.FelixOwns {
		return err
	}
	// Routes of BIRD's are there as soon as its sessions are. Felix's come when it has
	// started, which neither sessions nor pods wait for.
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
