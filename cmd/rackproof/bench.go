package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/bench"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/launch"
	"github.com/rackproof/rackproof/framework/lab/providers"
)

func newBenchCommand() *cobra.Command {
	var runs int
	var beside providerFlag
	command := &cobra.Command{
		Use:   "bench",
		Short: "Measure how long a lab takes to come up and to go, and its memory",
		Long: "Bring a lab up and take it down several times, and print the times of the phases and the memory\n" +
			"of the lab's processes as a Markdown table. Leave the machine alone meanwhile.",
		Example: "  rackproof bench\n" +
			"  rackproof bench --runs 3 --topology single-rack --mode fullmesh\n" +
			"  rackproof bench --runs 3 --beside kind\n" +
			"  rackproof bench -o json | jq '.rows[] | select(.name == \"total ready\").median'",
		Args: func(command *cobra.Command, arguments []string) error {
			if runs < 1 {
				return fmt.Errorf("--runs %d: take 1 or more", runs)
			}
			return cobra.NoArgs(command, arguments)
		},
	}
	command.Flags().IntVar(&runs, "runs", 5, "how many times")
	command.Flags().Var(&beside, "beside", "measure a lab of this provider too, and print both side by side")
	chosen := recipeFlags(command)
	output := formatFlag(command, formatMarkdown, formatJSON)
	command.RunE = func(command *cobra.Command, _ []string) error {
		recipes := []recipe{*chosen}
		if beside.Provider != nil {
			other := *chosen
			other.provider = beside
			recipes = append(recipes, other)
		}
		var results []bench.Result
		for _, r := range recipes {
			result, err := r.measure(command.Context(), runs, command.ErrOrStderr())
			if err != nil {
				return err
			}
			results = append(results, result)
		}
		return writeMeasured(command.OutOrStdout(), *output, results)
	}
	return command
}

// measure measures a lab several times.
func (r recipe) measure(ctx context.Context, runs int, out io.Writer) (bench.Result, error) {
	options, err := r.options(out)
	if err != nil {
		return bench.Result{}, err
	}
	kernel, err := r.chooseKernel(ctx, options.Mode)
	if err != nil {
		return bench.Result{}, err
	}
	one := r.measureOnce
	if kernel == lab.UMLKernel {
		one = r.measureInside
	}
	measured, err := measure(ctx, options, runs, one, out)
	if err != nil {
		return bench.Result{}, err
	}
	return r.resultOf(options, kernel, measured)
}

// writeMeasured writes one result, or two of them side by side.
func writeMeasured(out io.Writer, output format, results []bench.Result) error {
	first := results[0]
	switch {
	case output == formatJSON && len(results) == 1:
		return writeJSON(out, first)
	case output == formatJSON:
		return writeJSON(out, results)
	case len(results) == 1:
		_, err := fmt.Fprint(out, first.Markdown())
		return err
	}
	_, err := fmt.Fprintf(out, "%s\n%s\n%s", first.Markdown(), results[1].Markdown(), first.Beside(results[1]))
	return err
}

// measuring brings a lab up and takes it down, and shows how far it is on out.
type measuring func(ctx context.Context, options lab.Options, out io.Writer, title string) (bench.Run, error)

// measure brings labs up and down one after the other and shows how far it is.
func measure(ctx context.Context, options lab.Options, runs int, one measuring, out io.Writer) ([]bench.Run, error) {
	var measured []bench.Run
	for i := range runs {
		run, err := one(ctx, options, out, fmt.Sprintf("Run %d of %d: topology %s in mode %s", i+1, runs, options.Topology.Name, options.Mode.Name))
		if err != nil {
			return nil, fmt.Errorf("run %d of %d: %w", i+1, runs, err)
		}
		fmt.Fprintf(out, "  ready after %.2f s, gone after %.2f s, %d MiB\n\n", run.Ready, run.Teardown, run.Memory>>20)
		measured = append(measured, run)
	}
	return measured, nil
}

func (r recipe) measureOnce(ctx context.Context, options lab.Options, out io.Writer, title string) (bench.Run, error) {
	shown := newDisplay(out, title, launch.Phases(r.provider, options.Mode))
	defer shown.end()
	options.Progress = shown.tell
	return bench.Measure(ctx, providers.All(), r.provider, options)
}

// resultOf sums runs up and says what they were measured on.
func (r recipe) resultOf(options lab.Options, kernel lab.Kernel, runs []bench.Run) (bench.Result, error) {
	var system unix.Utsname
	if err := unix.Uname(&system); err != nil {
		return bench.Result{}, errors.Join(errors.New("ask for the kernel's version"), err)
	}
	release, phases := unix.ByteSliceToString(system.Release[:]), launch.Phases(r.provider, options.Mode)
	if kernel == lab.UMLKernel {
		release += ", the lab in User-Mode Linux"
		phases = append([]string{lab.KernelPhase}, phases...)
	}
	return bench.Result{
		Provider: r.provider.Name(), Topology: options.Topology.Name, Mode: options.Mode.Name,
		Processors: runtime.NumCPU(), Kernel: release,
		Runs: runs, Rows: bench.Rows(phases, runs),
	}, nil
}
