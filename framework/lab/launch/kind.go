package launch

import (
	"context"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/build/docker"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/kind"
)

// upOnKind brings a lab of containers up.
func upOnKind(ctx context.Context, options Options, progress func(lab.Event)) (lab.Running, error) {
	made, err := kindOptions(ctx, options)
	if err != nil {
		return nil, err
	}
	if made.Workload, err = fixtures.Workload(fixtures.WorkloadName); err != nil {
		return nil, err
	}
	made.Progress = progress
	l, err := kind.Up(ctx, made)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// checkOnKind reports whether a lab of containers can be brought up on this machine.
func checkOnKind(ctx context.Context, options Options) error {
	made, err := kindOptions(ctx, options)
	if err != nil {
		return err
	}
	if err := kind.Check(ctx, made); err != nil {
		return err
	}
	return checkMode(options.Topology, options.Mode, made.Components)
}

// kindOptions finds what a lab of containers is made from: components, and images,
// which are pulled where that is the way to have them.
func kindOptions(ctx context.Context, options Options) (kind.Options, error) {
	made := kind.Options{Name: options.Name, Topology: options.Topology, Mode: options.Mode}
	daemon, err := docker.Find(ctx)
	if err != nil {
		return made, err
	}
	cache, err := component.DefaultCacheDir()
	if err != nil {
		return made, err
	}
	if made.Components, err = component.Locate(cache, component.Kind); err != nil {
		return made, err
	}
	made.Images, err = kind.ProvideImages(ctx, daemon, options.Topology, nil)
	return made, err
}
