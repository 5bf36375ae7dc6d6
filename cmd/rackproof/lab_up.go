package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/bench"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/launch"
	"github.com/rackproof/rackproof/framework/lab/providers"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/topology"
)

// recipe is what a lab is to be made from, as flags name it.
type recipe struct {
	topology, mode string
	leaves         softwareFlag
	kernel         kernelFlag
	provider       providerFlag
	// bird is the path of Calico's own BIRD, owner the route owner; empty for the
	// provider's, and for the mode's.
	bird  string
	owner ownerFlag
}

// softwareFlag is the value of a flag that names routers' software; empty for what
// the topology says.
type softwareFlag topology.Software

// String implements pflag.Value.
func (f *softwareFlag) String() string { return string(*f) }

// Set implements pflag.Value.
func (f *softwareFlag) Set(text string) error {
	driver, err := drivers.Of(topology.Software(text))
	if err != nil {
		return err
	}
	*f = softwareFlag(driver.Name())
	return nil
}

// Type implements pflag.Value.
func (f *softwareFlag) Type() string { return drivers.List("|", "|") }

// providerFlag is the value of a flag that names a provider.
type providerFlag struct{ lab.Provider }

// String implements pflag.Value.
func (f *providerFlag) String() string {
	if f.Provider == nil {
		return ""
	}
	return f.Name()
}

// Set implements pflag.Value.
func (f *providerFlag) Set(text string) (err error) {
	f.Provider, err = providers.All().Of(text)
	return err
}

// Type implements pflag.Value.
func (f *providerFlag) Type() string { return strings.Join(providers.All().Names(), "|") }

// ownerFlag is the value of a flag that names a route owner; empty for what the mode says.
type ownerFlag calico.RouteOwner

// String implements pflag.Value.
func (f *ownerFlag) String() string { return string(*f) }

// Set implements pflag.Value.
func (f *ownerFlag) Set(text string) error {
	if owner := calico.RouteOwner(text); slices.Contains(calico.Owners(), owner) {
		*f = ownerFlag(owner)
		return nil
	}
	return fmt.Errorf("use one of %v", calico.Owners())
}

// Type implements pflag.Value.
func (f *ownerFlag) Type() string { return "bird|felix" }

// kernelFlag is the value of a flag that names a kernel.
type kernelFlag lab.Kernel

// String implements pflag.Value.
func (f *kernelFlag) String() string { return string(*f) }

// Set implements pflag.Value.
func (f *kernelFlag) Set(text string) error {
	if kernel := lab.Kernel(text); slices.Contains(lab.Kernels(), kernel) {
		*f = kernelFlag(kernel)
		return nil
	}
	return fmt.Errorf("use one of %v", lab.Kernels())
}

// Type implements pflag.Value.
func (f *kernelFlag) Type() string { return "auto|host|uml" }

// recipeFlags adds flags that name a topology, a mode and the leaves' software.
func recipeFlags(command *cobra.Command) *recipe {
	var r recipe
	command.Flags().StringVar(&r.topology, "topology", "leaf-spine", "a topology's name, or its file")
	command.Flags().StringVar(&r.mode, "mode", "leafreflector", "a mode's name, or its folder")
	command.Flags().Var(&r.leaves, "leaves", "what the leaves run (default: what the topology says)")
	r.kernel = kernelFlag(lab.AutoKernel)
	command.Flags().Var(&r.kernel, "kernel", "the kernel of the lab; uml is User-Mode Linux, auto uses it where this machine's kernel lacks a driver")
	r.provider = providerFlag{providers.All().Default()}
	command.Flags().Var(&r.provider, "provider", "the provider of the lab")
	command.Flags().StringVar(&r.bird, "bird", "", "the path of Calico's own BIRD, for nodes (default: the one in the component cache, if there is one)")
	command.Flags().Var(&r.owner, "route-owner", "who programs the routes between nodes in a mode with IPIP (default: what the mode says)")
	return &r
}

// options loads what the recipe names. Remarks on it go to out.
func (r recipe) options(out io.Writer) (lab.Options, error) {
	t, err := fixtures.Topology(r.topology)
	if err != nil {
		return lab.Options{}, err
	}
	if err := launch.CheckTopology(t); err != nil {
		return lab.Options{}, fmt.Errorf("%s: %w", r.topology, err)
	}
	if r.leaves != "" {
		t = t.WithSoftware(topology.Software(r.leaves))
	}
	mode, err := fixtures.Mode(r.mode)
	if err != nil {
		return lab.Options{}, err
	}
	if mode, err = mode.WithRouteOwner(calico.RouteOwner(r.owner)); err != nil {
		return lab.Options{}, fmt.Errorf("--route-owner %s: %w", r.owner.String(), err)
	}
	// First of all: what follows may start a kernel, or look for programs.
	if err := oracle.CheckDesign(t, mode, drivers.Software()); err != nil {
		return lab.Options{}, err
	}
	for _, warning := range slices.Concat(t.Warnings, mode.Warnings) {
		fmt.Fprintln(out, "warning:", warning)
	}
	options := lab.Options{Topology: t, Mode: mode}
	if r.bird != "" {
		if options.BIRD, err = filepath.Abs(r.bird); err != nil {
			return lab.Options{}, fmt.Errorf("--bird: %w", err)
		}
	}
	return options, nil
}

