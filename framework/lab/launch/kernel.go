package launch

import (
	"context"
	"errors"
	"fmt"

	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/capability"
	"github.com/rackproof/rackproof/framework/lab/netns"
	"github.com/rackproof/rackproof/framework/lab/vm"
	"github.com/rackproof/rackproof/framework/topology"
)

// Kernel says under which kernel labs run.
type Kernel string

// The kernels that can be asked for.
const (
	// AutoKernel is this machine's own where it has what the modes need, and
	// User-Mode Linux where it has not.
	AutoKernel Kernel = "auto"
	// HostKernel is this machine's own.
	HostKernel Kernel = "host"
	// UMLKernel is User-Mode Linux.
	UMLKernel Kernel = "uml"
)

// Kernels are those that can be asked for.
func Kernels() []Kernel { return []Kernel{AutoKernel, HostKernel, UMLKernel} }

// ChooseKernel says whether labs in these modes run under this machine's own kernel or
// under User-Mode Linux. Inside of that, its kernel is the machine's own. It makes
// nothing.
func ChooseKernel(ctx context.Context, wanted Kernel, modes ...*calico.Mode) (Kernel, error) {
	switch {
	case vm.Inside() || wanted == HostKernel:
		return HostKernel, nil
	case wanted == UMLKernel:
		if err := canRunUML(ctx); err != nil {
			return "", fmt.Errorf("%w: this machine runs no User-Mode Linux: %w", lab.ErrUnable, err)
		}
		return UMLKernel, nil
	case wanted != AutoKernel:
		return "", fmt.Errorf("kernel %q: use one of %v", wanted, Kernels())
	}
	var needs []capability.Need
	for _, mode := range modes {
		needs = append(needs, capability.Mode(mode))
	}
	err := capability.Check(ctx, needs...)
	lacking, ok := errors.AsType[*capability.Error](err)
	if !ok || !lacking.OnlyFeatures() {
		return HostKernel, err
	}
	if missing := canRunUML(ctx); missing != nil {
		return "", fmt.Errorf("%w: %w\nUser-Mode Linux would do, and cannot be run: %w", lab.ErrUnable, err, missing)
	}
	return UMLKernel, nil
}

// canRunUML tells what keeps this machine from running User-Mode Linux.
func canRunUML(ctx context.Context) error {
	if _, err := findUML(); err != nil {
		return err
	}
	return capability.Check(ctx, capability.UserModeLinux())
}

// findUML finds the User-Mode Linux that labs run in.
func findUML() (vm.Kernel, error) {
	cache, err := component.DefaultCacheDir()
	if err != nil {
		return vm.Kernel{}, err
	}
	return vm.Find(component.KernelProgram(cache))
}

// KernelPhase is the phase in which a User-Mode Linux starts.
const KernelPhase = "kernel"

// machineMemory is a User-Mode Linux's memory in MiB. A lab of three nodes takes half
// of it; what is not used is not taken from this machine.
const machineMemory = 3072

// MachineOptions are what a User-Mode Linux is started with.
type MachineOptions struct {
	// Name is the machine's name; empty for one made from Known.
	Name, Known string
	// Topology is that of the labs that it is for.
	Topology *topology.Topology
	// Mode is the lab's mode if the machine is for a single one.
	Mode *calico.Mode
	// Progress is told of the phases; nil for nobody.
	Progress func(lab.Event)
}

// StartMachine checks this machine, prepares what the control planes of labs inside
// begin with, and starts a User-Mode Linux.
func StartMachine(ctx context.Context, options MachineOptions) (*netns.Machine, error) {
	if err := CheckTopology(options.Topology); err != nil {
		return nil, err
	}
	needs, err := routerNeeds(options.Topology)
	if err != nil {
		return nil, err
	}
	needs = append(needs, capability.EmbeddedLab(netns.StateRoot), capability.UserModeLinux())
	if err := capability.Check(ctx, needs...); err != nil {
		return nil, err
	}
	if err := netns.CheckInside(options.Topology); err != nil {
		return nil, err
	}
	kernel, err := findUML()
	if err != nil {
		return nil, err
	}
	cache, err := component.DefaultCacheDir()
	if err != nil {
		return nil, err
	}
	components, err := component.Locate(cache)
	if err != nil {
		return nil, err
	}
	if options.Mode != nil {
		if err := checkMode(options.Topology, options.Mode, components); err != nil {
			return nil, err
		}
	}
	seed, err := netns.Prepare(ctx, netns.Options{Topology: options.Topology, Mode: options.Mode, Components: components}, cache)
	if err != nil {
		return nil, err
	}
	machine := netns.MachineOptions{
		Name: options.Name, Known: options.Known, Components: components,
		Seed: seed, Services: options.Topology.Services.String(),
		Kernel: kernel, MemoryMiB: machineMemory, Progress: serialise(options.Progress),
	}
	if options.Mode != nil {
		machine.Topology, machine.Mode = options.Topology, options.Mode
	}
	return netns.StartMachine(ctx, machine)
}
