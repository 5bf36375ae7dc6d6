package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rackproof/rackproof/framework/plan"
)

// mostLost is how many links are lost at once at most: three would be thousands of states.
const mostLost = 2

func newPlanFailuresCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "failures [DESIGN]",
		Short: "Compute what each loss of a link or a host does to a design",
		Long: "Compute what each loss of a link, a cable, a shared network or a host does: who loses whom, and by how\n" +
			"many ways the others still reach each other. A loss is survived if everybody who is left still reaches\n" +
			"everybody, and no way leads nowhere. The table at the end has the single points of failure.\n" +
			"It is the state in which the design comes to rest, after all timers.\n\n" + aboutDesigns,
		Example: "  rackproof plan failures leaf-spine,leafreflector\n" +
			"  rackproof plan failures ./mine --links 2 --hosts 0 -o json | jq '.[] | select(.survived | not).name'",
	}
	chosen := designFlags(command)
	check := command.Args
	limits := plan.Limits{}
	command.Flags().IntVar(&limits.Links, "links", 1, "lose up to this many links at once, 0 to 2")
	command.Flags().IntVar(&limits.Hosts, "hosts", 1, "lose up to this many hosts at once, 0 or 1")
	command.Args = func(command *cobra.Command, arguments []string) error {
		switch {
		case limits.Links < 0 || limits.Links > mostLost:
			return fmt.Errorf("--links %d: take 0 to %d", limits.Links, mostLost)
		case limits.Hosts < 0 || limits.Hosts > 1:
			return fmt.Errorf("--hosts %d: take 0 or 1", limits.Hosts)
		case limits.Links+limits.Hosts == 0:
			return errors.New("--links 0 --hosts 0: lose something")
		}
		return check(command, arguments)
	}
	output := formatFlag(command, formatTable, formatJSON)
	command.RunE = func(command *cobra.Command, arguments []string) error {
		p, err := chosen.plan(arguments, command.ErrOrStderr())
		if err != nil {
			return err
		}
		losses := p.Losses(limits)
		if *output == formatJSON {
			return writeJSON(command.OutOrStdout(), lossesOf(losses))
		}
		return writeLosses(command.OutOrStdout(), p, losses)
	}
	return command
}

// writeLosses writes a line for each single loss and for each double one that is not
// survived, how many of each kind are survived, and the single points of failure.
func writeLosses(out io.Writer, p *plan.Plan, losses []plan.Loss) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Topology %s in mode %s: %d losses\n\n", p.State.Topology.Name, p.Mode().Name, len(losses))
	table := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "LOST\tKIND\tISOLATED\tWHO LOSES WHOM\tTHE OTHERS")
	for _, l := range losses {
		if len(l.Parts) == 1 || !l.Survived() {
			writeLoss(table, l)
		}
	}
	_ = table.Flush() // writes to memory
	fmt.Fprintln(&b)
	for _, kind := range kindsOf(losses) {
		fmt.Fprintln(&b, survival(kind, losses))
	}
	var single []plan.Loss
	for _, l := range losses {
		if len(l.Parts) == 1 && !l.Survived() {
			single = append(single, l)
		}
	}
	if len(single) > 0 {
		fmt.Fprint(&b, "\nSingle points of failure\n")
		table := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
		fmt.Fprintln(table, "  PART\tKIND\tTAKES")
		for _, l := range single {
			fmt.Fprintf(table, "  %s\t%s\t%s\n", l.Name(), kindOf(l), takes(l))
		}
		_ = table.Flush() // writes to memory
	}
	return writeTrimmed(out, b.String())
}

// writeLoss writes a loss, with a line for each cut.
func writeLoss(out io.Writer, l plan.Loss) {
	cuts := []string{"-"}
	if len(l.Cuts) > 0 {
		cuts = nil
	}
	for _, c := range l.Cuts {
		cuts = append(cuts, c.String())
	}
	name, kind, isolated, others := l.Name(), kindOf(l), orDash(strings.Join(l.Isolated, ", ")), othersOf(l)
	for _, cut := range cuts {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", name, kind, isolated, cut, others)
		name, kind, isolated, others = "", "", "", ""
	}
}