// chooseKernel returns the kernel that the lab runs under.
func (r recipe) chooseKernel(ctx context.Context, mode *calico.Mode) (lab.Kernel, error) {
	kernel, err := providers.All().ChooseKernel(ctx, r.provider.Provider, lab.Kernel(r.kernel), mode)
	if err != nil && r.kernel != kernelFlag(lab.AutoKernel) {
		return "", fmt.Errorf("--kernel %s: %w", r.kernel.String(), err)
	}
	return kernel, err
}

func newLabUpCommand() *cobra.Command {
	var name string
	up := &cobra.Command{
		Use:   "up",
		Short: "Bring a lab up and leave it up",
		Long: "Bring a lab up until every expected BGP session is established and a pod is ready on each node.\n" +
			"The lab stays up when the command ends. An interrupt takes all of it down.",
		Example: "  rackproof lab up\n" +
			"  rackproof lab up --topology single-rack --mode fullmesh --name mesh\n" +
			"  rackproof lab up --topology tor --mode tor --leaves bird\n" +
			"  rackproof lab up --topology two-racks --mode ipip --kernel uml\n" +
			"  rackproof lab up --topology ./mine.yaml -o json | jq -r .name",
	}
	chosen := recipeFlags(up)
	up.Flags().StringVarP(&name, "name", "n", "", "the lab's name (default: made from the topology's)")
	output := formatFlag(up, formatText, formatJSON)
	up.RunE = func(command *cobra.Command, _ []string) error {
		options, err := chosen.options(command.ErrOrStderr())
		if err != nil {
			return err
		}
		options.Name = name
		kernel, err := chosen.chooseKernel(command.Context(), options.Mode)
		if err != nil {
			return err
		}
		up := chosen.bringUp
		if kernel == lab.UMLKernel {
			up = chosen.bringUpInside
		}
		l, result, err := up(command.Context(), options, command.ErrOrStderr())
		if err != nil {
			return err
		}
		return leaveUp(command.Context(), l, func() error {
			if *output == formatJSON {
				return writeJSON(command.OutOrStdout(), result)
			}
			return result.writeText(command.OutOrStdout())
		})
	}
	return up
}

// owned is a lab, or a machine with one inside, that ends with this process unless it is
// released.
type owned interface {
	Release() error
	Down(ctx context.Context) error
}

// leaveUp tells of a lab and lets it live on without this process. It takes down an
// untold lab, also if tell panics.
func leaveUp(ctx context.Context, l owned, tell func() error) (err error) {
	released := false
	defer func() {
		if !released {
			err = errors.Join(err, l.Down(context.WithoutCancel(ctx)))
		}
	}()
	if err := tell(); err != nil {
		return fmt.Errorf("tell of the lab that is ready (it is taken down again): %w", err)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := l.Release(); err != nil {
		return err
	}
	released = true
	return nil
}

// broughtUp is a lab that `lab up` leaves behind.
type broughtUp struct {
	Name     string `json:"name"`
	Topology string `json:"topology"`
	Mode     string `json:"mode"`
	PID      int    `json:"pid"`
	// Kubeconfig is empty if the lab is inside User-Mode Linux.
	Kubeconfig string `json:"kubeconfig,omitempty"`
	// Seconds is how long it took from nothing to ready, and Phases what of it the
	// phases took, which overlap.
	Seconds float64            `json:"seconds"`
	Phases  map[string]float64 `json:"phases"`

	// host is one that can be entered.
	host string
}

// bringUp brings a lab up and shows how on out. The caller owns the lab.
func (r recipe) bringUp(ctx context.Context, options lab.Options, out io.Writer) (owned, broughtUp, error) {
	began := time.Now()
	phases := bench.NewPhaseTimes(options.Progress)
	options.Progress = phases.Record
	l, err := r.launchWithDisplay(ctx, options, out,
		fmt.Sprintf("Bringing up topology %s in mode %s", options.Topology.Name, options.Mode.Name))
	if err != nil {
		return nil, broughtUp{}, err
	}
	took := time.Since(began)
	return l, broughtUp{
		Name: l.Name(), Topology: options.Topology.Name, Mode: options.Mode.Name, PID: l.PID(),
		Kubeconfig: l.Kubeconfig(), Seconds: took.Seconds(), Phases: phases.Seconds(), host: options.Topology.Nodes()[0].Name,
	}, nil
}

func (r recipe) launchWithDisplay(ctx context.Context, options lab.Options, out io.Writer, title string) (lab.Running, error) {
	shown := newDisplay(out, title, launch.Phases(r.provider, options.Mode))
	defer shown.end()
	options.Progress = both(options.Progress, shown.tell)
	return providers.All().Up(ctx, r.provider, options)
}

// both tells two of a piece of news, the first of whom may be nil.
func both(first, second func(lab.Event)) func(lab.Event) {
	return func(event lab.Event) {
		if first != nil {
			first(event)
		}
		second(event)
	}
}

func (b broughtUp) writeText(out io.Writer) error {
	_, err := fmt.Fprintf(out, `
Lab %[1]s is ready after %.2[2]f s: topology %[3]s, mode %[4]s.

  enter a host    rackproof lab exec -n %[1]s %[5]s
  use kubectl     rackproof lab exec -n %[1]s control -- kubectl get pods -A -o wide
  see its state   rackproof lab status -n %[1]s
  remove it       rackproof lab down %[1]s
`, b.Name, b.Seconds, b.Topology, b.Mode, b.host)
	return err
}
