package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/lab"
)

func newLabListCommand() *cobra.Command {
	list := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the labs of this machine",
		Example: "  rackproof lab list\n" +
			"  rackproof lab list -o json | jq -r '.[] | select(.alive).name'",
	}
	output := formatFlag(list, formatTable, formatJSON)
	list.RunE = func(command *cobra.Command, _ []string) error {
		known, err := labs()
		if err != nil {
			return err
		}
		if *output == formatJSON {
			if known == nil {
				known = []lab.Listed{}
			}
			return writeJSON(command.OutOrStdout(), known)
		}
		if len(known) == 0 {
			fmt.Fprintln(command.ErrOrStderr(), "no lab is up: `rackproof lab up` brings one up")
			return nil
		}
		return writeLabs(command.OutOrStdout(), known, time.Now())
	}
	return list
}

func writeLabs(out io.Writer, known []lab.Listed, now time.Time) error {
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "NAME\tPROVIDER\tTOPOLOGY\tMODE\tKERNEL\tSTATE\tAGE\tPROCESS")
	for _, one := range known {
		state, pid := "up", fmt.Sprint(one.PID)
		if !one.Alive {
			state, pid = "dead (`rackproof lab gc` removes it)", "-"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", one.Name, one.Provider, orDash(one.Topology), orDash(one.Mode), one.Kernel, state, age(one.Since, now), pid)
	}
	return table.Flush()
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// age is a time span in whole seconds.
func age(since, now time.Time) string {
	if since.IsZero() {
		return "-"
	}
	return now.Sub(since).Round(time.Second).String()
}
