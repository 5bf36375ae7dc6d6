package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/reports"
)

func newReportCompareCommand() *cobra.Command {
	var output *format
	var common bool
	command := &cobra.Command{
		Use:   "compare RUN RUN",
		Short: "Compare the verdicts of two runs",
		Long: "Compare the verdicts of two runs of the same suites, say on two providers or with two switches:\n" +
			"which requirements have another verdict. A run is a results folder, or a table of `rackproof soak`,\n" +
			"in which a requirement has the worst verdict of all rounds.\n\n" +
			"Exit status:\n" +
			"  0  both runs have the same suites with the same verdicts\n" +
			"  1  a verdict differs, a suite is in one run alone (--common leaves it out), nothing is in both,\n" +
			"     a suite did not end, or a report is missing or damaged\n" +
			"  2  the command line is wrong",
		Example: "  go test ./suites/leafreflector -rackproof.results=$PWD/results/netns\n" +
			"  go test -tags kind ./suites/leafreflector -rackproof.provider=kind -rackproof.results=$PWD/results/kind\n" +
			"  rackproof report compare results/netns results/kind\n" +
			"  rackproof report compare soak/soak.json results --common",
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) != 2 {
				return errors.New("name two results folders or tables")
			}
			return nil
		},
		RunE: func(command *cobra.Command, arguments []string) error {
			first, err := reports.ReadVerdicts(arguments[0])
			if err != nil {
				return err
			}
			second, err := reports.ReadVerdicts(arguments[1])
			if err != nil {
				return err
			}
			compared := reports.Compare(first, second, common)
			if *output == formatJSON {
				err = writeJSON(command.OutOrStdout(), compared)
			} else {
				err = compared.WriteText(command.OutOrStdout(), arguments[0], arguments[1])
			}
			if err != nil {
				return err
			}
			if !compared.Same {
				return exitStatus(exitFailure)
			}
			return nil
		},
	}
	command.Flags().BoolVar(&common, "common", false, "compare only the suites that both runs have")
	output = formatFlag(command, formatText, formatJSON)
	return command
}
