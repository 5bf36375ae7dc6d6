package sabotage

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// Names of components on nodes.
const (
	birdComponent  = "bird"
	felixComponent = "calico-felix"
	confdComponent = "calico-confd"
	proxyComponent = "kube-proxy"

	flannelComponent = "flannel"
)

// Names of components on routers.
const (
	bgpdComponent = "bgpd"
)

// status finds a component.
func (b *Bench) status(ctx context.Context, host, name string) (supervisor.Status, error) {
	lister, err := lab.ComponentListerOf(b.Lab)
	if err != nil {
		return supervisor.Status{}, err
	}
	list, err := lister.Components(ctx)
	if err != nil {
		return supervisor.Status{}, err
	}
	for _, c := range list {
		if c.Host == host && c.Name == name {
			return c, nil
		}
	}
	return supervisor.Status{}, NoTarget("%s has no component %s", host, name)
}

// hasComponent returns an error unless a host runs a component.
func (b *Bench) hasComponent(host, name string) error {
	_, err := b.status(context.Background(), host, name)
	return err
}

// controller ends and starts components.
func (b *Bench) controller() (lab.ComponentController, error) {
	controller, err := lab.ComponentControllerOf(b.Lab)
	if err != nil {
		return nil, NoTarget("%v", err)
	}
	return controller, nil
}

// stopped stops a component of a host.
func (b *Bench) stopped(host topology.Host, name string) (Spoiling, error) {
	controller, err := b.controller()
	if err != nil {
		return Spoiling{}, err
	}
	if err := b.hasComponent(host.Name, name); err != nil {
		return Spoiling{}, err
	}
	return Spoiling{
		Target: name + " on " + host.Name,
		Put:    func(ctx context.Context) error { return controller.StopComponent(ctx, host.Name, name) },
		Undo: func(ctx context.Context) error {
			c, err := b.status(ctx, host.Name, name)
			if err != nil || c.State == supervisor.Running {
				return err
			}
			return controller.StartComponent(ctx, host.Name, name)
		},
		Present: func(ctx context.Context) error {
			c, err := b.status(ctx, host.Name, name)
			if err == nil && c.State == supervisor.Running {
				err = fmt.Errorf("%s runs on %s", name, host.Name)
			}
			return err
		},
	}, nil
}

// frozen stops a component's process by SIGSTOP: it lives, and does nothing.
func (b *Bench) frozen(host topology.Host, name string) (Spoiling, error) {
	if err := b.hasComponent(host.Name, name); err != nil {
		return Spoiling{}, err
	}
	signal := func(ctx context.Context, signal string) error {
		c, err := b.status(ctx, host.Name, name)
		if err != nil {
			return err
		}
		_, err = b.run(ctx, host.Name, "kill", signal, strconv.Itoa(c.PID))
		return err
	}
	return Spoiling{
		Target: name + " on " + host.Name,
		Put:    func(ctx context.Context) error { return signal(ctx, "-STOP") },
		Undo:   func(ctx context.Context) error { return signal(ctx, "-CONT") },
		Present: func(ctx context.Context) error {
			c, err := b.status(ctx, host.Name, name)
			if err != nil {
				return err
			}
			state, err := b.run(ctx, host.Name, "ps", "-o", "state=", "-p", strconv.Itoa(c.PID))
			if err == nil && strings.TrimSpace(string(state)) != "T" {
				err = fmt.Errorf("process %d of %s on %s has the state %q", c.PID, name, host.Name, state)
			}
			return err
		},
	}, nil
}

// decode reads the JSON that a command prints.
func (b *Bench) decode(ctx context.Context, into any, host string, argv ...string) error {
	text, err := b.run(ctx, host, argv...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: read what %s prints: %w", host, argv[0], err)
	}
	return nil
}
