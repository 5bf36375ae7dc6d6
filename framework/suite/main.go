package suite

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/launch"
	"github.com/rackproof/rackproof/framework/lab/providers/tagged"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/sabotage"
	"github.com/rackproof/rackproof/framework/topology"
)

// Names of the suites' flags.
const (
	labFlag      = "rackproof.lab"
	keepFlag     = "rackproof.keep"
	resultsFlag  = "rackproof.results"
	recordFlag   = "rackproof.record"
	leavesFlag   = "rackproof.leaves"
	kernelFlag   = "rackproof.kernel"
	providerFlag = "rackproof.provider"
	birdFlag     = "rackproof.bird"
	ownerFlag    = "rackproof.route-owner"

	allowUnableFlag = "rackproof.allow-unable"
	sabotageFlag    = "rackproof.sabotage"
	fullFlag        = "rackproof.sabotage-full"
)

// Main is a suite's TestMain. A process of a lab may be the suite's own program again, so
// this comes before anything else.
//
// A suite whose labs need a kernel that this machine may not have names them here:
// then it runs inside User-Mode Linux where it must.
func Main(m *testing.M, labs ...Recipe) {
	providers := tagged.Providers()
	providers.RunIfPart()
	flag.String(labFlag, "", "run against this lab, which is up already, and leave it up")
	flag.Bool(keepFlag, false, "keep the lab of a failed run")
	flag.String(resultsFlag, "", "write JUnit, JSON and evidence to this folder")
	flag.String(recordFlag, "", "record states in which the lab agrees with the oracle in this folder, as in fixtures/labs: each that is new")
	flag.Bool(allowUnableFlag, false, "let a run be green in which this machine or lab is unable to test a requirement")
	flag.String(leavesFlag, "", fmt.Sprintf("what all leaves run, %s, in place of what the topology says", drivers.List(", ", " or ")))
	flag.String(kernelFlag, string(lab.AutoKernel), "the kernel of the labs: auto, host or uml (User-Mode Linux)")
	flag.String(providerFlag, providers.Default().Name(), fmt.Sprintf("what makes the labs: one of %v", providers.Names()))
	flag.String(birdFlag, "", "the path of Calico's own BIRD, for nodes (default: the one in the component cache, if there is one)")
	flag.String(ownerFlag, "", fmt.Sprintf("who programs the routes between nodes in modes with IPIP, one of %v, in place of what the mode says", calico.Owners()))
	flag.String(sabotageFlag, "", "run the suite under these defects, by their ids with commas, or all; docs/sabotage.md")
	flag.Bool(fullFlag, false, fmt.Sprintf("with -%s: run every spec under every defect", sabotageFlag))
	flag.Parse()
	o, err := readOptions()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if status, ended := runInMachine(o, labs); ended {
		os.Exit(status)
	}
	if times := repetitions(); times > 1 {
		os.Exit(repeat(times))
	}
	os.Exit(m.Run())
}

// options are the flags' values.
type options struct {
	lab, results, record string
	keep                 bool
	allowUnable          bool
	leaves               topology.Software
	kernel               lab.Kernel
	provider             lab.Provider
	// bird is the path of Calico's own BIRD, owner who programs the routes in modes with
	// IPIP; empty for the provider's, and for the mode's.
	bird  string
	owner calico.RouteOwner
	// providers are all that the suite's program has.
	providers launch.Providers
	// sabotage are the defects of a sabotage run; nil for an ordinary one.
	sabotage []sabotage.Defect
	// sabotageFull says that every spec runs under every defect.
	sabotageFull bool
}

// readOptions reads the flags. It refuses values that mean nothing, before anything is made.
func readOptions() (options, error) {
	text := func(name string) string {
		if f := flag.Lookup(name); f != nil {
			return f.Value.String()
		}
		return ""
	}
	o := options{
		lab: text(labFlag), results: text(resultsFlag), record: text(recordFlag), keep: text(keepFlag) == "true", allowUnable: text(allowUnableFlag) == "true",
		leaves: topology.Software(text(leavesFlag)), kernel: lab.Kernel(text(kernelFlag)), providers: tagged.Providers(),
		sabotageFull: text(fullFlag) == "true",
		bird:         text(birdFlag), owner: calico.RouteOwner(text(ownerFlag)),
	}
	if o.owner != "" && !slices.Contains(calico.Owners(), o.owner) {
		return o, fmt.Errorf("-%s=%s: use one of %v", ownerFlag, o.owner, calico.Owners())
	}
	if err := o.checkRecord(); err != nil {
		return o, err
	}
	if o.leaves != "" {
		if _, err := drivers.Of(o.leaves); err != nil {
			return o, fmt.Errorf("-%s: %w", leavesFlag, err)
		}
	}
	var err error
	if ids := text(sabotageFlag); ids != "" {
		if o.sabotage, err = sabotage.Choose(strings.Split(ids, ",")); err != nil {
			return o, fmt.Errorf("-%s: %w", sabotageFlag, err)
		}
	}
	if o.provider, err = o.providers.Of(text(providerFlag)); err != nil {
		return o, fmt.Errorf("-%s: %w", providerFlag, err)
	}
	if o.bird != "" {
		if _, err := o.provider.CalicoBIRD(context.Background(), o.bird); err != nil {
			return o, fmt.Errorf("-%s: %w", birdFlag, err)
		}
		if o.bird, err = filepath.Abs(o.bird); err != nil {
			return o, fmt.Errorf("-%s: %w", birdFlag, err)
		}
	}
	if !slices.Contains(lab.Kernels(), o.kernel) {
		return o, fmt.Errorf("-%s=%s: use one of %v", kernelFlag, o.kernel, lab.Kernels())
	}
	if o.kernel == lab.UMLKernel {
		if _, err := o.providers.Virtualizer(o.provider); err != nil {
			return o, fmt.Errorf("-%s=%s: %w", kernelFlag, o.kernel, err)
		}
	}
	return o, nil
}

// checkRecord refuses a folder for records that is not there: a mistyped one would get them.
func (o options) checkRecord() error {
	if o.record == "" {
		return nil
	}
	if info, err := os.Stat(o.record); err != nil || !info.IsDir() {
		return fmt.Errorf("-%s=%s: no such folder: make it first, and name it by its absolute path", recordFlag, o.record)
	}
	return nil
}
