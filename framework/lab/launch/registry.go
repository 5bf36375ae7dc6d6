package launch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/registry"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/drivers"
)

// Providers are the providers that a program has (framework/lab/providers).
type Providers struct {
	// Linked are those that are part of the program, the default one first.
	Linked []lab.Provider
	// Unlinked says by name how a program gets those that are not part of this one.
	Unlinked map[string]string
}

// Default is the provider of labs that name none.
func (p Providers) Default() lab.Provider { return p.Linked[0] }

// Names are the names of the providers that are part of the program, the default one first.
func (p Providers) Names() []string {
	var names []string
	for _, one := range p.Linked {
		names = append(names, one.Name())
	}
	return names
}

// Of finds a provider by its name. An empty name is the default one.
func (p Providers) Of(name string) (lab.Provider, error) {
	if name == "" {
		return p.Default(), nil
	}
	if i := slices.Index(p.Names(), name); i >= 0 {
		return p.Linked[i], nil
	}
	if remedy, known := p.Unlinked[name]; known {
		return nil, fmt.Errorf("provider %q is not part of this program: %s", name, remedy)
	}
	return nil, fmt.Errorf("provider %q: use one of %v", name, p.Names())
}

// RunIfPart turns this process into what a provider has started it as, which is part of a
// lab. A program that brings labs up calls it before anything else.
func (p Providers) RunIfPart() {
	for _, one := range p.Linked {
		one.RunIfPart()
	}
}

// Attach finds a lab that is up, whoever has provided it. A lab in a virtual machine gives
// lab.ErrOtherKernel.
func (p Providers) Attach(ctx context.Context, name string) (lab.Running, error) {
	var missing error
	for _, one := range p.Linked {
		found, err := one.Attach(ctx, name)
		if !errors.Is(err, registry.ErrNoLab) {
			return found, err
		}
		missing = cmp.Or(missing, err)
	}
	for unlinked, remedy := range p.Unlinked {
		missing = fmt.Errorf("%w; this program sees no lab of provider %s: %s", missing, unlinked, remedy)
	}
	return nil, missing
}

// List lists the labs of this machine, dead ones too, in the order of their names.
func (p Providers) List() ([]lab.Listed, error) {
	var all []lab.Listed
	for _, one := range p.Linked {
		list, err := one.List()
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	slices.SortStableFunc(all, func(a, b lab.Listed) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

// GC removes what killed labs have left and returns their names. It touches no lab that
// lives.
func (p Providers) GC(ctx context.Context) ([]string, error) {
	var removed []string
	var failures []error
	for _, one := range p.Linked {
		names, err := one.GC(ctx)
		removed, failures = append(removed, names...), append(failures, err)
	}
	return removed, errors.Join(failures...)
}

// Down takes a lab down, also one that is still being made.
func (p Providers) Down(ctx context.Context, listed lab.Listed) error {
	provider, err := p.Of(listed.Provider)
	if err != nil {
		return err
	}
	return provider.Down(ctx, listed.Name)
}

// checkName refuses the name of a lab that another provider has up: by its name a lab is
// found, whoever has provided it.
func (p Providers) checkName(name string) error {
	all, err := p.List()
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

// virtualizers are the providers whose labs can be in a virtual machine.
func (p Providers) virtualizers() []lab.Virtualizer {
	var list []lab.Virtualizer
	for _, one := range p.Linked {
		if v, ok := one.(lab.Virtualizer); ok {
			list = append(list, v)
		}
	}
	return list
}

// Virtualizer is a provider as one whose labs can be in a virtual machine. For another one
// the error names those that can.
func (p Providers) Virtualizer(provider lab.Provider) (lab.Virtualizer, error) {
	if v, ok := provider.(lab.Virtualizer); ok {
		return v, nil
	}
	var names []string
	for _, v := range p.virtualizers() {
		names = append(names, v.Name())
	}
	return nil, fmt.Errorf("only labs of provider %s can be inside User-Mode Linux", strings.Join(names, " and "))
}

// Inside reports whether this process, and all labs that it sees, are in a virtual machine.
func (p Providers) Inside() bool {
	return slices.ContainsFunc(p.virtualizers(), lab.Virtualizer.Inside)
}

// AttachMachine finds a virtual machine that is up.
func (p Providers) AttachMachine(name string) (lab.Machine, error) {
	missing := fmt.Errorf("lab %s: %w", name, registry.ErrNoLab)
	for _, v := range p.virtualizers() {
		found, err := v.AttachMachine(name)
		if !errors.Is(err, registry.ErrNoLab) {
			return found, err
		}
		missing = err
	}
	return nil, missing
}

// ChooseKernel returns the kernel for a provider's labs in these modes: lab.HostKernel, or
// lab.UMLKernel for a virtual machine. It makes nothing.
func (p Providers) ChooseKernel(ctx context.Context, provider lab.Provider, wanted lab.Kernel, modes ...*calico.Mode) (lab.Kernel, error) {
	if !slices.Contains(lab.Kernels(), wanted) {
		return "", fmt.Errorf("kernel %q: use one of %v", wanted, lab.Kernels())
	}
	v, err := p.Virtualizer(provider)
	switch {
	case err == nil:
		return v.ChooseKernel(ctx, wanted, modes...)
	case wanted == lab.UMLKernel:
		return "", err
	}
	return lab.HostKernel, nil
}

// StartMachine checks the design and starts a virtual machine for labs of a provider.
func (p Providers) StartMachine(ctx context.Context, provider lab.Provider, options lab.MachineOptions) (lab.Machine, error) {
	v, err := p.Virtualizer(provider)
	if err != nil {
		return nil, err
	}
	if err := CheckTopology(options.Topology); err != nil {
		return nil, err
	}
	if options.Mode != nil {
		if err := oracle.CheckDesign(options.Topology, options.Mode, drivers.Software()); err != nil {
			return nil, err
		}
		if err := checkOwner(ctx, provider, lab.Options{Topology: options.Topology, Mode: options.Mode, BIRD: options.BIRD}); err != nil {
			return nil, err
		}
	}
	options.Progress = serialise(options.Progress)
	return v.StartMachine(ctx, options)
}
