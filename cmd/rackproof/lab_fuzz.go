package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/fuzz"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/steer"
)

// fuzzing is what random states of a lab are asked for.
type fuzzing struct {
	states, shrink int
	seed           uint64
	time, settle   time.Duration
	folder         string
}

func newLabFuzzCommand() *cobra.Command {
	var f fuzzing
	command := &cobra.Command{
		Use:   "fuzz",
		Short: "Put a lab into random states, and compare each with the oracle",
		Long: "Put a lab into random states, one after the other: BGPPeers, filters, pools, service addresses, labels,\n" +
			"AS numbers, reflectors, settings of routers and cut links, several at once. All sessions, routes, BGP\n" +
			"paths and VTEPs of each state are compared with the oracle's. A state that differs is shrunk to the\n" +
			"changes that matter, and written into the folder of the results as a record (see `rackproof lab record`)\n" +
			"with its difference. In the end the lab is what it was.\n\n" +
			"The first line has the seed: the same seed gives the same states. The last line has the figure, which\n" +
			"the folder gets too. States that the oracle refuses, that never come to rest, or that run into a known\n" +
			"issue of Calico are not tried; they are counted.\n\n" +
			"Exit status:\n" +
			"  0  the lab agreed with the oracle in all states\n" +
			"  1  it differed in one, or is not what it was\n" +
			"  2  the command line is wrong",
		Example: "  rackproof lab fuzz\n" +
			"  rackproof lab fuzz -s 50 --time 5m\n" +
			"  rackproof lab fuzz --seed 1234 -s 1",
		Args: func(command *cobra.Command, arguments []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return cobra.NoArgs(command, arguments)
		},
	}
	name := nameFlag(command)
	flags := command.Flags()
	flags.IntVarP(&f.states, "states", "s", 200, "how many states to try")
	flags.Uint64Var(&f.seed, "seed", 0, "the seed of the first state; the next ones have the next numbers (default: any)")
	flags.DurationVar(&f.time, "time", 20*time.Minute, "begin no new state after this time")
	flags.DurationVar(&f.settle, "settle", 40*time.Second, "bounds how long a state may take until the lab agrees with the oracle")
	flags.IntVar(&f.shrink, "shrink", 16, "bounds how many smaller states are tried for one that differs")
	flags.StringVar(&f.folder, "results", "fuzz", "the folder for the figure and the states that differ")
	command.RunE = func(command *cobra.Command, _ []string) error {
		l, err := attach(command, *name)
		if err != nil {
			return err
		}
		return f.run(command.Context(), l, command.OutOrStdout())
	}
	return command
}

// check refuses what means nothing.
func (f fuzzing) check() error {
	switch {
	case f.states < 1:
		return fmt.Errorf("--states %d: take 1 or more", f.states)
	case f.time < time.Second:
		return fmt.Errorf("--time %s: take 1s or more", f.time)
	case f.settle < time.Second:
		return fmt.Errorf("--settle %s: take 1s or more", f.settle)
	case f.shrink < 0:
		return fmt.Errorf("--shrink %d: take 0 or more", f.shrink)
	case f.folder == "":
		return fmt.Errorf("--results names no folder")
	}
	return nil
}

func (f fuzzing) run(ctx context.Context, l lab.Running, out io.Writer) error {
	if f.seed == 0 {
		// Short enough to be typed.
		f.seed = uint64(rand.Uint32())
	}
	site, err := steer.NewSite(l)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.folder, 0o755); err != nil {
		return fmt.Errorf("make the folder of the results: %w", err)
	}
	fmt.Fprintf(out, "fuzz: lab %s, topology %s in mode %s, seed %d\n", l.Name(), l.Topology().Name, l.Mode().Name, f.seed)
	result, err := fuzz.Run(ctx, site, fuzz.Plan{
		Seed: f.seed, States: f.states, Time: f.time, Settle: f.settle, Calm: time.Second, Poll: 250 * time.Millisecond, Shrink: f.shrink,
		Tell: func(line string) { fmt.Fprintln(out, line) },
	})
	for _, finding := range result.Findings {
		err = errors.Join(err, f.keep(l, finding, out))
	}
	figure := fmt.Sprintf("fuzz: %s in mode %s, seed %d: %s\n", l.Topology().Name, l.Mode().Name, f.seed, result)
	fmt.Fprint(out, figure)
	figures, openErr := os.OpenFile(filepath.Join(f.folder, "figures.txt"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if openErr != nil {
		return fmt.Errorf("write the figure: %w", openErr)
	}
	defer figures.Close()
	if _, err := fmt.Fprint(figures, figure); err != nil {
		return fmt.Errorf("write the figure: %w", err)
	}
	if err != nil {
		return err
	}
	if len(result.Findings) > 0 {
		return exitStatus(exitFailure)
	}
	if result.Tried() == 0 {
		return errors.New("no state was tried: the lines above say why")
	}
	return nil
}

// keep writes a state that differs, and its difference.
func (f fuzzing) keep(l lab.Running, finding fuzz.Finding, out io.Writer) error {
	record := finding.Record
	record.Mode, record.Calico = l.Mode().Name, l.CalicoVersion()
	if record.State.Topology == nil {
		return nil // nobody could look
	}
	base := filepath.Join(f.folder, fmt.Sprintf("%s-%s-seed-%d", record.Mode, l.Topology().Name, finding.Seed))
	if err := os.Remove(base + ".yaml"); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("replace a record: %w", err)
	}
	if err := writeRecord(base+".yaml", record); err != nil {
		return err
	}
	when := "after the state of the beginning"
	if !finding.Repeatable {
		when = "only after the states before it"
	}
	text := fmt.Sprintf("seed %d differs %s\nall changes: %s\nsmallest: %s\n\n%s", finding.Seed, when,
		strings.Join(finding.Changes, ", "), strings.Join(finding.Smallest, ", "), finding.Difference)
	fmt.Fprintf(out, "%s.yaml: %s\n", base, text)
	if err := os.WriteFile(base+".txt", []byte(text), 0o644); err != nil {
		return fmt.Errorf("write a difference: %w", err)
	}
	return nil
}
