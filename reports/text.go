package reports

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// messageLines is how many lines of a failure a summary shows; the report and the
// evidence have the rest.
const messageLines = 12

// WriteText writes the summary for people: a table of suites, what failed, what
// known issues showed, what could not be proven, what was measured, and the verdict as
// the last line.
func (s Summary) WriteText(out io.Writer) error {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "SUITE\tPASSED\tFAILED\tKNOWN\tUNABLE\tNOT RUN\tTIME\tSTARTED")
	for _, suite := range s.Suites {
		c := suite.counts()
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", suite.Name, c.passed, c.failed, c.known, c.unable, c.notRun,
			seconds(suite.Took), suite.Started.Local().Format(time.DateTime))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	s.writeEnvironment(&b)
	for _, suite := range s.Suites {
		for _, reason := range suite.Reasons {
			fmt.Fprintf(&b, "\nSuite %s failed: %s\n", suite.Name, reason)
		}
		for _, spec := range suite.Failed {
			writeFailed(&b, suite.Name, spec)
		}
	}
	for _, suite := range s.Suites {
		for _, known := range suite.KnownIssues {
			fmt.Fprintf(&b, "\nKNOWN ISSUE  %s (%s, %s): %s\n  %s\n%s\n", title(known.Spec), suite.Name, seconds(known.Took), known.Number,
				known.Must, indent(known.Summary+"\n"+firstLines(known.Observed)))
		}
	}
	for _, suite := range s.Suites {
		before := ""
		for _, spec := range suite.Unable {
			fmt.Fprintf(&b, "\nUNABLE  %s (%s)\n  %s\n", title(spec), suite.Name, spec.Must)
			// All specs of a suite may lack the same.
			if spec.Message != before {
				fmt.Fprintln(&b, indent(firstLines(spec.Message)))
			}
			before = spec.Message
		}
	}
	if err := s.writeMeasured(&b); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\n%s\n", s.Verdict())
	_, err := io.WriteString(out, b.String())
	return err
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

func writeFailed(b *strings.Builder, suite string, spec Spec) {
	fmt.Fprintf(b, "\n%s  %s (%s, %s)\n  %s\n", strings.ToUpper(spec.State), title(spec), suite, seconds(spec.Took), spec.Must)
	if spec.Message != "" {
		fmt.Fprintln(b, indent(firstLines(spec.Message)))
	}
	if spec.Place != "" {
		fmt.Fprintf(b, "    at %s\n", spec.Place)
	}
	if spec.Evidence != "" {
		fmt.Fprintf(b, "    evidence in %s\n", spec.Evidence)
	}
}

func title(spec Spec) string {
	if spec.ID == "" {
		return "outside of the specs"
	}
	return spec.ID
}

// Verdict is the run in one line.
func (s Summary) Verdict() string {
	total := s.counts()
	rest := ""
	if total.known > 0 {
		rest += ", " + plural(total.known, "known issue")
	}
	if total.unable > 0 {
		rest += fmt.Sprintf(", %d unable", total.unable)
	}
	if total.notRun > 0 {
		rest += fmt.Sprintf(", %d not run", total.notRun)
	}
	suites := plural(len(s.Suites), "suite")
	switch {
	case total.failed > 0:
		return fmt.Sprintf("FAIL: %d failed, %d passed%s in %s", total.failed, total.passed, rest, suites)
	case total.passed+total.known == 0:
		return fmt.Sprintf("FAIL: no spec ran in %s%s", suites, rest)
	case !s.Passed():
		return fmt.Sprintf("FAIL: a suite failed outside of its specs, %d passed%s in %s", total.passed, rest, suites)
	default:
		return fmt.Sprintf("PASS: %d passed%s in %s", total.passed, rest, suites)
	}
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
