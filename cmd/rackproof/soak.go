package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/soak"
	"github.com/rackproof/rackproof/reports"
)

// soakPrograms is the folder of the test programs in a soak's folder.
const soakPrograms = "programs"

// soaking is what a soak was asked to do.
type soaking struct {
	rounds   int
	suites   []string
	folder   string
	append   bool
	disturb  bool
	parallel int
	timeout  time.Duration
	seed     int64
	// arguments are more flags of the suites.
	arguments []string
}

func newSoakCommand() *cobra.Command {
	var s soaking
	command := &cobra.Command{
		Use:   "soak [flags] [-- FLAGS OF THE SUITES]",
		Short: "Run suites again and again, and count the verdicts of each requirement",
		Long: "Run suites again and again, specs and suites in another random order each time, and write a table:\n" +
			"how often each requirement got which verdict, its times, and the processor time of each suite.\n" +
			"Red rounds do not end a soak; an interrupt does, and the table has what there is by then.\n" +
			"Run it in the folder of the sources. The folder of the results gets " + reports.SoakFile + " (the table,\n" +
			"which `rackproof report soak` shows and `rackproof report compare` compares) and a results folder\n" +
			"for each round.\n\n" +
			"Exit status:\n" +
			"  0  all rounds of the table are green; inconclusive specs and known issues may be there\n" +
			"  1  a spec failed, a suite did not end or did not report, or a round proves nothing\n" +
			"  2  the command line is wrong\n" +
			"  3  nothing failed, and a lab was not what its design says\n" +
			"  130  it was interrupted",
		Example: "  rackproof soak -n 10\n" +
			"  rackproof soak -n 5 --append\n" +
			"  rackproof soak -n 3 --disturb --results soak-disturbed\n" +
			"  rackproof soak -n 20 --suites ./suites/vxlan -- -ginkgo.label-filter=VXL-063",
		Args: func(command *cobra.Command, arguments []string) error {
			if command.ArgsLenAtDash() > 0 || (command.ArgsLenAtDash() < 0 && len(arguments) > 0) {
				return errors.New("name suites by --suites, and put -- before flags of the suites")
			}
			return s.check(arguments)
		},
		RunE: func(command *cobra.Command, arguments []string) error {
			s.arguments = arguments
			return s.run(command.Context(), command.OutOrStdout(), command.ErrOrStderr())
		},
	}
	flags := command.Flags()
	flags.IntVarP(&s.rounds, "rounds", "n", 10, "how many rounds")
	flags.StringSliceVar(&s.suites, "suites", []string{"./suites/..."}, "the suites' packages, as patterns of go")
	flags.StringVar(&s.folder, "results", "soak", "the folder for the table and the rounds' results")
	flags.BoolVar(&s.append, "append", false, "add the rounds to the table that is there")
	flags.BoolVar(&s.disturb, "disturb", false, "keep all processors busy half of the time: "+soak.Disturbance())
	flags.IntVarP(&s.parallel, "parallel", "p", 2, "how many suites run side by side")
	flags.DurationVar(&s.timeout, "timeout", 15*time.Minute, "bounds one suite")
	flags.Int64Var(&s.seed, "seed", 0, "the random seed of the first round, to repeat an order (the others follow from it)")
	return command
}

// check refuses what means nothing, before anything is built.
func (s soaking) check(arguments []string) error {
	switch {
	case s.rounds < 1:
		return fmt.Errorf("--rounds %d: take 1 or more", s.rounds)
	case s.parallel < 1:
		return fmt.Errorf("--parallel %d: take 1 or more", s.parallel)
	case s.timeout < time.Second:
		return fmt.Errorf("--timeout %s: take 1s or more", s.timeout)
	case s.folder == "":
		return errors.New("--results names no folder")
	}
	for _, argument := range arguments {
		name, _, _ := strings.Cut(strings.TrimLeft(argument, "-"), "=")
		if slices.Contains([]string{"rackproof.results", "ginkgo.seed", "ginkgo.randomize-all", "test.timeout", "test.count", "test.run"}, name) {
			return fmt.Errorf("%s: the soak itself gives the suites this flag", argument)
		}
	}
	return nil
}

