package bench

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/spread"
)

// Result is what several runs came to.
type Result struct {
	Provider string `json:"provider"`
	Topology string `json:"topology"`
	Mode     string `json:"mode"`
	// Processors and Kernel are the machine's.
	Processors int    `json:"processors"`
	Kernel     string `json:"kernel"`
	Runs       []Run  `json:"runs"`
	Rows       []Row  `json:"rows"`
}

// Unit is what a row's numbers are in.
type Unit string

// The units of rows.
const (
	Seconds Unit = "s"
	Bytes   Unit = "B"
)

// Row is one line of a result.
type Row struct {
	Name string `json:"name"`
	Unit Unit   `json:"unit"`
	spread.Spread
}

// Rows sums runs up: the phases in the given order, the whole, the teardown and
// the memory.
func Rows(phases []string, runs []Run) []Row {
	row := func(name string, unit Unit, value func(Run) float64) Row {
		values := make([]float64, 0, len(runs))
		for _, run := range runs {
			values = append(values, value(run))
		}
		return Row{name, unit, spread.Of(values)}
	}
	var rows []Row
	for _, phase := range phases {
		rows = append(rows, row(phase, Seconds, func(r Run) float64 { return r.Phases[phase] }))
	}
	return append(rows,
		row("total ready", Seconds, func(r Run) float64 { return r.Ready }),
		row("teardown", Seconds, func(r Run) float64 { return r.Teardown }),
		row("memory (PSS)", Bytes, func(r Run) float64 { return float64(r.Memory) }))
}

// Markdown is the result as a table for a README.
func (r Result) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Provider %s, topology %s, mode %s; runs: %d, processors: %d, Linux %s. Phases overlap.\n\n",
		r.Provider, r.Topology, r.Mode, len(r.Runs), r.Processors, r.Kernel)
	fmt.Fprintf(&b, "| %-13s | %9s | %9s | %9s |\n", "phase", "min", "median", "max")
	fmt.Fprintf(&b, "|:%s|%[2]s:|%[2]s:|%[2]s:|\n", strings.Repeat("-", 14), strings.Repeat("-", 10))
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "| %-13s | %9s | %9s | %9s |\n", row.Name, row.Unit.format(row.Min), row.Unit.format(row.Median), row.Unit.format(row.Max))
	}
	return b.String()
}

// Beside is a table of the medians of this result and of another provider's, of the same
// topology and mode. A row that only one of them has is a dash in the other's column.
func (r Result) Beside(other Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Topology %s, mode %s; runs: %d and %d, processors: %d, Linux %s. Medians; phases overlap.\n\n",
		r.Topology, r.Mode, len(r.Runs), len(other.Runs), r.Processors, r.Kernel)
	fmt.Fprintf(&b, "| %-13s | %9s | %9s |\n", "phase", r.Provider, other.Provider)
	fmt.Fprintf(&b, "|:%s|%[2]s:|%[2]s:|\n", strings.Repeat("-", 14), strings.Repeat("-", 10))
	for _, name := range together(r.Rows, other.Rows) {
		fmt.Fprintf(&b, "| %-13s | %9s | %9s |\n", name, medianOf(r.Rows, name), medianOf(other.Rows, name))
	}
	return b.String()
}

// together are the names of rows of both results: those that one has alone before the
// first that they share, and the shared ones in the first's order.
func together(first, second []Row) []string {
	var names []string
	for _, row := range append(slices.Clone(first), second...) {
		if !slices.Contains(names, row.Name) {
			names = append(names, row.Name)
		}
	}
	shared := func(name string) bool { return medianOf(first, name) != none && medianOf(second, name) != none }
	slices.SortStableFunc(names, func(a, b string) int {
		switch {
		case shared(a) == shared(b):
			return 0
		case shared(a):
			return 1
		}
		return -1
	})
	return names
}

// none stands for a number that a result does not have.
const none = "-"

func medianOf(rows []Row, name string) string {
	for _, row := range rows {
		if row.Name == name {
			return row.Unit.format(row.Median)
		}
	}
	return none
}

// format prints a number in the size that people think in.
func (u Unit) format(value float64) string {
	if u == Bytes {
		return fmt.Sprintf("%.0f MiB", value/(1<<20))
	}
	return fmt.Sprintf("%.2f s", value)
}
