package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/lab"
)

func newLabLogsCommand() *cobra.Command {
	var lines int
	logs := &cobra.Command{
		Use:   "logs HOST [COMPONENT]",
		Short: "Print the last lines of the logs of a host's components",
		Long: "Print the last lines of the log of a host's component, or of all of its components. Beside the\n" +
			"topology's hosts there are `control`, where the control plane runs, and `lab`, the lab itself.",
		Example: "  rackproof lab logs worker\n" +
			"  rackproof lab logs --tail 100 control kube-apiserver",
		Args: func(_ *cobra.Command, arguments []string) error {
			switch {
			case len(arguments) == 0:
				return errors.New("name a host")
			case len(arguments) > 2:
				return errors.New("name one host, and one component or none")
			case lines < 1:
				return fmt.Errorf("--tail %d: take 1 or more", lines)
			}
			return nil
		},
	}
	logs.Flags().IntVar(&lines, "tail", 20, "how many lines of each log")
	name := nameFlag(logs)
	logs.RunE = func(command *cobra.Command, arguments []string) error {
		l, err := attach(command, *name)
		if err != nil {
			return err
		}
		host, wanted := arguments[0], arguments[1:]
		reader, err := lab.LogReaderOf(l)
		if err != nil {
			return err
		}
		components, err := reader.Logged(command.Context(), host)
		if err != nil {
			return err
		}
		if components, err = only(components, wanted, host); err != nil {
			return fmt.Errorf("lab %s: %w", l.Name(), err)
		}
		return writeLogs(command.Context(), command.OutOrStdout(), reader, host, components, lines)
	}
	return logs
}

// only leaves of a host's components those that are wanted; all of them if none is.
func only(components, wanted []string, host string) ([]string, error) {
	if len(wanted) == 0 {
		return components, nil
	}
	for _, component := range wanted {
		if !slices.Contains(components, component) {
			return nil, fmt.Errorf("%s has no component %q with a log: those that have are %s", host, component, strings.Join(components, ", "))
		}
	}
	return wanted, nil
}

// writeLogs writes the last lines of logs, each with its name above it if there
// are several.
func writeLogs(ctx context.Context, out io.Writer, reader lab.LogReader, host string, components []string, lines int) error {
	for i, component := range components {
		last, err := reader.LogTail(ctx, host, component, lines)
		if err != nil {
			return err
		}
		if len(components) > 1 {
			if i > 0 {
				fmt.Fprintln(out)
			}
			fmt.Fprintf(out, "==> %s %s <==\n", host, component)
		}
		for _, line := range last {
			if _, err := fmt.Fprintln(out, line); err != nil {
				return err
			}
		}
	}
	return nil
}
