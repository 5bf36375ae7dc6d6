package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/spread"
)

// soakVerdicts are the columns of a soak's tables.
func soakVerdicts() []requirement.Verdict {
	return []requirement.Verdict{
		requirement.Pass, requirement.Failed, requirement.KnownBroken, requirement.Unable, requirement.BrokenLab, requirement.Inconclusive, requirement.NotRun,
	}
}

// grid is a table for people.
type grid struct {
	columns []string
	rows    [][]string
}

func (g grid) text(b *strings.Builder) {
	table := tabwriter.NewWriter(b, 0, 0, 3, ' ', 0)
	for _, row := range append([][]string{upper(g.columns)}, g.rows...) {
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	_ = table.Flush() // to a buffer in memory
}

func upper(words []string) []string {
	all := make([]string, 0, len(words))
	for _, word := range words {
		all = append(all, strings.ToUpper(word))
	}
	return all
}

func (g grid) markdown(b *strings.Builder) {
	line := func(cells []string) { fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | ")) }
	line(g.columns)
	line(slices.Repeat([]string{"---"}, len(g.columns)))
	for _, row := range g.rows {
		cells := slices.Clone(row)
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
		}
		line(cells)
	}
}

// WriteText writes the table for people: what was run where, the rounds that were not
// green, the requirements that did not pass in all rounds, and totals of each suite.
func (s *Soak) WriteText(out io.Writer) error {
	return s.write(out, grid.text, func(title string) string { return title + ":" }, "  ")
}

// WriteMarkdown writes the same for a page of documentation.
func (s *Soak) WriteMarkdown(out io.Writer) error {
	return s.write(out, grid.markdown, func(title string) string { return "### " + title }, "- ")
}

func (s *Soak) write(out io.Writer, table func(grid, *strings.Builder), heading func(string) string, item string) error {
	var b strings.Builder
	for _, line := range s.circumstances() {
		fmt.Fprintf(&b, "%s\n", strings.TrimPrefix(item, "  ")+line)
	}
	section := func(title string) { fmt.Fprintf(&b, "\n%s\n\n", heading(title)) }
	if rounds := s.notGreen(); len(rounds) > 0 {
		section("Rounds that are not green")
		for _, line := range rounds {
			fmt.Fprintf(&b, "%s%s\n", item, line)
		}
	}
	if rows := s.unsteady(); len(rows) > 0 {
		section("Requirements that did not pass in all rounds")
		table(s.rowsGrid(rows), &b)
		if reasons := reasonsOf(rows); len(reasons) > 0 {
			section("Reasons")
			for _, line := range reasons {
				fmt.Fprintf(&b, "%s%s\n", item, line)
			}
		}
	}
	section("Totals of each suite")
	table(s.totals(), &b)
	fmt.Fprintf(&b, "\n%s\n", s.Verdict())
	_, err := io.WriteString(out, b.String())
	return err
}

// Verdict is the table in one line.
func (s *Soak) Verdict() string {
	counts := map[requirement.Verdict]int{}
	for _, row := range s.Rows {
		if row.ran() {
			for verdict, n := range row.Verdicts {
				counts[verdict] += n
			}
		}
	}
	var parts []string
	for _, verdict := range soakVerdicts() {
		if n := counts[verdict]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, verdict))
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing was tested"}
	}
	return fmt.Sprintf("%s: %s in %s", s.Outcome(), strings.Join(parts, ", "), plural(len(s.Rounds), "round"))
}

// circumstances say what was run where.
func (s *Soak) circumstances() []string {
	var took, cpu, beside []float64
	var machines, ways []string
	note := func(list []string, value string) []string {
		if slices.Contains(list, value) {
			return list
		}
		return append(list, value)
	}
	interrupted := 0
	for _, round := range s.Rounds {
		machines, ways = note(machines, round.Machine), note(ways, round.Accounting)
		beside = append(beside, round.DisturbanceCPUSeconds)
		if round.Interrupted {
			interrupted++
			continue
		}
		took, cpu = append(took, round.Seconds), append(cpu, round.CPUSeconds)
	}
	lines := []string{fmt.Sprintf("%s at commit %s, specs and suites in random order, %s side by side", plural(len(s.Rounds), "round"),
		strings.Join(s.Commits(), ", "), plural(s.Conditions.Parallel, "suite"))}
	lines = append(lines, "machine: "+strings.Join(machines, "; "))
	if len(s.Conditions.Arguments) > 0 {
		lines = append(lines, "flags of the suites: "+strings.Join(s.Conditions.Arguments, " "))
	}
	if s.Conditions.Disturbance != "" {
		lines = append(lines, fmt.Sprintf("beside the suites: %s; it took %s CPU seconds a round", s.Conditions.Disturbance, spreadText(spread.Of(beside))))
	} else {
		lines = append(lines, "beside the suites: nothing of Rackproof's")
	}
	if interrupted > 0 {
		lines = append(lines, fmt.Sprintf("interrupted: %s, with the suites that had ended by then", plural(interrupted, "round")))
	}
	if len(took) > 0 {
		lines = append(lines, fmt.Sprintf("a round took %s s and %s CPU seconds (%s)", spreadText(spread.Of(took)), spreadText(spread.Of(cpu)), strings.Join(ways, "; ")))
	}
	return lines
}

func spreadText(s spread.Spread) string {
	if s.Min == s.Max {
		return fmt.Sprintf("%.0f", s.Median)
	}
	return fmt.Sprintf("%.0f to %.0f (median %.0f)", s.Min, s.Max, s.Median)
}

