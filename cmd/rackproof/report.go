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
	report.AddCommand(newReportSummaryCommand(), newReportCompareCommand(), newReportSoakCommand(), newReportRenderCommand())
	return report
}

func newReportSummaryCommand() *cobra.Command {
	var output *format
	command := &cobra.Command{
		Use:   "summary DIR",
		Short: "Print what the suites' reports in a results folder come to",
		Long: "Print what the suites' reports in a results folder come to: the counts of each suite by verdict,\n" +
			"what failed with its requirement and where its evidence is, faults of labs, what could not be\n" +
			"tested, what was measured (the outages of flows while something changed), how many requirements\n" +
			"of each profile are proven, and the verdict. With -o json each requirement has its group, sources,\n" +
			"profile and verdict.\n\n" +
			"Exit status:\n" +
			"  0  something passed, and nothing is wrong; known issues and inconclusive specs may be there\n" +
			"  1  something failed (FAIL), or a suite did not end, or a report is missing or damaged;\n" +
			"     or nothing passed, or a requirement was unable that is neither optional nor allowed\n" +
			"     (NOT PROVEN; the suites' flag -rackproof.allow-unable allows it)\n" +
			"  2  the command line is wrong\n" +
			"  3  nothing failed, and a lab was not what its design says (BROKEN LAB)",
		Example: "  go test ./suites/... -rackproof.results=$PWD/results\n" +
			"  rackproof report summary results\n" +
			"  rackproof report summary results -o json | jq '.suites[].measured[] | {id, longest: [.measurements[].longestOutageMilliseconds] | max}'",
		Args: resultsFolder,
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
			return outcomeStatus(summary.Outcome())
		},
	}
	output = formatFlag(command, formatText, formatJSON)
	return command
}

// resultsFolder refuses anything but one argument, the folder of a run's results.
func resultsFolder(_ *cobra.Command, arguments []string) error {
	if len(arguments) != 1 {
		return errors.New("name one results folder")
	}
	return nil
}
