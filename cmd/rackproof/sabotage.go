package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/sabotage"
	"github.com/rackproof/rackproof/framework/soak"
	"github.com/rackproof/rackproof/reports"
)

// sabotaging is what a sabotage run was asked to do.
type sabotaging struct {
	suites  []string
	defects []string
	folder  string
	timeout time.Duration
	// parallel is how many suites run side by side.
	parallel int
	full     bool
	list     bool
}

func newSabotageCommand() *cobra.Command {
	var s sabotaging
	command := &cobra.Command{
		Use:   "sabotage [flags] [-- FLAGS OF THE SUITES]",
		Short: "Put defects into running labs, and find the requirements that do not see them",
		Long: "Run suites once without a defect, and once under each defect that is put into their labs. A requirement\n" +
			"that no defect kills proves nothing. Run it in the folder of the sources. The results folder gets a\n" +
			"matrix of defects and requirements for each suite, in " + reports.SabotageFolder + "/.\n\n" +
			"Exit status:\n" +
			"  0  each requirement of each suite dies of a defect, and of none that must not kill it\n" +
			"  1  one does not, a defect is void, or a run is VOID: its baseline failed, or no spec saw the canary\n" +
			"  2  the command line is wrong\n" +
			"  130  it was interrupted",
		Example: "  rackproof sabotage --suites ./suites/fullmesh\n" +
			"  rackproof sabotage --suites ./suites/tor --defects session-shut,table-blackhole\n" +
			"  rackproof sabotage --list",
		Args: func(command *cobra.Command, arguments []string) error {
			if command.ArgsLenAtDash() > 0 || (command.ArgsLenAtDash() < 0 && len(arguments) > 0) {
				return errors.New("name suites by --suites, and put -- before flags of the suites")
			}
			return s.check()
		},
		RunE: func(command *cobra.Command, arguments []string) error {
			if s.list {
				return listDefects(command.OutOrStdout())
			}
			return s.run(command.Context(), arguments, command.OutOrStdout(), command.ErrOrStderr())
		},
	}
	flags := command.Flags()
	flags.StringSliceVar(&s.suites, "suites", []string{"./suites/..."}, "the suites' packages, as patterns of go")
	flags.StringSliceVar(&s.defects, "defects", []string{sabotage.AllDefects}, "the defects' ids, or "+sabotage.AllDefects)
	flags.StringVar(&s.folder, "results", "results", "the folder for the matrices")
	flags.DurationVar(&s.timeout, "timeout", 45*time.Minute, "bounds one suite")
	flags.IntVarP(&s.parallel, "parallel", "p", 1, "how many suites run side by side")
	flags.BoolVar(&s.full, "full", false, "run every spec under every defect, also where its deaths are known already")
	flags.BoolVar(&s.list, "list", false, "list the defects, and run nothing")
	return command
}

// check refuses what means nothing, before anything is built.
func (s sabotaging) check() error {
	if _, err := sabotage.Choose(s.defects); err != nil {
		return fmt.Errorf("--defects: %w", err)
	}
	switch {
	case s.timeout < time.Minute:
		return fmt.Errorf("--timeout %s: take 1m or more", s.timeout)
	case s.folder == "":
		return errors.New("--results names no folder")
	case s.parallel < 1:
		return fmt.Errorf("--parallel %d: take 1 or more", s.parallel)
	}
	return nil
}

// listDefects writes one line for each defect.
func listDefects(out io.Writer) error {
	for _, d := range sabotage.All() {
		if _, err := fmt.Fprintf(out, "%-28s %s\n", d.ID, d.What); err != nil {
			return err
		}
	}
	return nil
}

func (s sabotaging) run(ctx context.Context, arguments []string, out, progress io.Writer) error {
	folder, err := filepath.Abs(s.folder)
	if err != nil {
		return fmt.Errorf("find the folder of the results: %w", err)
	}
	// A matrix of an earlier run would count.
	if err := os.RemoveAll(filepath.Join(folder, reports.SabotageFolder)); err != nil {
		return fmt.Errorf("remove the matrices of an earlier run: %w", err)
	}
	programs, err := os.MkdirTemp("", "rackproof-sabotage-")
	if err != nil {
		return fmt.Errorf("make a folder for the suites' programs: %w", err)
	}
	defer func() { _ = os.RemoveAll(programs) }()
	fmt.Fprintf(progress, "sabotage: building the suites of %s\n", strings.Join(s.suites, " "))
	suites, err := soak.Build(ctx, s.suites, programs)
	if err != nil {
		return err
	}
	// In the suite's own order a second lab comes after the first one, and may be left out.
	arguments = append([]string{
		"-ginkgo.randomize-all=false", "-rackproof.sabotage=" + strings.Join(s.defects, ","), fmt.Sprintf("-rackproof.sabotage-full=%t", s.full),
	}, arguments...)
	plan := soak.Plan{
		Suites: suites, Parallel: s.parallel, Timeout: s.timeout, Arguments: arguments,
		Ended: func(e soak.Ended) {
			fmt.Fprintf(progress, "  %-14s status %d after %.0f s: %s has what it printed\n", e.Name, e.Status, e.Took.Seconds(), e.Output)
		},
	}
	if _, err := plan.Round(ctx, folder, 1); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errors.New("sabotage: interrupted")
	}
	runs, err := reports.ReadSabotage(folder)
	if err != nil {
		return err
	}
	return judgeSabotage(runs, suites, out)
}

// judgeSabotage writes the verdict of each suite. One without a matrix has failed.
func judgeSabotage(runs []reports.Sabotage, suites []soak.Suite, out io.Writer) error {
	status := exitStatus(0)
	found := map[string]reports.Sabotage{}
	for _, run := range runs {
		found[run.Suite] = run
	}
	for _, suite := range suites {
		run, ok := found[suite.Name]
		switch {
		case !ok:
			status = exitFailure
			fmt.Fprintf(out, "FAIL: suite %s ended without a matrix\n", suite.Name)
			continue
		case !run.Passed():
			status = exitFailure
		}
		for _, fault := range run.Faults() {
			fmt.Fprintln(out, "  "+fault)
		}
		fmt.Fprintln(out, run.Verdict())
	}
	if status != 0 {
		return status
	}
	return nil
}
