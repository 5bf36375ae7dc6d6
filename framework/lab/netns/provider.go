package netns

import (
	"context"

	"github.com/rackproof/rackproof/framework/build/calicobird"
	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/capability"
	"github.com/rackproof/rackproof/framework/lab/netns/labinit"
	"github.com/rackproof/rackproof/framework/lab/vm"
)

// Provider brings up labs of network namespaces.
type Provider struct{}

var _ lab.Virtualizer = Provider{}

// providerName is the provider's name.
const providerName = "netns"

// Name implements lab.Provider.
func (Provider) Name() string { return providerName }

// RunIfPart implements lab.Provider. The process of a lab and the init of a User-Mode Linux
// are the same program again.
func (Provider) RunIfPart() {
	vm.RunIfInit()
	runIfLab()
}

// CalicoVersion implements lab.Provider.
func (Provider) CalicoVersion() (string, error) {
	_, components, err := locate(nil)
	return components.Version(component.CalicoNode), err
}

// CalicoBIRD implements lab.Provider.
func (Provider) CalicoBIRD(ctx context.Context, program string) (bool, error) {
	programs, err := findBIRD(ctx, program)
	return len(programs) > 0, err
}

// findBIRD finds Calico's own BIRD and its client; empty where there is none.
func findBIRD(ctx context.Context, program string) (programs []string, err error) {
	cache, err := component.DefaultCacheDir()
	if err != nil {
		return nil, err
	}
	return calicobird.Find(ctx, program, cache)
}

// locate finds the cache folder, and the components in it that labs of a mode need; nil for
// any mode.
func locate(mode *calico.Mode) (cache string, components component.Set, err error) {
	if cache, err = component.DefaultCacheDir(); err != nil {
		return "", component.Set{}, err
	}
	var groups []component.Group
	if mode != nil && mode.Flannel != nil {
		groups = append(groups, component.Canal)
	}
	components, err = component.Locate(cache, groups...)
	return cache, components, err
}

// Check implements lab.Provider.
func (Provider) Check(ctx context.Context, options lab.Options) error {
	needs, err := needsOf(options.Topology)
	if err != nil {
		return err
	}
	return capability.Check(ctx, append(needs, capability.Mode(options.Mode))...)
}

// Phases implements lab.Provider. The routers start beside the cluster.
func (Provider) Phases() []string { return []string{"namespaces", "routers", "control plane", "nodes"} }

// Crowded implements lab.Provider.
func (Provider) Crowded() bool { return false }

// Up implements lab.Provider.
func (Provider) Up(ctx context.Context, options lab.Options) (lab.Running, error) {
	cache, components, err := locate(options.Mode)
	if err != nil {
		return nil, err
	}
	routers, err := fabric.Plan(options.Topology, options.Mode)
	if err != nil {
		return nil, err
	}
	spec := labinit.Spec{Routers: routers}
	if spec.BIRD, err = findBIRD(ctx, options.BIRD); err != nil {
		return nil, err
	}
	// Inside User-Mode Linux what a control plane begins with is outside.
	if !vm.Inside() {
		if spec.Seed, err = prepare(ctx, options, components, cache); err != nil {
			return nil, err
		}
	}
	l, err := up(ctx, options, components, spec)
	if err != nil {
		return nil, err
	}
	return l, nil
}
