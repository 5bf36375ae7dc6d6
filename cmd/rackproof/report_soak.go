package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/reports"
)

func newReportSoakCommand() *cobra.Command {
	var output *format
	command := &cobra.Command{
		Use:   "soak TABLE",
		Short: "Show the table of a soak",
		Long: "Show the table of a soak (" + reports.SoakFile + ", or the folder that has it): what was run where, the rounds\n" +
			"that are not green, the requirements that did not pass in all rounds, and totals of each suite.\n" +
			"The exit status is that of `rackproof soak`.",
		Example: "  rackproof report soak soak\n" +
			"  rackproof report soak soak -o md\n" +
			"  rackproof report soak soak -o json | jq '.rows[] | select(.verdicts.fail) | .id'",
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) != 1 {
				return errors.New("name one table of a soak")
			}
			return nil
		},
		RunE: func(command *cobra.Command, arguments []string) error {
			path := arguments[0]
			if info, err := os.Stat(path); err == nil && info.IsDir() {
				path = filepath.Join(path, reports.SoakFile)
			}
			table, err := reports.ReadSoak(path)
			if err != nil {
				return err
			}
			switch *output {
			case formatJSON:
				err = writeJSON(command.OutOrStdout(), table)
			case formatMarkdown:
				err = table.WriteMarkdown(command.OutOrStdout())
			default:
				err = table.WriteText(command.OutOrStdout())
			}
			if err != nil {
				return err
			}
			return outcomeStatus(table.Outcome())
		},
	}
	output = formatFlag(command, formatText, formatMarkdown, formatJSON)
	return command
}
