package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/providers"
)

// downTimeout bounds a teardown, which takes fractions of a second, or on kind some
// seconds for each lab.
const downTimeout = 2 * time.Minute

func newLabDownCommand() *cobra.Command {
	var all bool
	down := &cobra.Command{
		Use:   "down [NAME...]",
		Short: "Take labs down",
		Long:  "Take labs down: those that are named, all of them, or the only one that is up.",
		Example: "  rackproof lab down\n" +
			"  rackproof lab down leaf-spine-k3x7q\n" +
			"  rackproof lab down --all",
		Args: func(_ *cobra.Command, arguments []string) error {
			if all && len(arguments) > 0 {
				return errors.New("name labs or say --all, not both")
			}
			return nil
		},
	}
	down.Flags().BoolVar(&all, "all", false, "take all labs down, and remove what killed ones left")
	output := formatFlag(down, formatText, formatJSON)
	down.RunE = func(command *cobra.Command, arguments []string) error {
		known, err := labs()
		if err != nil {
			return err
		}
		chosen, err := toRemove(arguments, all, known)
		if err != nil {
			return err
		}
		removed, err := remove(command.Context(), chosen)
		return errors.Join(err, writeRemoved(command, *output, removed))
	}
	return down
}

func newLabGCCommand() *cobra.Command {
	gc := &cobra.Command{
		Use:   "gc",
		Short: "Remove the remains of killed labs",
		Long: "Remove the remains of killed labs: a folder of state for each. The kernel removes everything else.\n" +
			"Labs that are up are not touched. `lab up` does this too.",
		Example: "  rackproof lab gc",
	}
	output := formatFlag(gc, formatText, formatJSON)
	gc.RunE = func(command *cobra.Command, _ []string) error {
		if _, err := labs(); err != nil {
			return err
		}
		removed, err := providers.All().GC(command.Context())
		return errors.Join(err, writeRemoved(command, *output, removed))
	}
	return gc
}

// toRemove picks the labs that are to go.
func toRemove(named []string, all bool, known []lab.Listed) ([]lab.Listed, error) {
	if all {
		return known, nil
	}
	if len(named) == 0 {
		name, err := choose("", known)
		if err != nil {
			return nil, err
		}
		named = []string{name}
	}
	var chosen []lab.Listed
	for _, name := range slices.Compact(slices.Sorted(slices.Values(named))) {
		i := slices.IndexFunc(known, func(one lab.Listed) bool { return one.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no lab %s: `rackproof lab list` lists the labs", name)
		}
		chosen = append(chosen, known[i])
	}
	return chosen, nil
}

// remove takes labs down, and removes what dead ones left. It goes on after a
// failure, and names what it has removed.
func remove(ctx context.Context, chosen []lab.Listed) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, downTimeout)
	defer cancel()
	var removed []string
	var failures []error
	dead := false
	for _, one := range chosen {
		if !one.Alive {
			dead = true
			continue
		}
		if err := providers.All().Down(ctx, one); err != nil {
			failures = append(failures, err)
			continue
		}
		removed = append(removed, one.Name)
	}
	if dead {
		left, err := providers.All().GC(ctx)
		removed, failures = append(removed, left...), append(failures, err)
	}
	return removed, errors.Join(failures...)
}

// writeRemoved tells which labs are gone.
func writeRemoved(command *cobra.Command, output format, removed []string) error {
	if output == formatJSON {
		return writeJSON(command.OutOrStdout(), struct {
			Removed []string `json:"removed"`
		}{append([]string{}, removed...)})
	}
	text := "nothing to remove"
	if len(removed) > 0 {
		text = "removed " + strings.Join(removed, ", ")
	}
	_, err := fmt.Fprintln(command.OutOrStdout(), text)
	return err
}
