package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/rackproof/rackproof/framework/requirement/inventory"
	"github.com/rackproof/rackproof/suites"
)

func newCatalogueCommand() *cobra.Command {
	var output *format
	command := &cobra.Command{
		Use:   "catalogue",
		Short: "List the requirements of all suites",
		Long: "List the requirements of all suites: ids, titles, sentences with MUST, the promises that they prove with\n" +
			"their sources, versions of Calico, needs and profiles; and ids that are withdrawn. docs/requirements.md\n" +
			"is its output.",
		Example: "  rackproof catalogue\n" +
			"  rackproof catalogue -o json | jq '.requirements[] | select(.profile == \"core\") | .id'",
		RunE: func(command *cobra.Command, _ []string) error {
			found, err := inventory.Read(suites.Sources())
			if err != nil {
				return fmt.Errorf("read the requirements of the suites: %w", err)
			}
			switch *output {
			case formatJSON:
				return writeJSON(command.OutOrStdout(), found)
			case formatYAML:
				encoder := yaml.NewEncoder(command.OutOrStdout())
				encoder.SetIndent(2)
				if err := encoder.Encode(found); err != nil {
					return err
				}
				return encoder.Close()
			default:
				return found.WriteMarkdown(command.OutOrStdout())
			}
		},
	}
	output = formatFlag(command, formatMarkdown, formatYAML, formatJSON)
	return command
}
