package labinit

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

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/supervisor"
)

// configured is a router of the fabric with what it is configured to do.
type configured struct {
	mu     sync.Mutex
	config fabric.Router
}

// errNoRouter is the error for a host that is no router of the fabric.
var errNoRouter = errors.New("no such router")

func routersOf(spec Spec) map[string]*configured {
	routers := map[string]*configured{}
	for _, config := range spec.Routers {
		routers[config.Host] = &configured{config: config}
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
			driver, err := drivers.Of(r.config.Software)
			if err == nil {
				err = router.Start(ctx, routerHost{l, host}, driver, r.config)
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
// and returns when it does. A change that has begun is made to its end, also when whoever
// asked for it waits no longer: half way through, the router's program has ended and not
// started again, and the next change would leave it so.
func (l *running) configureRouter(ctx context.Context, after fabric.Router) error {
	r, ok := l.routers[after.Host]
	if !ok {
		return fmt.Errorf("%s: configure its router: %w", after.Host, errNoRouter)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), configureTimeout)
	defer cancel()
	r.mu.Lock()
	defer r.mu.Unlock()
	runs, err := drivers.Of(r.config.Software)
	if err != nil {
		return fmt.Errorf("%s: configure its router: %w", after.Host, err)
	}
	next, err := drivers.Of(after.Software)
	if err != nil {
		return fmt.Errorf("%s: configure its router: %w", after.Host, err)
	}
	host := routerHost{l, after.Host}
	if r.config.Software == after.Software {
		if err := router.Change(ctx, host, runs, r.config, after); err != nil {
			return fmt.Errorf("%s: configure its router: %w", after.Host, err)
		}
		r.config = after
		return nil
	}
	if err := next.Check(after); err != nil {
		return fmt.Errorf("%s: change its software from %s to %s: %w", after.Host, r.config.Software, after.Software, err)
	}
	if err := l.end(ctx, after.Host, runs); err != nil {
		return fmt.Errorf("%s: change its software from %s to %s: %w", after.Host, r.config.Software, after.Software, err)
	}
	before := r.config.Software
	r.config = after
	if err := router.Start(ctx, host, next, after); err != nil {
		// Nothing routes there any more, and what would be wrong from here on would not
		// be the switch's.
		return fmt.Errorf("%s: start %s instead of %s (the host has no router now: take the lab down): %w", after.Host, after.Software, before, err)
	}
	return nil
}

// end ends a router's programs permanently, the last started first, and takes away the
// routes of those that were killed before they could do it.
func (l *running) end(ctx context.Context, host string, d router.Driver) error {
	for _, program := range slices.Backward(d.Programs()) {
		name := program.Name
		if l.supervisor.Runs(host, name) {
			if err := l.supervisor.Stop(ctx, host, name, syscall.SIGTERM); err != nil {
				return err
			}
		}
		if err := l.supervisor.Forget(host, name); err != nil {
			return err
		}
	}
	return l.flushRoutes(host, d.Origin())
}

// startAgain starts a component again. One of a router returns when it serves its
// socket, and the last one of a router when the router does what it is configured to do.
func (l *running) startAgain(ctx context.Context, host, name string) error {
	r, ok := l.routers[host]
	if !ok {
		return l.supervisor.Restart(host, name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	driver, err := drivers.Of(r.config.Software)
	if err != nil {
		return fmt.Errorf("%s: start %s: %w", host, name, err)
	}
	programs := driver.Programs()
	i := slices.IndexFunc(programs, func(p router.Program) bool { return p.Name == name })
	if i < 0 {
		return fmt.Errorf("%s: start %s: %w", host, name, supervisor.ErrUnknownComponent)
	}
	if l.supervisor.Runs(host, name) {
		return nil
	}
	machine := routerHost{l, host}
	if err := machine.Start(ctx, programs[i]); err != nil {
		return err
	}
	if err := router.Verify(ctx, machine, driver, r.config, programs[i]); err != nil {
		return fmt.Errorf("%s: start %s: %w", host, name, err)
	}
	return nil
}

// flushRoutes removes a host's routes of one origin from its kernel.
func (l *running) flushRoutes(host string, origin route.Origin) error {
	handle, err := netlink.NewHandleAt(netns.NsHandle(l.hosts[host].Net.Fd()), unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("open netlink: %w", err)
	}
	defer handle.Close()
	filter := &netlink.Route{Table: unix.RT_TABLE_MAIN, Protocol: netlink.RouteProtocol(origin)}
	entry, _ := l.spec.Topology.Host(host) // a lab's hosts are its topology's
	for _, family := range entry.Families() {
		left, err := handle.RouteListFiltered(int(family), filter, netlink.RT_FILTER_TABLE|netlink.RT_FILTER_PROTOCOL)
		if err != nil {
			return fmt.Errorf("list its %s routes of %s: %w", family, origin, err)
		}
		for _, r := range left {
			if err := handle.RouteDel(&r); err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("remove the route %s: %w", r, err)
			}
		}
	}
	return nil
}

// routerHost is where a router's programs run (router.Machine).
type routerHost struct {
	lab  *running
	name string
}

// DialContext implements router.Machine.
func (h routerHost) DialContext() router.Dialer { return h.lab.hosts[h.name].DialContext }

// Write implements router.Machine.
func (h routerHost) Write(files []router.File, folders []router.Folder) error {
	content := map[string][]byte{}
	for _, file := range files {
		content[file.Path] = file.Content
	}
	namespaces := h.lab.hosts[h.name]
	if err := namespaces.WriteFiles(content, 0o644); err != nil {
		return fmt.Errorf("write its configuration: %w", err)
	}
	return namespaces.Do(func() error { return router.MakeFolders(folders) })
}

// Start implements router.Machine.
func (h routerHost) Start(ctx context.Context, p router.Program) error {
	namespaces := h.lab.hosts[h.name]
	// One that was killed has left its socket.
	err := namespaces.Do(func() error { return os.Remove(p.Ready) })
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the socket of an earlier %s: %w", p.Name, err)
	}
	err = h.lab.supervisor.Start(supervisor.Component{
		Host: h.name, Name: p.Name, Argv: p.Argv, Env: h.lab.environment(), Namespaces: namespaces,
	})
	if err != nil {
		return err
	}
	return router.Await(ctx, h.DialContext(), p, func(ctx context.Context) error { return h.Ended(ctx, p) })
}

// Restart implements router.Machine.
func (h routerHost) Restart(ctx context.Context, p router.Program) error {
	if err := h.lab.supervisor.Stop(ctx, h.name, p.Name, syscall.SIGTERM); err != nil {
		return err
	}
	return h.Start(ctx, p)
}

// Ended implements router.Machine.
func (h routerHost) Ended(_ context.Context, p router.Program) error {
	if h.lab.supervisor.Runs(h.name, p.Name) {
		return nil
	}
	for _, status := range h.lab.supervisor.Status() {
		if status.Host == h.name && status.Name == p.Name && status.Error != "" {
			return errors.New(status.Error)
		}
	}
	return fmt.Errorf("%s: %s has ended", h.name, p.Name)
}
