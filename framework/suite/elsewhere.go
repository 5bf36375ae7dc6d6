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
	"github.com/rackproof/rackproof/framework/lab/launch"
	"github.com/rackproof/rackproof/framework/lab/netns"
	"github.com/rackproof/rackproof/framework/lab/vm"
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

// runElsewhere runs the suite inside User-Mode Linux if its labs need that or it was
// asked for, and tells the exit status. The suite runs there as it would have run
// here: the program is the same, and so are its arguments, environment and files.
func runElsewhere(o options, labs []Recipe) (status int, elsewhere bool) {
	if vm.Inside() || flag.Lookup("test.list").Value.String() != "" {
		return 0, false
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT)
	defer signal.Stop(signals)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)

	machine, mine, err := findMachine(ctx, cancel, signals, o, labs)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1, true
	}
	if machine == nil {
		return 0, false
	}
	status, err = runInside(ctx, machine, signals)
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
	downCtx, stop := context.WithTimeout(context.WithoutCancel(ctx), downTimeout)
	defer stop()
	if err := machine.Down(downCtx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = max(status, 1)
	}
	return status, true
}

// findMachine finds the User-Mode Linux that the suite is to run in; nil for this
// machine's own kernel. mine says that it was started here.
func findMachine(ctx context.Context, cancel context.CancelCauseFunc, signals <-chan os.Signal, o options, labs []Recipe) (machine *netns.Machine, mine bool, err error) {
	if o.lab != "" {
		// A lab that is not there, or under this kernel, is looked for again later.
		machine, err := netns.AttachMachine(o.lab)
		if err != nil {
			return nil, false, nil
		}
		return machine, false, nil
	}
	if !o.embedded() {
		return nil, false, nil
	}
	top, modes, err := load(labs)
	if err != nil {
		return nil, false, err
	}
	kernel, err := launch.ChooseKernel(ctx, o.kernel, modes...)
	if err != nil || kernel != launch.UMLKernel {
		// The suite itself says what is unable: it knows its specs.
		return nil, false, nil
	}
	for what, path := range map[string]string{"results folder": o.results, "folder for temporary files": os.TempDir(), "test program": os.Args[0]} {
		if own := vm.OwnFolder(path); own != "" {
			return nil, false, fmt.Errorf("the %s %s is below %s, which is another one inside User-Mode Linux, where this suite has to run: use another", what, path, own)
		}
	}
	started := make(chan struct{})
	defer close(started)
	go func() {
		select {
		case received := <-signals:
			cancel(fmt.Errorf("signal %s", received))
		case <-started:
		}
	}()
	name := filepath.Base(os.Args[0])
	machine, err = launch.StartMachine(ctx, launch.MachineOptions{
		Known: machineName(name), Topology: top,
	})
	return machine, true, err
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

// runInside runs this program with its own arguments inside a machine.
func runInside(ctx context.Context, machine *netns.Machine, signals <-chan os.Signal) (int, error) {
	program, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("find this program's own file: %w", err)
	}
	folder, err := os.Getwd()
	if err != nil {
		return 0, fmt.Errorf("find the working directory: %w", err)
	}
	argv := append([]string{program}, os.Args[1:]...)
	return machine.Run(ctx, vm.Command{Argv: argv, Env: os.Environ(), Dir: folder}, vm.Streams{
		Stdout: os.Stdout, Stderr: os.Stderr, Signals: signals,
	})
}

// keepMachine lets the machine of a failed run live on if that was asked for.
func keepMachine(o options, machine *netns.Machine, status int) bool {
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
