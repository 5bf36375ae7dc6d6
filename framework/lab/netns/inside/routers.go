package inside

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// socketPoll is the interval of waits for a socket file, for which there is no
// event inside another mount namespace.
const socketPoll = 20 * time.Millisecond

// router is a router of the fabric with what it is configured to do.
type router struct {
	mu     sync.Mutex
	config fabric.Router
}

// software is how routers of one kind are run.
type software struct {
	// components are the names of its programs in the order of their start.
	components []string
	// origin marks its routes in the kernel.
	origin route.Origin
	// check tells whether a router can be configured so.
	check func(fabric.Router) error
	// start configures a router's programs and starts them.
	start func(*running, context.Context, fabric.Router) error
	// change makes a router that does one thing do another. Programs that do not run
	// are left so; they begin with the change. With an error everything is as before.
	change func(l *running, ctx context.Context, before, after fabric.Router) error
}

// softwareOf finds out how a router's software is run.
func softwareOf(r fabric.Router) (software, error) {
	switch r.Software {
	case topology.FRR:
		return frrSoftware(), nil
	case topology.BIRD:
		return birdSoftware(), nil
	}
	return software{}, fmt.Errorf("unknown software %q: use %s or %s", r.Software, topology.FRR, topology.BIRD)
}

// errNoRouter is the error for a host that is no router of the fabric.
var errNoRouter = errors.New("no such router")

func routersOf(spec Spec) map[string]*router {
	routers := map[string]*router{}
	for _, config := range spec.Routers {
		routers[config.Host] = &router{config: config}
	}
	return routers
}

// routerPlan is what the routers are configured to do, by host.
func (l *running) routerPlan() []fabric.Router {
	plan := make([]fabric.Router, 0, len(l.routers))
	for _, r := range l.routers {
		r.mu.Lock()
		plan = append(plan, r.config)
		r.mu.Unlock()
	}
	slices.SortFunc(plan, func(a, b fabric.Router) int { return cmp.Compare(a.Host, b.Host) })
	return plan
}

// startRouters starts all routers of the fabric side by side.
func (l *running) startRouters(ctx context.Context) error {
	tasks, ctx := errgroup.WithContext(ctx)
	for host, r := range l.routers {
		tasks.Go(func() error {
			r.mu.Lock()
			defer r.mu.Unlock()
			runs, err := softwareOf(r.config)
			if err == nil {
				err = runs.start(l, ctx, r.config)
			}
			if err != nil {
				return fmt.Errorf("%s: start its router: %w", host, err)
			}
			return nil
		})
	}
	return tasks.Wait()
}

// configureRouter makes a router do something else, by other software if need be,
// and returns when it does.
func (l *running) configureRouter(ctx context.Context, after fabric.Router) error {
	r, ok := l.routers[after.Host]
	if !ok {
		return fmt.Errorf("%s: configure its router: %w", after.Host, errNoRouter)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	runs, err := softwareOf(r.config)
	if err != nil {
		return fmt.Errorf("%s: configure its router: %w", after.Host, err)
	}
	next, err := softwareOf(after)
	if err != nil {
		return fmt.Errorf("%s: configure its router: %w", after.Host, err)
	}
	if r.config.Software == after.Software {
		if err := runs.change(l, ctx, r.config, after); err != nil {
			return fmt.Errorf("%s: configure its router: %w", after.Host, err)
		}
		r.config = after
		return nil
	}
	if err := next.check(after); err != nil {
		return fmt.Errorf("%s: change its software from %s to %s: %w", after.Host, r.config.Software, after.Software, err)
	}
	if err := l.end(ctx, after.Host, runs); err != nil {
		return fmt.Errorf("%s: change its software from %s to %s: %w", after.Host, r.config.Software, after.Software, err)
	}
	before := r.config.Software
	r.config = after
	if err := next.start(l, ctx, after); err != nil {
		// Nothing routes there any more, and what would be wrong from here on would not
		// be the switch's.
		return fmt.Errorf("%s: start %s in the place of %s (the host has no router now: take the lab down): %w", after.Host, after.Software, before, err)
	}
	return nil
}

// end ends a router's programs for good, the last started first, and takes away
// the routes of those that were killed before they could do it.
func (l *running) end(ctx context.Context, host string, s software) error {
	for _, name := range slices.Backward(s.components) {
		if l.supervisor.Runs(host, name) {
			if err := l.supervisor.Stop(ctx, host, name, syscall.SIGTERM); err != nil {
				return err
			}
		}
		if err := l.supervisor.Forget(host, name); err != nil {
			return err
		}
	}
	return l.flushRoutes(host, s.origin)
}

// flushRoutes removes a host's routes of one origin from its kernel.
func (l *running) flushRoutes(host string, origin route.Origin) error {
	handle, err := netlink.NewHandleAt(netns.NsHandle(l.hosts[host].Net.Fd()), unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("open netlink: %w", err)
	}
	defer handle.Close()
	filter := &netlink.Route{Table: unix.RT_TABLE_MAIN, Protocol: netlink.RouteProtocol(origin)}
	left, err := handle.RouteListFiltered(unix.AF_INET, filter, netlink.RT_FILTER_TABLE|netlink.RT_FILTER_PROTOCOL)
	if err != nil {
		return fmt.Errorf("list its %s routes: %w", origin, err)
	}
	for _, r := range left {
		if err := handle.RouteDel(&r); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("remove the route %s: %w", r, err)
		}
	}
	return nil
}

// startProgram starts one of a router's programs and waits until it serves its
// socket.
func (l *running) startProgram(ctx context.Context, host, name string, argv []string, socket string) error {
	namespaces := l.hosts[host]
	// One that was killed has left its socket.
	err := namespaces.Do(func() error { return os.Remove(socket) })
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the socket of an earlier %s: %w", name, err)
	}
	err = l.supervisor.Start(supervisor.Component{
		Host: host, Name: name, Argv: argv, Env: l.environment(), Namespaces: namespaces,
	})
	if err != nil {
		return err
	}
	err = wait.PollUntilContextCancel(ctx, socketPoll, true, func(context.Context) (bool, error) {
		return namespaces.Do(func() error { _, err := os.Stat(socket); return err }) == nil, nil
	})
	if err != nil {
		return fmt.Errorf("wait for %s to serve %s: %w", name, socket, context.Cause(ctx))
	}
	return nil
}
