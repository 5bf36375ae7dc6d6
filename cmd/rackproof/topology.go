package main

import "github.com/spf13/cobra"

func newTopologyCommand() *cobra.Command {
	topology := &cobra.Command{
		Use:     "topology",
		Short:   "Import topologies from routers' configurations",
		Example: "  rackproof topology import-vyos fixtures/vyos/*.boot --file mine.yaml",
	}
	topology.AddCommand(newTopologyImportVyOSCommand())
	return topology
}
