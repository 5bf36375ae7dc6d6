package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
)

func newLabExecCommand() *cobra.Command {
	run := &cobra.Command{
		Use:   "exec HOST [-- COMMAND...]",
		Short: "Run a command on a host of a lab, or a shell",
		Long: "Run a command in the namespaces of a host of a lab, with the lab's programs on its PATH and\n" +
			"KUBECONFIG set. Beside the topology's hosts there is `control`, where the control plane runs.\n" +
			"The exit status is the command's. The lab's /tmp is its own: a file of the machine's reaches a host\n" +
			"by standard input, as in the last example.",
		Example: "  rackproof lab exec worker\n" +
			"  rackproof lab exec leaf0 -- vtysh -c 'show ip route'\n" +
			"  rackproof lab exec tor0 -- birdc show protocols\n" +
			"  rackproof lab exec worker -- birdc -s /var/run/calico/bird.ctl show protocols\n" +
			"  rackproof lab exec control -- kubectl get nodes\n" +
			"  rackproof lab exec control -- kubectl apply -f - <service.yaml",
		Args: func(command *cobra.Command, arguments []string) error {
			_, _, err := hostAndCommand(arguments, command.ArgsLenAtDash())
			return err
		},
	}
	name := nameFlag(run)
	run.RunE = func(command *cobra.Command, arguments []string) error {
		host, argv, err := hostAndCommand(arguments, command.ArgsLenAtDash())
		if err != nil {
			return err
		}
		return execOn(command, *name, host, argv)
	}
	return run
}

// hostAndCommand splits arguments; dash is how many stand before the `--`, or -1.
func hostAndCommand(arguments []string, dash int) (host string, argv []string, err error) {
	switch {
	case len(arguments) == 0 || dash == 0:
		return "", nil, errors.New("name a host before the command")
	case dash == -1 && len(arguments) > 1, dash > 1:
		return "", nil, fmt.Errorf("put -- between the host and its command: %s -- %s", arguments[0], strings.Join(arguments[1:], " "))
	case len(arguments) == 1:
		return arguments[0], []string{"bash", "--norc"}, nil
	}
	return arguments[0], arguments[1:], nil
}

// execOn runs a command on a host; a status other than 0 is an exitStatus.
func execOn(command *cobra.Command, name, host string, argv []string) error {
	l, err := attach(command, name)
	if err != nil {
		return err
	}
	// The command too gets the terminal's signals, and it decides: a shell goes on
	// after ^C.
	keyboard := make(chan os.Signal, 1)
	signal.Notify(keyboard, os.Interrupt, unix.SIGQUIT)
	defer signal.Stop(keyboard)
	ctx, stop := signal.NotifyContext(context.WithoutCancel(command.Context()), unix.SIGTERM, unix.SIGHUP)
	defer stop()
	defer keepForeground(command.InOrStdin())()
	executor, err := lab.ExecutorOf(l)
	if err != nil {
		return err
	}
	status, err := executor.Exec(ctx, host, argv, command.InOrStdin(), command.OutOrStdout(), command.ErrOrStderr())
	if err != nil {
		return err
	}
	if status != 0 {
		return exitStatus(status)
	}
	return nil
}
