package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/reports"
)

func newReportCommand() *cobra.Command {
	report := &cobra.Command{
		Use:     "report",
		Short:   "Read the reports of a run",
		Example: "  rackproof report summary results",
	}
	report.AddCommand(newReportSummaryCommand(), newReportCompareCommand())
	return report
}

func newReportSummaryCommand() *cobra.Command {
	var output *format
	command := &cobra.Command{
		Use:   "summary DIR",
		Short: "Print what the suites' reports in a results folder come to",
		Long: "Print what the suites' reports in a results folder come to: the counts of each suite, what failed\n" +
			"with its requirement and where its evidence is, what could not be proven, what was measured (the\n" +
			"outages of flows while something changed), and the verdict. The exit status is 1 if anything\n" +
			"failed, if nothing ran, or if a report is missing or damaged.",
		Example: "  go test ./suites/... -rackproof.results=$PWD/results\n" +
			"  rackproof report summary results\n" +
			"  rackproof report summary results -o json | jq '.suites[].measured[] | {id, longest: [.measurements[].longestOutageMilliseconds] | max}'",
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) != 1 {
				return errors.New("name one results folder")
			}
			return nil
		},
		RunE: func(command *cobra.Command, arguments []string) error {
			found, err := reports.Read(arguments[0])
			if err != nil {
				return err
			}
			summary := reports.Summarise(found)
			write := summary.WriteText
			if *output == formatJSON {
				write = summary.WriteJSON
			}
			if err := write(command.OutOrStdout()); err != nil {
				return err
			}
			if !summary.Passed() {
				// The summary's last line says it.
				return exitStatus(exitFailure)
			}
			return nil
		},
	}
	output = formatFlag(command, formatText, formatJSON)
	return command
}
