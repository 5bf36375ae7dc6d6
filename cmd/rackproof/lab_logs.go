package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/lab"
)

// logEnding is how the names of log files end (supervisor.LogPath).
const logEnding = ".log"

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
		components, err := logged(l.Logs(), l.LogFolder(host), host, wanted)
		if err != nil {
			return fmt.Errorf("lab %s: %w", l.Name(), err)
		}
		return writeLogs(command.OutOrStdout(), l, host, components, lines)
	}
	return logs
}

// logged lists the components of a host that have a log, those that are wanted or
// all of them. logs is the folder of the lab's logs, and folder that of the host's.
func logged(logs, folder, host string, wanted []string) ([]string, error) {
	if _, err := os.Stat(folder); err != nil {
		hosts, err := names(logs, os.DirEntry.IsDir)
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("host %q has no logs: those that have are %s", host, strings.Join(hosts, ", "))
	}
	files, err := names(folder, func(entry os.DirEntry) bool {
		return !entry.IsDir() && strings.HasSuffix(entry.Name(), logEnding)
	})
	if err != nil {
		return nil, err
	}
	var components []string
	for _, file := range files {
		components = append(components, strings.TrimSuffix(file, logEnding))
	}
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

// names lists what a folder has, in order.
func names(folder string, keep func(os.DirEntry) bool) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("list the logs: %w", err)
	}
	var list []string
	for _, entry := range entries {
		if keep(entry) {
			list = append(list, entry.Name())
		}
	}
	return list, nil
}

// writeLogs writes the last lines of logs, each with its name above it if there
// are several.
func writeLogs(out io.Writer, reader lab.LogReader, host string, components []string, lines int) error {
	for i, component := range components {
		last, err := reader.LogTail(host, component, lines)
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
