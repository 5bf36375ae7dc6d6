package sabotage

import (
	"context"
	"fmt"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/topology"
)

// routerChanged makes a router of the fabric do something else than the suite has
// configured. The suite expects on what it has configured.
func (b *Bench) routerChanged(router fabric.Router, target string, change func(*fabric.Router), present func(context.Context) error) (Spoiling, error) {
	controller, err := lab.RouterControllerOf(b.Lab)
	if err != nil {
		return Spoiling{}, NoTarget("%v", err)
	}
	wrong := router.Clone()
	change(&wrong)
	return Spoiling{
		Target:  target,
		Put:     func(ctx context.Context) error { return controller.ConfigureRouter(ctx, wrong) },
		Undo:    func(ctx context.Context) error { return controller.ConfigureRouter(ctx, router) },
		Present: present,
	}, nil
}

// frrSaid gives FRR on a router a command of its configuration that no fabric.Router has,
// and takes it back.
func (b *Bench) frrSaid(router fabric.Router, put, undo []string, present func(context.Context) error) (Spoiling, error) {
	if router.Software != topology.DefaultSoftware {
		return Spoiling{}, NoTarget("%s runs %s", router.Host, router.Software)
	}
	say := func(ctx context.Context, lines []string) error {
		argv := []string{"vtysh", "-c", "configure terminal"}
		for _, line := range lines {
			argv = append(argv, "-c", line)
		}
		if _, err := b.run(ctx, router.Host, argv...); err != nil {
			return fmt.Errorf("configure FRR: %w", err)
		}
		return nil
	}
	return Spoiling{
		Target:  "FRR on " + router.Host,
		Put:     func(ctx context.Context) error { return say(ctx, put) },
		Undo:    func(ctx context.Context) error { return say(ctx, undo) },
		Present: present,
	}, nil
}
