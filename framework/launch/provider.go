package launch

import (
	"context"
	"errors"
	"fmt"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/netns"
)

// Provider names what brings labs up.
type Provider string

// The providers that can be asked for.
const (
	// NetnsProvider makes labs of network namespaces with an embedded cluster.
	NetnsProvider Provider = netns.Provider
)

// Providers are those that can be asked for, the default one first.
func Providers() []Provider { return []Provider{NetnsProvider} }

// CheckProvider refuses the name of a provider that is not there. An empty name is the
// default one.
func CheckProvider(name Provider) error {
	if name == "" {
		return nil
	}
	for _, known := range Providers() {
		if name == known {
			return nil
		}
	}
	return fmt.Errorf("provider %q: use one of %v", name, Providers())
}

// Attach finds a lab that is up, whoever has provided it. A lab inside User-Mode Linux
// gives netns.ErrOtherKernel.
func Attach(name string) (lab.Running, error) {
	found, err := netns.Attach(name)
	if err != nil {
		return nil, err
	}
	return found, nil
}

// List lists the labs of this machine, dead ones too.
func List() ([]lab.Listed, error) { return netns.List() }

// GC removes what killed labs have left and returns their names. It touches no lab that
// lives.
func GC() ([]string, error) { return netns.GC() }

// Down takes a lab down by its name, also one that is still being made.
func Down(ctx context.Context, listed lab.Listed) error {
	if Provider(listed.Provider) != NetnsProvider {
		return errors.Join(fmt.Errorf("lab %s", listed.Name), CheckProvider(Provider(listed.Provider)))
	}
	return netns.Down(ctx, listed.Name)
}
