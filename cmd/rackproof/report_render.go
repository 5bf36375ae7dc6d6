package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/reports"
	"github.com/rackproof/rackproof/reports/page"
)

func newReportRenderCommand() *cobra.Command {
	var output *format
	command := &cobra.Command{
		Use:   "render RESULTS",
		Short: "Write a run as one HTML page, as Markdown, or as JSON",
		Long: "Write a run as one HTML page, as Markdown for the summary of a CI run, or as JSON in one schema\n" +
			"(reports/schema). Everything without a result comes first, and then failures. The page needs no\n" +
			"network. It links to evidence relative to the results folder: keep it there.\n\n" +
			"The exit status is that of `rackproof report summary`. Each damaged report is one line on standard\n" +
			"error, and one of the page.",
		Example: "  rackproof report render results > results/report.html\n" +
			"  rackproof report render results -o md >> $GITHUB_STEP_SUMMARY\n" +
			"  rackproof report render results -o json | jq '.requirements[] | select(.verdict == \"fail\") | .id'",
		Args: resultsFolder,
		RunE: func(command *cobra.Command, arguments []string) error {
			found, err := reports.Read(arguments[0])
			if err != nil {
				return err
			}
			document := reports.Describe(found, arguments[0])
			switch *output {
			case formatJSON:
				err = document.WriteJSON(command.OutOrStdout())
			case formatMarkdown:
				err = document.WriteMarkdown(command.OutOrStdout())
			default:
				err = page.Write(command.OutOrStdout(), document)
			}
			if err != nil {
				return err
			}
			for _, fault := range document.Faults {
				fmt.Fprintln(command.ErrOrStderr(), "rackproof:", fault)
			}
			return outcomeStatus(document.Outcome)
		},
	}
	output = formatFlag(command, formatHTML, formatMarkdown, formatJSON)
	return command
}
