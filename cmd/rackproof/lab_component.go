package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/supervisor"
)

func newLabComponentCommand() *cobra.Command {
	component := &cobra.Command{
		Use:   "component",
		Short: "List, stop, kill and start a lab's components",
		Long: "A component is a program that a lab keeps running on a host: a router's BGP daemon, a node's BIRD,\n" +
			"confd or Felix, a part of the control plane. Stop one to see what a fabric does without it.",
		Example: "  rackproof lab component list\n" +
			"  rackproof lab component kill worker bird\n" +
			"  rackproof lab component start worker bird",
	}
	component.AddCommand(newLabComponentListCommand(),
		newLabComponentActCommand("stop", "End a component in good order", "stopped", lab.ComponentController.StopComponent),
		newLabComponentActCommand("kill", "End a component by SIGKILL, as a crash does", "killed", lab.ComponentController.KillComponent),
		newLabComponentActCommand("start", "Start a component that was ended", "started", lab.ComponentController.StartComponent))
	return component
}

func newLabComponentListCommand() *cobra.Command {
	list := &cobra.Command{
		Use:     "list [HOST]",
		Aliases: []string{"ls"},
		Short:   "List a lab's components with their states",
		Long:    "List the components of a lab, or those of one of its hosts.",
		Example: "  rackproof lab component list\n" +
			"  rackproof lab component list worker -o json | jq -r '.[] | select(.state != \"running\").name'",
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) > 1 {
				return errors.New("name one host, or none for all")
			}
			return nil
		},
	}
	name := nameFlag(list)
	output := formatFlag(list, formatTable, formatJSON)
	list.RunE = func(command *cobra.Command, arguments []string) error {
		l, err := attach(command, *name)
		if err != nil {
			return err
		}
		lister, err := lab.ComponentListerOf(l)
		if err != nil {
			return err
		}
		found, err := lister.Components(command.Context())
		if err != nil {
			return err
		}
		if len(arguments) == 1 {
			if found, err = componentsOf(found, arguments[0]); err != nil {
				return fmt.Errorf("lab %s: %w", l.Name(), err)
			}
		}
		slices.SortFunc(found, func(a, b supervisor.Status) int {
			return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Name, b.Name))
		})
		if *output == formatJSON {
			return writeJSON(command.OutOrStdout(), append([]supervisor.Status{}, found...))
		}
		return writeComponentList(command.OutOrStdout(), found, time.Now())
	}
	return list
}

// newLabComponentActCommand is a command that does something with one component; done is
// what the component is afterwards.
func newLabComponentActCommand(verb, short, done string, act func(lab.ComponentController, context.Context, string, string) error) *cobra.Command {
	command := &cobra.Command{
		Use:   verb + " HOST COMPONENT",
		Short: short,
		Long: short + ". `rackproof lab component list` has the names of hosts and components. The command\n" +
			"returns when the component is " + done + ".",
		Example: fmt.Sprintf("  rackproof lab component %s worker bird\n  rackproof lab component %s leaf0 bgpd", verb, verb),
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) != 2 {
				return errors.New("name a host and one of its components")
			}
			return nil
		},
	}
	name := nameFlag(command)
	command.RunE = func(command *cobra.Command, arguments []string) error {
		l, err := attach(command, *name)
		if err != nil {
			return err
		}
		host, component := arguments[0], arguments[1]
		controller, err := lab.ComponentControllerOf(l)
		if err != nil {
			return err
		}
		found, err := controller.Components(command.Context())
		if err != nil {
			return err
		}
		if err := checkComponent(found, host, component); err != nil {
			return fmt.Errorf("lab %s: %w", l.Name(), err)
		}
		if err := act(controller, command.Context(), host, component); err != nil {
			return err
		}
		_, err = fmt.Fprintf(command.OutOrStdout(), "%s: %s is %s\n", host, component, done)
		return err
	}
	return command
}

// componentsOf are the components of one host, of which there is at least one.
func componentsOf(all []supervisor.Status, host string) ([]supervisor.Status, error) {
	var found []supervisor.Status
	var hosts []string
	for _, component := range all {
		hosts = append(hosts, component.Host)
		if component.Host == host {
			found = append(found, component)
		}
	}
	if len(found) == 0 {
		slices.Sort(hosts)
		return nil, fmt.Errorf("%s has no components: choose one of %s", host, strings.Join(slices.Compact(hosts), ", "))
	}
	return found, nil
}

// checkComponent reports whether a host has a component.
func checkComponent(all []supervisor.Status, host, name string) error {
	found, err := componentsOf(all, host)
	if err != nil {
		return err
	}
	var names []string
	for _, component := range found {
		names = append(names, component.Name)
	}
	if !slices.Contains(names, name) {
		slices.Sort(names)
		return fmt.Errorf("%s has no component %q: choose one of %s", host, name, strings.Join(names, ", "))
	}
	return nil
}

// writeComponentList writes a line for each component.
func writeComponentList(out io.Writer, all []supervisor.Status, now time.Time) error {
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "HOST\tCOMPONENT\tSTATE\tFOR\tPROCESS\tRESTARTS")
	for _, c := range all {
		pid := "-"
		if c.PID != 0 && c.State == supervisor.Running {
			pid = fmt.Sprint(c.PID)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\n", c.Host, c.Name, c.State, age(c.Since, now), pid, c.Restarts)
	}
	return table.Flush()
}
