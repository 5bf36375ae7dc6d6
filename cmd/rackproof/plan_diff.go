package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/plan"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
)

func newPlanDiffCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "diff DESIGN DESIGN",
		Short: "Compare what two designs do",
		Long: "Compare what two designs do: sessions and routes of one alone, or with changes, and pairs of which one\n" +
			"design delivers packets that the other does not, or delivers by other ways, with the ways in both.\n" +
			"A node stands for its pods too, as their packets take its routes.\n\n" + aboutDesigns + "\n" +
			"The exit status is 0 if the designs do the same, 1 if they do not, and 2 for a mistake in the command line.",
		Example: "  rackproof plan diff ./before ./after\n" +
			"  rackproof plan diff leaf-spine,leafreflector leaf-spine,serviceips",
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) != 2 {
				return errors.New("name two designs")
			}
			return nil
		},
	}
	output := formatFlag(command, formatText, formatJSON)
	command.RunE = func(command *cobra.Command, arguments []string) error {
		first, err := planOf(arguments[0], command.ErrOrStderr())
		second, secondErr := planOf(arguments[1], command.ErrOrStderr())
		if err := errors.Join(err, secondErr); err != nil {
			return err
		}
		d := plan.Compare(first, second)
		if *output == formatJSON {
			err = writeJSON(command.OutOrStdout(), differenceOf(d))
		} else {
			err = writeDifference(command.OutOrStdout(), arguments[0], arguments[1], d)
		}
		if err == nil && !d.Empty() {
			return exitStatus(exitFailure)
		}
		return err
	}
	return command
}

// writeDifference writes what two plans do not have in common.
func writeDifference(out io.Writer, first, second string, d plan.Difference) error {
	var b strings.Builder
	fmt.Fprintf(&b, "- %s\n+ %s\n", first, second)
	if d.Empty() {
		fmt.Fprint(&b, "\nBoth designs do the same.\n")
	}
	writeRows(&b, "Sessions", d.Sessions)
	writeRows(&b, "Routes", d.Routes)
	writeChanges(&b, "Pairs of which one design delivers more", d.Fates)
	writeChanges(&b, "Pairs that both deliver, by different ways", d.Ways)
	_, err := io.WriteString(out, b.String())
	return err
}

// writeRows writes rows by host: - is the first design's, + the second's.
func writeRows[R diff.Row[R]](out io.Writer, what string, hosts diff.Hosts[R]) {
	if len(hosts) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s\n", what)
	for _, host := range slices.Sorted(maps.Keys(hosts)) {
		fmt.Fprintf(out, "  %s\n", host)
		for _, row := range hosts[host].Missing {
			fmt.Fprintf(out, "    - %s\n", row)
		}
		for _, row := range hosts[host].Unexpected {
			fmt.Fprintf(out, "    + %s\n", row)
		}
		for _, change := range hosts[host].Changed {
			fmt.Fprintf(out, "    - %s\n    + %s\n", change.Want, change.Got)
		}
	}
}

func writeChanges(out io.Writer, what string, changes []plan.Change) {
	if len(changes) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s\n", what)
	for _, c := range changes {
		fmt.Fprintf(out, "  %s\n", c.Pair())
		for i, sign := range []string{"-", "+"} {
			for _, line := range c.Side(i + 1) {
				fmt.Fprintf(out, "    %s %s\n", sign, line)
			}
		}
	}
}

// differenceForScripts is a difference as `-o json` prints it.
type differenceForScripts struct {
	Same     bool                       `json:"same"`
	Sessions map[string]rowsForScripts  `json:"sessions"`
	Routes   map[string]rowsForScripts  `json:"routes"`
	Pairs    []pairDifferenceForScripts `json:"pairs"`
}

// rowsForScripts are a host's rows, as lines.
type rowsForScripts struct {
	First   []string           `json:"first"`
	Second  []string           `json:"second"`
	Changed []changeForScripts `json:"changed"`
}

type changeForScripts struct {
	First  string `json:"first"`
	Second string `json:"second"`
}

type pairDifferenceForScripts struct {
	Pair string `json:"pair"`
	// SameFate says that both deliver, by different ways.
	SameFate bool     `json:"sameFate"`
	First    []string `json:"first"`
	Second   []string `json:"second"`
}

func differenceOf(d plan.Difference) differenceForScripts {
	converted := differenceForScripts{
		Same: d.Empty(), Sessions: rowsOf[session.Session](d.Sessions), Routes: rowsOf[route.Route](d.Routes), Pairs: []pairDifferenceForScripts{},
	}
	for i, changes := range [][]plan.Change{d.Fates, d.Ways} {
		for _, c := range changes {
			converted.Pairs = append(converted.Pairs, pairDifferenceForScripts{c.Pair(), i == 1, c.Side(1), c.Side(2)})
		}
	}
	return converted
}

func rowsOf[R diff.Row[R]](hosts diff.Hosts[R]) map[string]rowsForScripts {
	all := map[string]rowsForScripts{}
	for host, rows := range hosts {
		one := rowsForScripts{First: []string{}, Second: []string{}, Changed: []changeForScripts{}}
		for _, row := range rows.Missing {
			one.First = append(one.First, row.String())
		}
		for _, row := range rows.Unexpected {
			one.Second = append(one.Second, row.String())
		}
		for _, change := range rows.Changed {
			one.Changed = append(one.Changed, changeForScripts{change.Want.String(), change.Got.String()})
		}
		all[host] = one
	}
	return all
}
