package suite

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/topology"
)

// Recipe names what a lab is made from.
type Recipe struct{ Topology, Mode string }

// defaultTopology stands for the topologies of a suite that names none: what a
// User-Mode Linux takes of it, the service network, is the same in all of them.
const defaultTopology = "leaf-spine"

// downTimeout bounds the end of a User-Mode Linux, which takes fractions of a second.
const downTimeout = 30 * time.Second

// kernelLines is how many last lines of a kernel's log are shown when it is gone.
const kernelLines = 20

// runInMachine runs the suite in a virtual machine if its labs need that or it was asked
// for, and returns the exit status. The suite runs there as it would have run here: the
// program is the same, and so are its arguments, environment and files.
func runInMachine(o options, labs []Recipe) (status int, ended bool) {
	if o.providers.Inside() || flag.Lookup("test.list").Value.String() != "" {
		return 0, false
	}
	// Held until the machine is down: a signal in between would leave it behind.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT)
	defer stop()
	machine, mine, err := findMachine(ctx, o, labs)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1, true
	}
	if machine == nil {
		return 0, false
	}
	status, err = machine.Rerun(ctx, os.Args[1:], nil, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		if lines, logErr := machine.Log(kernelLines); logErr == nil && len(lines) > 0 {
			fmt.Fprintln(os.Stderr, "The last lines of its kernel:")
			for _, line := range lines {
				fmt.Fprintln(os.Stderr, "   ", line)
			}
		}
		status = 1
	}
	if !mine || keepMachine(o, machine, status) {
		return status, true
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), downTimeout)
	defer cancel()
	if err := machine.Down(ending); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = max(status, 1)
	}
	return status, true
}

// findMachine finds the virtual machine that the suite is to run in; nil for this machine's
// own kernel. mine says that it was started here.
func findMachine(ctx context.Context, o options, labs []Recipe) (machine lab.Machine, mine bool, err error) {
	if o.lab != "" {
		if machine, err := o.providers.AttachMachine(o.lab); err == nil {
			return machine, false, nil
		}
		// A lab that is not there, or under this kernel, is looked for again later.
		return nil, false, nil
	}
	top, modes, err := load(labs)
	if err != nil {
		return nil, false, err
	}
	kernel, err := o.providers.ChooseKernel(ctx, o.provider, o.kernel, modes...)
	if err == nil && kernel == lab.UMLKernel {
		program := os.Args[0]
		machine, err = o.providers.StartMachine(ctx, o.provider, lab.MachineOptions{
			Known: machineName(filepath.Base(program)), Topology: top, BIRD: o.bird,
			Files: map[string]string{"results folder": o.results, "folder of recorded states": o.record, "folder for temporary files": os.TempDir(), "test program": program, "BIRD": o.bird},
		})
		return machine, true, err
	}
	// The suite itself says what is unable: it knows its specs.
	return nil, false, nil
}

// machineName makes the beginning of a lab's name of the name of a test program
// (ipip.test), whatever letters that has.
func machineName(program string) string {
	letters := func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		}
		return '-'
	}
	name := strings.Map(letters, strings.ToLower(strings.TrimSuffix(program, filepath.Ext(program))))
	return fmt.Sprintf("uml-%.20s", strings.Trim(name, "-"))
}

func load(labs []Recipe) (*topology.Topology, []*calico.Mode, error) {
	top, err := fixtures.Topology(defaultTopology)
	if err != nil {
		return nil, nil, err
	}
	var modes []*calico.Mode
	for _, recipe := range labs {
		if top, err = fixtures.Topology(recipe.Topology); err != nil {
			return nil, nil, err
		}
		mode, err := fixtures.Mode(recipe.Mode)
		if err != nil {
			return nil, nil, err
		}
		modes = append(modes, mode)
	}
	return top, modes, nil
}

// keepMachine lets the machine of a failed run live on if that was asked for.
func keepMachine(o options, machine lab.Machine, status int) bool {
	if !o.keep || status == 0 {
		return false
	}
	if err := machine.Release(); err != nil {
		fmt.Fprintln(os.Stderr, errors.Join(errors.New("keep the lab of the failed run"), err))
		return false
	}
	fmt.Printf("\nThe User-Mode Linux of the failed run is kept, and in it the lab if one was up. Enter a host of it:  rackproof lab exec --name %[1]s HOST\nRemove it:  rackproof lab down %[1]s\n", machine.Name())
	return true
}
