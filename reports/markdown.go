package reports

import (
	"fmt"
	"io"
	"strings"

	"github.com/rackproof/rackproof/framework/requirement"
)

// WriteMarkdown writes the document as the summary of a CI run. Everything without a result
// comes first, and then failures.
func (d Document) WriteMarkdown(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n## Not looked at\n\n", d.Verdict)
	for _, fault := range d.Faults {
		fmt.Fprintf(&b, "- damaged: %s\n", inline(fault))
	}
	for _, suite := range d.Suites {
		if suite.Unfinished {
			fmt.Fprintf(&b, "- suite %s did not end\n", suite.Name)
		}
		for _, reason := range suite.Reasons {
			fmt.Fprintf(&b, "- suite %s failed: %s\n", suite.Name, inline(reason))
		}
	}
	if len(d.AbsentSuites) > 0 {
		fmt.Fprintf(&b, "- suites that did not run: %s\n", strings.Join(d.AbsentSuites, ", "))
	}
	looked := true
	for _, verdict := range Unproven() {
		if list := d.Untested(verdict); len(list) > 0 {
			looked = false
			fmt.Fprintf(&b, "- %s (%d): %s\n", verdict, len(list), strings.Join(idsOf(list), ", "))
		}
	}
	if looked && len(d.Faults)+len(d.AbsentSuites) == 0 {
		fmt.Fprintln(&b, "Nothing: each requirement of the catalogue has a verdict.")
	}
	fmt.Fprint(&b, "\n## Failed\n\n")
	failed := false
	tell := func(a Attempt, must string) {
		failed = true
		fmt.Fprintf(&b, "### %s: %s (%s, %s)\n\n%s\n\n```\n%s\n```\n\n", inline(a.Name), a.Verdict, a.Suite, secondsText(a.Seconds), inline(must),
			strings.ReplaceAll(firstLines(a.Reason), "```", "'''"))
		if a.Evidence != nil {
			fmt.Fprintf(&b, "Evidence: `%s`\n\n", a.Evidence.Folder)
		}
	}
	for _, r := range d.Requirements {
		for _, a := range r.Attempts {
			if a.Verdict == requirement.Failed || a.Verdict == requirement.BrokenLab {
				tell(a, r.Must)
			}
		}
	}
	for _, a := range d.Others {
		tell(a, "")
	}
	if !failed {
		fmt.Fprint(&b, "Nothing.\n\n")
	}
	fmt.Fprint(&b, "## Suites\n\n| suite | pass | fail | known issue | broken lab | inconclusive | unable | not run | time |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, suite := range d.Suites {
		counts := d.Counts(suite.Name)
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d | %d | %s |\n", suite.Name, counts[requirement.Pass], counts[requirement.Failed], counts[requirement.KnownBroken],
			counts[requirement.BrokenLab], counts[requirement.Inconclusive], counts[requirement.Unable], counts[requirement.NotRun], secondsText(suite.Seconds))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// Counts counts the requirements of a suite by verdict.
func (d Document) Counts(suite string) map[requirement.Verdict]int {
	counts := map[requirement.Verdict]int{}
	for _, r := range d.Requirements {
		if r.Suite == suite {
			counts[r.Verdict]++
		}
	}
	return counts
}

func idsOf(results []Result) []string {
	var ids []string
	for _, r := range results {
		ids = append(ids, r.ID)
	}
	return ids
}

// inline is a text in one line of Markdown, without marks of its own.
func inline(text string) string {
	return strings.NewReplacer("\n", " ", "|", "\\|", "<", "&lt;", "`", "'").Replace(text)
}

func secondsText(s float64) string { return fmt.Sprintf("%.1f s", s) }
