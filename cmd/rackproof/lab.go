package main

import "github.com/spf13/cobra"

func newLabCommand() *cobra.Command {
	lab := &cobra.Command{
		Use:   "lab",
		Short: "Bring labs up, look into them, take them down",
		Long: "A lab is a fabric with a Kubernetes cluster and Calico on it, made of network namespaces on this\n" +
			"machine. It touches nothing outside of them, and several labs live side by side.",
		Example: "  rackproof lab up\n" +
			"  rackproof lab exec leaf0 -- vtysh -c 'show bgp summary'\n" +
			"  rackproof lab down",
	}
	lab.AddCommand(newLabUpCommand(), newLabListCommand(), newLabExecCommand(), newLabStatusCommand(),
		newLabKubeconfigCommand(), newLabLogsCommand(), newLabDownCommand(), newLabGCCommand())
	return lab
}
