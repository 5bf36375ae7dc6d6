package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/reports"
)

func newReportCompareCommand() *cobra.Command {
	var output *format
	command := &cobra.Command{
		Use:   "compare DIR DIR",
		Short: "Compare the verdicts of two runs",
		Long: "Compare the verdicts of two runs of the same suites, say on two providers or with two switches:\n" +
			"which requirements have another verdict. The exit status is 1 if any has, or if the runs have\n" +
			"nothing in common.",
		Example: "  go test ./suites/leafreflector -rackproof.results=$PWD/results/netns\n" +
			"  go test ./suites/leafreflector -rackproof.provider=kind -rackproof.results=$PWD/results/kind\n" +
			"  rackproof report compare results/netns results/kind",
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) != 2 {
				return errors.New("name two results folders")
			}
			return nil
		},
		RunE: func(command *cobra.Command, arguments []string) error {
			first, err := reports.Read(arguments[0])
			if err != nil {
				return err
			}
			second, err := reports.Read(arguments[1])
			if err != nil {
				return err
			}
			compared := reports.Compare(first, second)
			if *output == formatJSON {
				err = writeJSON(command.OutOrStdout(), compared)
			} else {
				err = compared.WriteText(command.OutOrStdout(), arguments[0], arguments[1])
			}
			if err != nil {
				return err
			}
			if !compared.Same() {
				return exitStatus(exitFailure)
			}
			return nil
		},
	}
	output = formatFlag(command, formatText, formatJSON)
	return command
}
