package docs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/requirement"
)

func TestKnownIssuesAreListed(t *testing.T) {
	specs := map[string][]string{}
	for _, r := range requirements(t).Requirements {
		specs[r.KnownIssue] = append(specs[r.KnownIssue], r.ID)
	}
	var b strings.Builder
	fmt.Fprint(&b, "\n| number | what Calico does | specs | affects | fixed in |\n|---|---|---|---|---|\n")
	for _, known := range requirement.Issues() {
		summary := known.Summary
		if known.Note != "" {
			summary += " (" + known.Note + ")"
		}
		fixed := strings.Join(known.FixedIn, ", ")
		if fixed == "" {
			fixed = "not yet"
		}
		ids := specs[known.Number]
		if len(ids) == 0 {
			t.Errorf("no spec is marked with %s: remove the issue from requirement.Issues", known.Number)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", known.Number, summary, strings.Join(ids, ", "), known.Affects, fixed)
	}
	b.WriteByte('\n')
	checkGenerated(t, "known-issues.md", "known-issues", b.String())
}
