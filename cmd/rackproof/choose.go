package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/providers"
)

// nameFlag adds a flag that names a lab.
func nameFlag(command *cobra.Command) *string {
	return command.Flags().StringP("name", "n", "", "the lab's name; not needed if exactly one lab is up")
}

// attach finds the lab that a command is about. If that is in a virtual machine the command
// runs again there, and its exit status is the error.
func attach(command *cobra.Command, name string) (lab.Running, error) {
	known, err := labs()
	if err != nil {
		return nil, err
	}
	if providers.All().Inside() && !slices.Contains(upOnly(known), name) {
		// From outside a lab is known by the name of its machine.
		name = ""
	}
	if name, err = choose(name, known); err != nil {
		return nil, err
	}
	found, err := providers.All().Attach(command.Context(), name)
	if errors.Is(err, lab.ErrOtherKernel) {
		return nil, rerun(command, name)
	}
	return found, err
}

// rerun runs this command again in a virtual machine.
func rerun(command *cobra.Command, name string) error {
	machine, err := providers.All().AttachMachine(name)
	if err != nil {
		return err
	}
	// The command inside decides what the signals mean.
	status, err := machine.Rerun(context.WithoutCancel(command.Context()), os.Args[1:],
		command.InOrStdin(), command.OutOrStdout(), command.ErrOrStderr())
	if err != nil {
		return err
	}
	return exitStatus(status)
}

// labs lists the labs of this machine. Other users are refused, because to them root's
// labs look dead.
func labs() ([]lab.Listed, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("not root: labs belong to root; run this as root, for instance by sudo")
	}
	return providers.All().List()
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