// notGreen names the rounds that are not green, with the seed that repeats their order.
func (s *Soak) notGreen() []string {
	var lines []string
	for _, round := range s.Rounds {
		if round.Outcome != Passed {
			lines = append(lines, fmt.Sprintf("round %d (seed %d): %s", round.Number, round.Seed, round.Verdict))
		}
		for _, fault := range round.Faults {
			lines = append(lines, fmt.Sprintf("round %d: %s", round.Number, fault))
		}
	}
	return lines
}

// unsteady are the requirements that did not pass in all rounds.
func (s *Soak) unsteady() []SoakRow {
	var rows []SoakRow
	for _, row := range s.Rows {
		if row.ran() && row.Verdicts[requirement.Pass] < len(row.Runs) {
			rows = append(rows, row)
		}
	}
	return rows
}

func verdictCells(counts map[requirement.Verdict]int) []string {
	var cells []string
	for _, verdict := range soakVerdicts() {
		cells = append(cells, fmt.Sprint(counts[verdict]))
	}
	return cells
}

func verdictColumns() []string {
	var columns []string
	for _, verdict := range soakVerdicts() {
		columns = append(columns, string(verdict))
	}
	return columns
}

func (s *Soak) rowsGrid(rows []SoakRow) grid {
	g := grid{columns: append(append([]string{"requirement", "suite"}, verdictColumns()...), "min s", "median s", "max s")}
	for _, row := range rows {
		g.rows = append(g.rows, append(append([]string{row.title(), row.Suite}, verdictCells(row.Verdicts)...),
			fmt.Sprintf("%.1f", row.Seconds.Min), fmt.Sprintf("%.1f", row.Seconds.Median), fmt.Sprintf("%.1f", row.Seconds.Max)))
	}
	return g
}

// title is the requirement's id, or what a baseline, set-up or clean-up is called in short.
func (r SoakRow) title() string {
	if r.ID == "" {
		short, _, _ := strings.Cut(r.Must, ":")
		return short
	}
	return r.ID
}

// reasonsOf says why requirements did not pass, once for each reason in a suite.
func reasonsOf(rows []SoakRow) []string {
	type reason struct{ suite, said string }
	var order []reason
	met := map[reason][]string{}
	for _, row := range rows {
		rounds := map[reason][]string{}
		var mine []reason
		for _, run := range row.Runs {
			if run.Reason == "" {
				continue
			}
			first, _, _ := strings.Cut(strings.TrimSpace(run.Reason), "\n")
			why := reason{row.Suite, fmt.Sprintf("%s: %s", run.Verdict, first)}
			if rounds[why] == nil {
				mine = append(mine, why)
			}
			rounds[why] = append(rounds[why], fmt.Sprint(run.Round))
		}
		for _, why := range mine {
			if met[why] == nil {
				order = append(order, why)
			}
			met[why] = append(met[why], fmt.Sprintf("%s (round %s)", row.title(), strings.Join(rounds[why], ", ")))
		}
	}
	var lines []string
	for _, why := range order {
		lines = append(lines, fmt.Sprintf("%s %s: %s", why.suite, strings.Join(met[why], ", "), why.said))
	}
	return lines
}

// totals has a row for each suite, and one for all.
func (s *Soak) totals() grid {
	g := grid{columns: append(append([]string{"suite", "rounds", "requirements"}, verdictColumns()...), "median s", "median CPU s")}
	type total struct {
		requirements int
		verdicts     map[requirement.Verdict]int
		took, cpu    []float64
	}
	totals := map[string]*total{}
	var names []string
	of := func(name string) *total {
		if totals[name] == nil {
			totals[name] = &total{verdicts: map[requirement.Verdict]int{}}
			names = append(names, name)
		}
		return totals[name]
	}
	for _, round := range s.Rounds {
		for _, suite := range round.Suites {
			t := of(suite.Name)
			t.took, t.cpu = append(t.took, suite.Seconds), append(t.cpu, suite.CPUSeconds)
		}
	}
	for _, row := range s.Rows {
		if !row.ran() {
			continue
		}
		t := of(row.Suite)
		if row.ID != "" {
			t.requirements++
		}
		for verdict, n := range row.Verdicts {
			t.verdicts[verdict] += n
		}
	}
	slices.Sort(names)
	all := total{verdicts: map[requirement.Verdict]int{}}
	for _, name := range names {
		t := totals[name]
		all.requirements += t.requirements
		for verdict, n := range t.verdicts {
			all.verdicts[verdict] += n
		}
		g.rows = append(g.rows, append(append([]string{name, fmt.Sprint(len(t.took)), fmt.Sprint(t.requirements)}, verdictCells(t.verdicts)...),
			fmt.Sprintf("%.0f", spread.Of(t.took).Median), fmt.Sprintf("%.0f", spread.Of(t.cpu).Median)))
	}
	for _, round := range s.Rounds {
		if !round.Interrupted {
			all.took, all.cpu = append(all.took, round.Seconds), append(all.cpu, round.CPUSeconds)
		}
	}
	g.rows = append(g.rows, append(append([]string{"all", fmt.Sprint(len(s.Rounds)), fmt.Sprint(all.requirements)}, verdictCells(all.verdicts)...),
		fmt.Sprintf("%.0f", spread.Of(all.took).Median), fmt.Sprintf("%.0f", spread.Of(all.cpu).Median)))
	return g
}