func (s soaking) run(ctx context.Context, out, progress io.Writer) error {
	folder, err := filepath.Abs(s.folder)
	if err != nil {
		return fmt.Errorf("find the folder of the results: %w", err)
	}
	s.folder = folder
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make the folder of the results: %w", err)
	}
	commit := soak.Commit(ctx)
	table, err := s.table(commit, progress)
	if err != nil {
		return err
	}
	fmt.Fprintf(progress, "soak: building the suites of %s at commit %s\n", strings.Join(s.suites, " "), commit)
	programs := filepath.Join(folder, soakPrograms)
	defer func() { _ = os.RemoveAll(programs) }() // large, and made again each time
	suites, err := soak.Build(ctx, s.suites, programs)
	if err != nil {
		return err
	}
	machine, err := machineName()
	if err != nil {
		return err
	}
	fresh := reports.SoakRound{Commit: commit, Machine: machine}
	// An interrupted soak has written what there is, and shows it.
	err = s.repeat(ctx, table, fresh, suites, progress)
	if len(table.Rounds) > 0 {
		err = errors.Join(err, table.WriteText(out))
	}
	if ctx.Err() != nil {
		return errors.Join(errors.New("soak: interrupted"), err)
	}
	if err != nil {
		return err
	}
	return outcomeStatus(table.Outcome())
}

// table is the table to add to: the one that is there, or a new one.
func (s soaking) table(commit string, progress io.Writer) (*reports.Soak, error) {
	conditions := reports.SoakConditions{Arguments: s.arguments, Parallel: s.parallel}
	if s.disturb {
		conditions.Disturbance = soak.Disturbance()
	}
	path := filepath.Join(s.folder, reports.SoakFile)
	_, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return reports.NewSoak(conditions), nil
	case err != nil:
		return nil, fmt.Errorf("look for a table: %w", err)
	case !s.append:
		return nil, fmt.Errorf("%s is there: add to it by --append, or name another folder by --results", path)
	}
	table, err := reports.ReadSoak(path)
	if err != nil {
		return nil, err
	}
	if err := table.Conditions.CheckSame(conditions); err != nil {
		return nil, fmt.Errorf("add to %s: %w (name another folder by --results)", path, err)
	}
	if commits := table.Commits(); len(commits) > 0 && !slices.Equal(commits, []string{commit}) {
		fmt.Fprintf(progress, "soak: NOTE: the table has rounds of commit %s, and this one is %s; the table names both\n", strings.Join(commits, ", "), commit)
	}
	return table, nil
}

// repeat runs the rounds and writes the table after each.
func (s soaking) repeat(ctx context.Context, table *reports.Soak, fresh reports.SoakRound, suites []soak.Suite, progress io.Writer) error {
	seeds := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(os.Getpid())))
	if s.seed != 0 {
		seeds = rand.New(rand.NewPCG(uint64(s.seed), 0))
	}
	plan := soak.Plan{
		Suites: suites, Arguments: s.arguments, Parallel: s.parallel, Timeout: s.timeout, Disturb: s.disturb,
		Ended: func(e soak.Ended) {
			fmt.Fprintf(progress, "  %-14s status %d after %.0f s, %.0f CPU s\n", e.Name, e.Status, e.Took.Seconds(), e.CPU.Seconds())
		},
	}
	for i := range s.rounds {
		round := fresh
		// Ginkgo's seeds are such numbers.
		round.Number, round.Seed = table.NextNumber(), int64(seeds.Uint32())
		if i == 0 && s.seed != 0 {
			round.Seed = s.seed
		}
		folder := filepath.Join(s.folder, fmt.Sprintf("round-%03d", round.Number))
		// One that is there is of a soak that was killed, and in no table.
		if err := os.RemoveAll(folder); err != nil {
			return fmt.Errorf("make place for round %d: %w", round.Number, err)
		}
		fmt.Fprintf(progress, "soak: round %d (%d of %d), seed %d\n", round.Number, i+1, s.rounds, round.Seed)
		measured, err := plan.Round(ctx, folder, round.Seed)
		if err != nil {
			return err
		}
		if !addRound(table, round, measured, folder) {
			return nil
		}
		if err := table.Write(filepath.Join(s.folder, reports.SoakFile)); err != nil {
			return err
		}
		fmt.Fprintf(progress, "soak: round %d: %s\n", round.Number, table.Rounds[len(table.Rounds)-1].Verdict)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // what there is was written; the caller tells of the interrupt
		}
	}
	return nil
}

