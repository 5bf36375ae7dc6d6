package suite

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/rackproof/rackproof/framework/lab/launch"
	"github.com/rackproof/rackproof/framework/lab/vm"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/topology"
)

// Names of the suites' flags.
const (
	labFlag      = "rackproof.lab"
	keepFlag     = "rackproof.keep"
	resultsFlag  = "rackproof.results"
	leavesFlag   = "rackproof.leaves"
	kernelFlag   = "rackproof.kernel"
	providerFlag = "rackproof.provider"

	allowUnableFlag = "rackproof.allow-unable"
)

// Main is a suite's TestMain. The process of a lab is the suite's own program
// again, and so is the init of a User-Mode Linux, so this comes before anything else.
//
// A suite whose labs need a kernel that this machine may not have names them here:
// then it runs inside User-Mode Linux where it must.
func Main(m *testing.M, labs ...Recipe) {
	vm.RunIfInit()
	launch.RunIfLab()
	flag.String(labFlag, "", "run against this lab, which is up already, and leave it up")
	flag.Bool(keepFlag, false, "keep the lab of a failed run")
	flag.String(resultsFlag, "", "write JUnit, JSON and evidence to this folder")
	flag.Bool(allowUnableFlag, false, "let a run be green in which this machine or lab is unable to test a requirement")
	flag.String(leavesFlag, "", fmt.Sprintf("what all leaves run, %s, in place of what the topology says", drivers.List(", ", " or ")))
	flag.String(kernelFlag, string(launch.AutoKernel), "the kernel of the labs: auto, host or uml (User-Mode Linux)")
	flag.String(providerFlag, string(launch.Providers()[0]), fmt.Sprintf("what makes the labs: one of %v", launch.Providers()))
	flag.Parse()
	if err := readOptions().check(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if status, elsewhere := runElsewhere(readOptions(), labs); elsewhere {
		os.Exit(status)
	}
	if times := repetitions(); times > 1 {
		os.Exit(repeat(times))
	}
	os.Exit(m.Run())
}

// options are the flags' values.
type options struct {
	lab, results string
	keep         bool
	allowUnable  bool
	leaves       topology.Software
	kernel       launch.Kernel
	provider     launch.Provider
}

// check refuses values that mean nothing, before anything is made.
func (o options) check() error {
	if o.leaves != "" {
		if _, err := drivers.Of(o.leaves); err != nil {
			return fmt.Errorf("-%s: %w", leavesFlag, err)
		}
	}
	if err := launch.CheckProvider(o.provider); err != nil {
		return fmt.Errorf("-%s: %w", providerFlag, err)
	}
	if !o.embedded() && o.kernel == launch.UMLKernel {
		return fmt.Errorf("-%s=%s: only labs of provider %s can be inside User-Mode Linux", kernelFlag, o.kernel, launch.NetnsProvider)
	}
	if !slices.Contains(launch.Kernels(), o.kernel) {
		return fmt.Errorf("-%s=%s: use one of %v", kernelFlag, o.kernel, launch.Kernels())
	}
	return nil
}

// embedded reports whether the labs are those of network namespaces.
func (o options) embedded() bool { return o.provider == launch.NetnsProvider }

func readOptions() options {
	text := func(name string) string {
		if f := flag.Lookup(name); f != nil {
			return f.Value.String()
		}
		return ""
	}
	return options{
		lab: text(labFlag), results: text(resultsFlag), keep: text(keepFlag) == "true", allowUnable: text(allowUnableFlag) == "true", leaves: topology.Software(text(leavesFlag)),
		kernel: launch.Kernel(text(kernelFlag)), provider: cmp.Or(launch.Provider(text(providerFlag)), launch.NetnsProvider),
	}
}
