package requirement

import (
	"regexp"
	"testing"
)

func TestIssuesAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, known := range Issues() {
		if !regexp.MustCompile(`^projectcalico/calico#[0-9]+$`).MatchString(known.Number) || known.Summary == "" || known.Affects == "" {
			t.Errorf("%+v lacks something", known)
		}
		if seen[known.Number] {
			t.Errorf("%s is there twice", known.Number)
		}
		seen[known.Number] = true
		if found, ok := issueBy(Issue.label, Known(known.Number)[1]); !ok || found != known {
			t.Errorf("the label %s leads to %+v", Known(known.Number)[1], found)
		}
	}
}
