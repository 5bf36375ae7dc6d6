package main

import "github.com/spf13/cobra"

func newLabCommand() *cobra.Command {
	lab := &cobra.Command{
		Use:   "lab",
		Short: "Bring labs up, look into them, take them down",
		Long: "A lab is a fabric with a Kubernetes cluster and Calico on it, made of network namespaces on this\n" +
			"machine. It touches nothing outside of them, and several labs live side by side.\n\n" +
			"A lab of network namespaces has a file system of its own. Its hosts share the machine's programs in\n" +
			"/usr, read only, and one /tmp of the lab's, which is not the machine's: `lab exec` sees no file in\n" +
			"the machine's /tmp or home folders. Hand files over by standard input, or by `lab exec HOST -- tee`.\n" +
			"Files written in a lab are in memory and go with it. /etc/calico, /etc/cni, /etc/frr and their\n" +
			"state in /run and /var are each host's own.",
		Example: "  rackproof lab up\n" +
			"  rackproof lab exec leaf0 -- vtysh -c 'show bgp summary'\n" +
			"  rackproof lab down",
	}
	lab.AddCommand(newLabUpCommand(), newLabListCommand(), newLabExecCommand(), newLabStatusCommand(),
		newLabComponentCommand(), newLabProbeCommand(), newLabCaptureCommand(),
		newLabKubeconfigCommand(), newLabLogsCommand(), newLabRecordCommand(), newLabFuzzCommand(), newLabDownCommand(), newLabGCCommand())
	return lab
}
