package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/plan"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/topology"
)

// designChoice is the design that a command is about, as arguments and flags name it.
type designChoice struct{ topology, mode string }

// designFlags adds flags that name a topology and a mode.
func designFlags(command *cobra.Command) *designChoice {
	var d designChoice
	command.Flags().StringVar(&d.topology, "topology", "leaf-spine", "a topology's name, or its file")
	command.Flags().StringVar(&d.mode, "mode", "leafreflector", "a mode's name, or its folder")
	command.Args = func(command *cobra.Command, arguments []string) error {
		flags := command.Flags()
		switch {
		case len(arguments) > 1:
			return errors.New("name one design, or none")
		case len(arguments) == 1 && (flags.Changed("topology") || flags.Changed("mode")):
			return errors.New("name a design, or give --topology and --mode, not both")
		}
		return nil
	}
	return &d
}

// plan plans the chosen design. Remarks on it go to out.
func (d designChoice) plan(arguments []string, out io.Writer) (*plan.Plan, error) {
	if len(arguments) == 1 {
		return planOf(arguments[0], out)
	}
	return planOf(d.topology+","+d.mode, out)
}

// planOf plans a design by its name (fixtures.Design).
func planOf(design string, out io.Writer) (*plan.Plan, error) {
	t, m, err := fixtures.Design(design)
	if err != nil {
		return nil, err
	}
	for _, warning := range slices.Concat(t.Warnings, m.Warnings) {
		fmt.Fprintln(out, "warning:", warning)
	}
	return plan.Of(t, m, drivers.Software())
}

const aboutDesigns = "A design is a topology with a mode: a folder that has topology.yaml and a mode in its folder mode,\n" +
	"or TOPOLOGY,MODE by names or paths, or --topology and --mode. Nothing of it has to run, and no root is needed.\n"

func newPlanCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "plan [DESIGN]",
		Short: "Compute what a design does, without a lab",
		Long: "Compute what a design does: the sessions of each host and why one does not come up, its routes and\n" +
			"BGP paths, and what clients outside of the cluster reach by which ways. The commands below compare two\n" +
			"designs, take parts away, and find what is wrong.\n\n" + aboutDesigns +
			"The plan is the state in which the design comes to rest. Blocks, pods and addresses of tunnels are\n" +
			"planned, as a cluster chooses its own. Of services it has the one that every cluster has, and the ranges\n" +
			"that are announced as a whole.",
		Example: "  rackproof plan leaf-spine,leafreflector\n" +
			"  rackproof plan ./mine -o json | jq '.hosts[] | select(.name == \"leaf0\").routes'\n" +
			"  rackproof plan --topology ./mine.yaml --mode fullmesh --host leaf0",
	}
	chosen := designFlags(command)
	only := command.Flags().StringSlice("host", nil, "print the tables of these hosts alone")
	output := formatFlag(command, formatTable, formatJSON)
	command.RunE = func(command *cobra.Command, arguments []string) error {
		p, err := chosen.plan(arguments, command.ErrOrStderr())
		if err != nil {
			return err
		}
		hosts := p.State.Topology.Hosts
		if len(*only) > 0 {
			hosts = nil
		}
		for _, name := range *only {
			host, ok := p.State.Topology.Host(name)
			if !ok {
				return fmt.Errorf("--host %s: topology %s has no such host: name one of %s", name, p.State.Topology.Name, strings.Join(topology.Names(p.State.Topology.Hosts), ", "))
			}
			hosts = append(hosts, *host)
		}
		if *output == formatJSON {
			return writeJSON(command.OutOrStdout(), planForScriptsOf(p, hosts))
		}
		return writePlan(command.OutOrStdout(), p, hosts)
	}
	command.AddCommand(newPlanDiffCommand(), newPlanFailuresCommand(), newPlanCheckCommand())
	return command
}

func newPlanCheckCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "check [DESIGN]",
		Short: "Find what is wrong with a design, with the lines to mend",
		Long: "Find what is wrong with a design: sessions of which one end alone is configured or that do not come\n" +
			"up, links of routers without a session, router IDs that are there twice, nodes without a session, leaves\n" +
			"that stay idle, loops, blackholes, and networks that a second router announces by mistake.\n\n" + aboutDesigns + "\n" +
			"The exit status is 0 if nothing is wrong, 1 if something is, and 2 for a mistake in the command line.",
		Example: "  rackproof plan check ./mine\n" +
			"  rackproof plan check ./mine -o json | jq -r '.[] | \"\\(.file):\\(.line)\"'",
	}
	chosen := designFlags(command)
	output := formatFlag(command, formatText, formatJSON)
	command.RunE = func(command *cobra.Command, arguments []string) error {
		p, err := chosen.plan(arguments, command.ErrOrStderr())
		found, verdict := plan.Refusals(err), "refused: nothing else of the design could be checked"
		if err == nil {
			found = p.Check()
			verdict = fmt.Sprintf("%s in mode %s: %d findings by %d rules", p.State.Topology.Name, p.Mode().Name, len(found), len(plan.Rules()))
		}
		if err := writeFindings(command.OutOrStdout(), *output, found, verdict); err != nil {
			return err
		}
		if len(found) > 0 {
			return exitStatus(exitFailure)
		}
		return nil
	}
	return command
}

// writeFindings writes a line for each finding, and the verdict for people.
func writeFindings(out io.Writer, as format, found []plan.Finding, verdict string) error {
	if as == formatJSON {
		return writeJSON(out, append([]plan.Finding{}, found...))
	}
	for _, f := range found {
		fmt.Fprintln(out, f)
	}
	_, err := fmt.Fprintln(out, verdict)
	return err
}
