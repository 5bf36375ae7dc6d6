package launch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/kind"
	"github.com/rackproof/rackproof/framework/lab/netns"
	"github.com/rackproof/rackproof/framework/lab/registry"
)

// Provider names what brings labs up.
type Provider string

// The providers that can be asked for.
const (
	// NetnsProvider makes labs of network namespaces with an embedded cluster.
	NetnsProvider Provider = netns.Provider
	// KindProvider makes labs of containers: a cluster of kind, a fabric of containerlab.
	KindProvider Provider = kind.Provider
)

// Providers are those that can be asked for, the default one first.
func Providers() []Provider { return []Provider{NetnsProvider, KindProvider} }

// CheckProvider refuses the name of a provider that is not there. An empty name is the
// default one.
func CheckProvider(name Provider) error {
	if name != "" && !slices.Contains(Providers(), name) {
		return fmt.Errorf("provider %q: use one of %v", name, Providers())
	}
	return nil
}

// RunIfLab turns this process into what a provider has started it as, which is part of
// a lab. A program that brings labs up calls it before anything else.
func RunIfLab() {
	netns.RunIfLab()
	kind.RunIfMaker()
}

// Attach finds a lab that is up, whoever has provided it. A lab inside User-Mode Linux
// gives netns.ErrOtherKernel.
func Attach(ctx context.Context, name string) (lab.Running, error) {
	embedded, err := netns.Attach(name)
	if err == nil {
		return embedded, nil
	}
	if !errors.Is(err, registry.ErrNoLab) {
		return nil, err
	}
	contained, kindErr := kind.Attach(ctx, name)
	if errors.Is(kindErr, registry.ErrNoLab) {
		return nil, err
	}
	if kindErr != nil {
		return nil, kindErr
	}
	return contained, nil
}

// List lists the labs of this machine, dead ones too, in the order of their names.
func List() ([]lab.Listed, error) {
	embedded, err := netns.List()
	if err != nil {
		return nil, err
	}
	contained, err := kind.List()
	if err != nil {
		return nil, err
	}
	return slices.SortedFunc(slices.Values(append(embedded, contained...)), func(a, b lab.Listed) int { return cmp.Compare(a.Name, b.Name) }), nil
}

// GC removes what killed labs have left and returns their names. It touches no lab that
// lives.
func GC(ctx context.Context) ([]string, error) {
	embedded, err := netns.GC()
	contained, kindErr := kind.GC(ctx)
	return append(embedded, contained...), errors.Join(err, kindErr)
}

// Down takes a lab down by its name, also one that is still being made.
func Down(ctx context.Context, listed lab.Listed) error {
	if Provider(listed.Provider) == KindProvider {
		return kind.Down(ctx, listed.Name)
	}
	return netns.Down(ctx, listed.Name)
}
