package reports

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/onsi/ginkgo/v2/types"
)

// messageLines is how many lines of a failure a summary shows; the report and the
// evidence have the rest.
const messageLines = 12

// WriteText writes the summary for people. A table of suites comes first, then failures,
// faults of labs, known issues, specs without a result, measurements, and how much of each
// profile is proven. The verdict is the last line.
func (s Summary) WriteText(out io.Writer) error {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "SUITE\tPASSED\tFAILED\tKNOWN\tUNABLE\tBROKEN LAB\tINCONCLUSIVE\tNOT RUN\tTIME\tSTARTED")
	for _, suite := range s.Suites {
		c := suite.counts()
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", suite.Name, c.passed, c.failed, c.known, c.unable, c.broken, c.inconclusive, c.notRun,
			seconds(suite.Took), suite.Started.Local().Format(time.DateTime))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	s.writeEnvironment(&b)
	for _, note := range s.Notes {
		fmt.Fprintf(&b, "\nNOTE  %s\n", note)
	}
	for _, fault := range s.Faults {
		fmt.Fprintf(&b, "\nREPORT  %s\n", fault)
	}
	for _, suite := range s.Suites {
		suite.writeFailures(&b)
	}
	for _, suite := range s.Suites {
		for _, fault := range suite.BrokenLabs {
			fault.write(&b, suite.Name)
		}
	}
	for _, suite := range s.Suites {
		for _, known := range suite.KnownIssues {
			fmt.Fprintf(&b, "\nKNOWN ISSUE  %s (%s, %s): %s\n  %s\n%s\n", title(known.Spec), suite.Name, seconds(known.Took), known.Number,
				known.Must, indent(known.Summary+"\n"+firstLines(known.Observed)))
		}
	}
	for _, suite := range s.Suites {
		writeUntested(&b, "UNABLE", suite.Name, suite.Unable)
		writeUntested(&b, "INCONCLUSIVE", suite.Name, suite.Inconclusive)
	}
	if err := errors.Join(s.writeMeasured(&b), writeProfiles(&b, profilesOf(s.Requirements))); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\n%s\n", s.Verdict())
	_, err := io.WriteString(out, b.String())
	return err
}

// writeFailures writes what failed in a suite.
func (s Suite) writeFailures(b *strings.Builder) {
	if s.Unfinished {
		fmt.Fprintf(b, "\nSuite %s did not end: it was killed, ran into its timeout, or still runs; %s not run\n", s.Name, plural(s.NotRun, "spec"))
	}
	for _, reason := range s.Reasons {
		fmt.Fprintf(b, "\nSuite %s failed: %s\n", s.Name, reason)
	}
	for _, spec := range s.Failed {
		fmt.Fprintf(b, "\n%s  %s (%s, %s)\n  %s\n", failureWord(spec), title(spec), s.Name, seconds(spec.Took), spec.Must)
		if spec.Message != "" {
			fmt.Fprintln(b, indent(firstLines(spec.Message)))
		}
		writePlaces(b, spec)
	}
}

// failureWord is Ginkgo's word for a failure. A spec that fails after a skip has none.
func failureWord(spec Spec) string {
	if spec.State == types.SpecStateSkipped.String() || spec.State == types.SpecStatePassed.String() {
		return "FAILED"
	}
	return strings.ToUpper(spec.State)
}

// write writes a fault of a lab once, with all that met it.
func (f BrokenLab) write(b *strings.Builder, suite string) {
	fmt.Fprintf(b, "\nBROKEN LAB  %s", suite)
	if f.Invariant != "" {
		fmt.Fprintf(b, ": %s", f.Invariant)
	}
	fmt.Fprintf(b, "\n%s\n", indent(firstLines(f.Reason)))
	// The first one found the fault; the others only met it.
	if first := f.Specs[0]; first.ID == "" {
		fmt.Fprintf(b, "    found by %s\n", first.Must)
	}
	var untested []string
	for _, spec := range f.Specs {
		if spec.ID != "" {
			untested = append(untested, spec.ID)
		}
	}
	if len(untested) > 0 {
		fmt.Fprintf(b, "    not tested: %s\n", strings.Join(untested, ", "))
	}
	writePlaces(b, f.Specs[0])
}

// writeUntested writes specs that found nothing out, with their reasons.
func writeUntested(b *strings.Builder, word, suite string, specs []Spec) {
	before := ""
	for _, spec := range specs {
		fmt.Fprintf(b, "\n%s  %s (%s)\n  %s\n", word, title(spec), suite, spec.Must)
		// All specs of a suite may lack the same.
		if spec.Message != before {
			fmt.Fprintln(b, indent(firstLines(spec.Message)))
		}
		before = spec.Message
	}
}

func writePlaces(b *strings.Builder, spec Spec) {
	if spec.Place != "" {
		fmt.Fprintf(b, "    at %s\n", spec.Place)
	}
	if spec.Evidence != "" {
		fmt.Fprintf(b, "    evidence in %s\n", spec.Evidence)
	}
}

// writeEnvironment says where the suites ran, as far as they have said so.
func (s Summary) writeEnvironment(b *strings.Builder) {
	table := tabwriter.NewWriter(b, 0, 0, 3, ' ', 0)
	said := false
	for _, suite := range s.Suites {
		for _, line := range suite.Environment {
			if !said {
				fmt.Fprintln(table, "\nWhere it ran:\n\nSUITE\tWHAT")
			}
			said = true
			fmt.Fprintf(table, "%s\t%s\n", suite.Name, line)
		}
	}
	_ = table.Flush()
}

func title(spec Spec) string {
	if spec.ID == "" {
		return "outside of the specs"
	}
	return spec.ID
}

func firstLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if left := len(lines) - messageLines; left > 0 {
		lines = append(lines[:messageLines:messageLines], "… and "+plural(left, "more line"))
	}
	return strings.Join(lines, "\n")
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(text, "\n", "\n    ")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
