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
	"github.com/rackproof/rackproof/framework/launch"
)

func newBenchCommand() *cobra.Command {
	var runs int
	command := &cobra.Command{
		Use:   "bench",
		Short: "Measure how long a lab takes to come up and to go, and its memory",
		Long: "Bring a lab up and take it down several times, and print the times of the phases and the memory\n" +
			"of the lab's processes as a Markdown table. Leave the machine alone meanwhile.",
		Example: "  rackproof bench\n" +
			"  rackproof bench --runs 3 --topology single-rack --mode fullmesh\n" +
			"  rackproof bench -o json | jq '.rows[] | select(.name == \"total ready\").median'",
		Args: func(command *cobra.Command, arguments []string) error {
			if runs < 1 {
				return fmt.Errorf("--runs %d: take 1 or more", runs)
			}
			return cobra.NoArgs(command, arguments)
		},
	}
	command.Flags().IntVar(&runs, "runs", 5, "how many times")
	chosen := recipeFlags(command)
	output := formatFlag(command, formatMarkdown, formatJSON)
	command.RunE = func(command *cobra.Command, _ []string) error {
		options, err := chosen.options(command.ErrOrStderr())
		if err != nil {
			return err
		}
		kernel, err := chosen.chooseKernel(command.Context(), options.Mode)
		if err != nil {
			return err
		}
		one := measureOnce
		if kernel == launch.UMLKernel {
			one = chosen.measureInside
		}
		measured, err := measure(command.Context(), options, runs, one, command.ErrOrStderr())
		if err != nil {
			return err
		}
		result, err := resultOf(options, kernel, measured)
		if err != nil {
			return err
		}
		if *output == formatJSON {
			return writeJSON(command.OutOrStdout(), result)
		}
		_, err = fmt.Fprint(command.OutOrStdout(), result.Markdown())
		return err
	}
	return command
}

// measuring brings a lab up and takes it down, and shows how far it is on out.
type measuring func(ctx context.Context, options launch.Options, out io.Writer, title string) (bench.Run, error)

// measure brings labs up and down one after the other and shows how far it is.
func measure(ctx context.Context, options launch.Options, runs int, one measuring, out io.Writer) ([]bench.Run, error) {
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

func measureOnce(ctx context.Context, options launch.Options, out io.Writer, title string) (bench.Run, error) {
	shown := newDisplay(out, title, launch.Phases(options.Provider, options.Mode))
	defer shown.end()
	options.Progress = shown.tell
	return bench.Measure(ctx, options)
}

// resultOf sums runs up and says what they were measured on.
func resultOf(options launch.Options, kernel launch.Kernel, runs []bench.Run) (bench.Result, error) {
	var system unix.Utsname
	if err := unix.Uname(&system); err != nil {
		return bench.Result{}, errors.Join(errors.New("ask for the kernel's version"), err)
	}
	release, phases := unix.ByteSliceToString(system.Release[:]), launch.Phases(options.Provider, options.Mode)
	if kernel == launch.UMLKernel {
		release += ", the lab in User-Mode Linux"
		phases = append([]string{launch.KernelPhase}, phases...)
	}
	return bench.Result{
		Topology: options.Topology.Name, Mode: options.Mode.Name,
		Processors: runtime.NumCPU(), Kernel: release,
		Runs: runs, Rows: bench.Rows(phases, runs),
	}, nil
}
