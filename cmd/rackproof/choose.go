package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/lab/netns"
	"github.com/rackproof/rackproof/framework/lab/netns/inside"
)

// nameFlag adds a flag that names a lab.
func nameFlag(command *cobra.Command) *string {
	return command.Flags().StringP("name", "n", "", "the lab's name; not needed if exactly one lab is up")
}

// attach finds the lab that a command is about.
func attach(name string) (*netns.Lab, error) {
	known, err := labs()
	if err != nil {
		return nil, err
	}
	if name, err = choose(name, known); err != nil {
		return nil, err
	}
	return netns.Attach(name)
}

// labs lists the labs of this machine. What belongs to root looks dead to others,
// so they are refused.
func labs() ([]netns.Listed, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("not root: labs belong to root; run this as root, for instance by sudo")
	}
	return netns.List()
}

// choose picks the lab that is meant: the named one, or the only one that is up.
func choose(name string, known []netns.Listed) (string, error) {
	up := upOnly(known)
	switch {
	case name != "" && slices.Contains(up, name):
		return name, nil
	case slices.ContainsFunc(known, func(one netns.Listed) bool { return one.Name == name }):
		return "", fmt.Errorf("lab %s is dead: its logs are in %s until `rackproof lab gc`", name, filepath.Join(netns.StateRoot, name, inside.LogFolder))
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
func upOnly(known []netns.Listed) []string {
	var names []string
	for _, one := range known {
		if one.Alive {
			names = append(names, one.Name)
		}
	}
	return names
}
