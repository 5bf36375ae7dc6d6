package kind

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"

	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/router"
	"github.com/rackproof/rackproof/framework/router/drivers"
)

// startRouters starts all routers of the fabric side by side.
func (l *Lab) startRouters(ctx context.Context, routers []fabric.Router) error {
	tasks, ctx := errgroup.WithContext(ctx)
	for _, r := range routers {
		tasks.Go(func() error {
			if err := l.startRouter(ctx, r); err != nil {
				return fmt.Errorf("%s: start its router: %w", r.Host, err)
			}
			return nil
		})
	}
	return tasks.Wait()
}

func (l *Lab) startRouter(ctx context.Context, r fabric.Router) error {
	driver, err := drivers.Of(r.Software)
	if err != nil {
		return err
	}
	state := routerState{}
	if err := router.Start(ctx, routerHost{l, r, &state}, driver, r); err != nil {
		return err
	}
	return l.writeRouter(r, state)
}

// Routers implements lab.RouterController.
func (l *Lab) Routers(context.Context) ([]fabric.Router, error) {
	var routers []fabric.Router
	for _, host := range l.record.Topology.Hosts {
		if !isRouter(host) {
			continue
		}
		router, _, err := l.readRouter(host.Name)
		if errors.Is(err, os.ErrNotExist) {
			continue // it has no neighbours, and so nothing to run
		}
		if err != nil {
			return nil, fmt.Errorf("lab %s: %w", l.Name(), err)
		}
		routers = append(routers, router)
	}
	return routers, nil
}

func routerFile(host string) string { return path.Join(routerFolder, host+".json") }

func (l *Lab) readRouter(host string) (fabric.Router, routerState, error) {
	var router fabric.Router
	var state routerState
	data, err := os.ReadFile(l.folder.Path(routerFile(host)))
	if err == nil {
		err = json.Unmarshal(data, &state)
	}
	if err == nil {
		err = json.Unmarshal(state.Router, &router)
	}
	if err != nil {
		return router, state, fmt.Errorf("%s: read what its router does: %w", host, err)
	}
	return router, state, nil
}

func (l *Lab) writeRouter(router fabric.Router, state routerState) error {
	var err error
	if state.Router, err = json.Marshal(router); err != nil {
		return err
	}
	data, err := json.Marshal(state)
	if err != nil {
		return err
	}
	if err := l.folder.Write(routerFile(router.Host), data); err != nil {
		return fmt.Errorf("write what its router does: %w", err)
	}
	return nil
}

// changeRouter changes a router's state while nobody else does.
func (l *Lab) changeRouter(host string, change func(fabric.Router, *routerState) (fabric.Router, error)) error {
	lock := flock.New(l.folder.Path(path.Join(routerFolder, host+".lock")))
	if err := lock.Lock(); err != nil {
		return err
	}
	defer lock.Unlock()
	router, state, err := l.readRouter(host)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: no such router", host)
	}
	if err != nil {
		return err
	}
	after, err := change(router, &state)
	if err != nil {
		// Programs may be others by now.
		return errors.Join(err, l.writeRouter(router, state))
	}
	return l.writeRouter(after, state)
}

// ConfigureRouter implements lab.RouterController. The software stays what it is: a
// router's image has one only. A change that has begun is made to its end, as in the embedded
// lab, also when whoever asked for it waits no longer.
func (l *Lab) ConfigureRouter(ctx context.Context, after fabric.Router) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*programTimeout)
	defer cancel()
	err := l.changeRouter(after.Host, func(before fabric.Router, state *routerState) (fabric.Router, error) {
		if before.Software != after.Software {
			return before, fmt.Errorf("change its software from %s to %s: %w: a container has one software; bring the lab up with the other", before.Software, after.Software, lab.ErrUnable)
		}
		driver, err := drivers.Of(after.Software)
		if err != nil {
			return before, err
		}
		return after, router.Change(ctx, routerHost{l, before, state}, driver, before, after)
	})
	if err != nil {
		return fmt.Errorf("lab %s: %s: configure its router: %w", l.Name(), after.Host, err)
	}
	return nil
}

// routerProgram is one of a router's programs.
func routerProgram(r fabric.Router, name string) (router.Program, error) {
	driver, err := drivers.Of(r.Software)
	if err != nil {
		return router.Program{}, err
	}
	programs := driver.Programs()
	i := slices.IndexFunc(programs, func(p router.Program) bool { return p.Name == name })
	if i < 0 {
		return router.Program{}, fmt.Errorf("its %s router has no program %s", r.Software, name)
	}
	return programs[i], nil
}
