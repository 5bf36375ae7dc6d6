package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/lab/providers"
)

func newLabKubeconfigCommand() *cobra.Command {
	kubeconfig := &cobra.Command{
		Use:   "kubeconfig",
		Short: "Print the path of a lab's kubeconfig",
		Long: "Print the path of an administrator's kubeconfig. The API server answers inside the lab only, so a\n" +
			"client has to run there: rackproof lab exec control -- kubectl get nodes.",
		Example: "  rackproof lab kubeconfig\n" +
			"  rackproof lab exec control -- kubectl get nodes",
	}
	name := nameFlag(kubeconfig)
	kubeconfig.RunE = func(command *cobra.Command, _ []string) error {
		l, err := attach(command, *name)
		if err != nil {
			return err
		}
		if providers.All().Inside() {
			return fmt.Errorf("lab %s is inside User-Mode Linux, and so is its kubeconfig: rackproof lab exec control -- kubectl get nodes", l.Name())
		}
		fmt.Fprintf(command.ErrOrStderr(), "The API server answers inside the lab only: rackproof lab exec -n %s control -- kubectl get nodes\n", l.Name())
		_, err = fmt.Fprintln(command.OutOrStdout(), l.Kubeconfig())
		return err
	}
	return kubeconfig
}
