package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/launch"
	"github.com/rackproof/rackproof/framework/lab/netns"
	"github.com/rackproof/rackproof/framework/lab/vm"
)

// nameFlag adds a flag that names a lab.
func nameFlag(command *cobra.Command) *string {
	return command.Flags().StringP("name", "n", "", "the lab's name; not needed if exactly one lab is up")
}

// attach finds the lab that a command is about. If that is inside User-Mode Linux the
// command is run there, by this program's copy inside, and its exit status is the error.
func attach(command *cobra.Command, name string) (lab.Running, error) {
	known, err := labs()
	if err != nil {
		return nil, err
	}
	if vm.Inside() && !slices.Contains(upOnly(known), name) {
		// From outside a lab is known by the name of its kernel.
		name = ""
	}
	if name, err = choose(name, known); err != nil {
		return nil, err
	}
	found, err := launch.Attach(command.Context(), name)
	if errors.Is(err, netns.ErrOtherKernel) {
		return nil, runInside(command, name)
	}
	return found, err
}

// runInside runs this command again inside a User-Mode Linux.
func runInside(command *cobra.Command, name string) error {
	machine, err := netns.AttachMachine(name)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, unix.SIGQUIT, unix.SIGTERM, unix.SIGHUP)
	defer signal.Stop(signals)
	// The command inside decides what the signals mean.
	again, err := ownCommand(os.Args[1:]...)
	if err != nil {
		return err
	}
	status, err := machine.Run(context.WithoutCancel(command.Context()), again, vm.Streams{
		Stdin: command.InOrStdin(), Stdout: command.OutOrStdout(), Stderr: command.ErrOrStderr(),
		Signals: signals, Terminal: true,
	})
	if err != nil {
		return err
	}
	return exitStatus(status)
}

// ownCommand is this program with other arguments, to be run inside a User-Mode Linux.
func ownCommand(arguments ...string) (vm.Command, error) {
	program, err := os.Executable()
	if err != nil {
		return vm.Command{}, fmt.Errorf("find this program's own file: %w", err)
	}
	folder, err := os.Getwd()
	if err != nil {
		return vm.Command{}, fmt.Errorf("find the working directory: %w", err)
	}
	return vm.Command{Argv: append([]string{program}, arguments...), Env: os.Environ(), Dir: folder}, nil
}

// labs lists the labs of this machine. Other users are refused, because to them root's
// labs look dead.
func labs() ([]lab.Listed, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("not root: labs belong to root; run this as root, for instance by sudo")
	}
	return launch.List()
}

// choose picks the lab that is meant: the named one, or the only one that is up.
func choose(name string, known []lab.Listed) (string, error) {
	up := upOnly(known)
	dead := slices.IndexFunc(known, func(one lab.Listed) bool { return one.Name == name })
	switch {
	case name != "" && slices.Contains(up, name):
		return name, nil
	case dead >= 0:
		return "", fmt.Errorf("lab %s is dead: its logs are in %s until `rackproof lab gc`", name, known[dead].Folder)
	case len(up) == 0 && name != "":
		return "", fmt.Errorf("lab %s is not up, and no other is: `rackproof lab up` brings one up", name)
	case len(up) == 0:
		return "", errors.New("no lab is up: `rackproof lab up` brings one up")
	case name != "":
		return "", fmt.Errorf("lab %s is not up: choose one of %s", name, strings.Join(up, ", "))
	case len(up) > 1:
		return "", fmt.Errorf("several labs are up: choose one of %s by --name", strings.Join(up, ", "))
	}
	return up[0], nil
}

// upOnly names the labs that are up.
func upOnly(known []lab.Listed) []string {
	var names []string
	for _, one := range known {
		if one.Alive {
			names = append(names, one.Name)
		}
	}
	return names
}