// addRound adds what a round came to. A round that was interrupted before any suite had
// ended has nothing to add.
func addRound(table *reports.Soak, round reports.SoakRound, measured soak.Measured, folder string) bool {
	whole := slices.DeleteFunc(slices.Clone(measured.Suites), func(e soak.Ended) bool { return e.Cut })
	if len(whole) == 0 {
		return false
	}
	round.Started, round.Seconds = measured.Started, measured.Took.Seconds()
	round.Interrupted = len(whole) < len(measured.Suites)
	round.DisturbanceCPUSeconds = measured.Hog.Seconds()
	var ways []string
	for _, e := range whole {
		round.CPUSeconds += e.CPU.Seconds()
		round.Suites = append(round.Suites, reports.SoakSuite{Name: e.Name, Seconds: e.Took.Seconds(), CPUSeconds: e.CPU.Seconds(), Status: e.Status})
		if way := string(e.Accounting); !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	round.Accounting = strings.Join(ways, ", and ")
	table.Add(round, readRound(whole, folder))
	return true
}

// readRound reads the reports of the suites of a round that ended, and compares them with
// how the suites' programs ended.
func readRound(whole []soak.Ended, folder string) reports.Run {
	run, err := reports.Read(folder)
	if err != nil && !errors.Is(err, reports.ErrNoReport) {
		run.Faults = append(run.Faults, err.Error())
	}
	ended := func(name string) bool {
		return slices.ContainsFunc(whole, func(e soak.Ended) bool { return e.Name == name })
	}
	run.Reports = slices.DeleteFunc(run.Reports, func(r reports.Report) bool { return !ended(r.SuiteDescription) })
	for _, e := range whole {
		of := reports.Run{Reports: slices.DeleteFunc(slices.Clone(run.Reports), func(r reports.Report) bool { return r.SuiteDescription != e.Name })}
		switch {
		case len(of.Reports) == 0:
			run.Faults = append(run.Faults, fmt.Sprintf("suite %s ended with status %d and has no report: %s has what it printed", e.Name, e.Status, e.Output))
		case e.Status != 0 && reports.Summarise(of).Outcome() == reports.Passed:
			run.Faults = append(run.Faults, fmt.Sprintf("suite %s ended with status %d, and its report is green: %s has what it printed", e.Name, e.Status, e.Output))
		}
	}
	return run
}

// machineName names the processors and the kernel.
func machineName() (string, error) {
	var system unix.Utsname
	if err := unix.Uname(&system); err != nil {
		return "", fmt.Errorf("ask for the kernel's version: %w", err)
	}
	return fmt.Sprintf("%d processors, Linux %s", runtime.NumCPU(), unix.ByteSliceToString(system.Release[:])), nil
}

// outcomeStatus is the exit status for what a run came to, which its last line says.
func outcomeStatus(outcome reports.Outcome) error {
	switch outcome {
	case reports.Passed:
		return nil
	case reports.LabBroken:
		return exitStatus(exitBrokenLab)
	default:
		return exitStatus(exitFailure)
	}
}