// othersOf says what becomes of the pairs that are not lost.
func othersOf(l plan.Loss) string {
	if l.Unknown != "" {
		return "unknown: " + l.Unknown
	}
	text := fmt.Sprintf("%d pairs stay", l.Whole)
	if l.Fewer > 0 {
		text += fmt.Sprintf(", %d by fewer ways (%d of %d)", l.Fewer, l.Least, l.Before)
	}
	if len(l.Partly) > 0 {
		text += fmt.Sprintf(", %d lose part of their packets", len(l.Partly))
	}
	return text
}

// takes says in short what a loss takes.
func takes(l plan.Loss) string {
	var parts []string
	if len(l.Isolated) > 0 {
		parts = append(parts, strings.Join(l.Isolated, ", "))
	}
	for _, c := range l.Cuts {
		parts = append(parts, c.String())
	}
	if len(l.Partly) > 0 {
		parts = append(parts, "part of the packets of "+strings.Join(fromOf(l.Partly), ", "))
	}
	if l.Unknown != "" {
		parts = append(parts, "unknown")
	}
	return strings.Join(parts, "; ")
}

// fromOf names who sends.
func fromOf(pairs []plan.Pair) []string {
	var names []string
	for _, p := range pairs {
		if !slices.Contains(names, p.From) {
			names = append(names, p.From)
		}
	}
	return names
}

// kindOf says what is lost.
func kindOf(l plan.Loss) string {
	if len(l.Parts) > 1 {
		return fmt.Sprintf("%d links", len(l.Parts))
	}
	return string(l.Parts[0].Kind)
}

// kindsOf are the kinds of losses, each once.
func kindsOf(losses []plan.Loss) []string {
	var kinds []string
	for _, l := range losses {
		if kind := kindOf(l); !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// survival says whether every loss of a kind is survived.
func survival(kind string, losses []plan.Loss) string {
	all, survived := 0, 0
	for _, l := range losses {
		if kindOf(l) != kind {
			continue
		}
		all++
		if l.Survived() {
			survived++
		}
	}
	what := "any single " + kind
	if strings.HasSuffix(kind, " links") {
		what = "any " + kind
	}
	if all == survived {
		return fmt.Sprintf("survives %s (%d of %d)", what, survived, all)
	}
	return fmt.Sprintf("does NOT survive %s (%d of %d survived)", what, survived, all)
}

// lossForScripts is a loss as `-o json` prints it.
type lossForScripts struct {
	Name     string          `json:"name"`
	Kind     string          `json:"kind"`
	Survived bool            `json:"survived"`
	Isolated []string        `json:"isolated"`
	Cuts     []cutForScripts `json:"cuts"`
	// Partly are pairs of which some ways lead nowhere.
	Partly  []pairForScripts `json:"partly"`
	Stay    int              `json:"stay"`
	Fewer   int              `json:"byFewerWays"`
	Least   int              `json:"fewestWays,omitempty"`
	Before  int              `json:"fewestWaysBefore,omitempty"`
	Unknown string           `json:"unknown,omitempty"`
}

type cutForScripts struct {
	From []string `json:"from"`
	To   []string `json:"to"`
	Both bool     `json:"both"`
}

func lossesOf(losses []plan.Loss) []lossForScripts {
	list := []lossForScripts{}
	for _, l := range losses {
		one := lossForScripts{
			Name: l.Name(), Kind: kindOf(l), Survived: l.Survived(), Isolated: append([]string{}, l.Isolated...), Cuts: []cutForScripts{}, Partly: []pairForScripts{},
			Stay: l.Whole, Fewer: l.Fewer, Least: l.Least, Before: l.Before, Unknown: l.Unknown,
		}
		for _, c := range l.Cuts {
			one.Cuts = append(one.Cuts, cutForScripts{c.From, c.To, c.Both})
		}
		for _, p := range l.Partly {
			one.Partly = append(one.Partly, pairOf(p))
		}
		list = append(list, one)
	}
	return list
}
