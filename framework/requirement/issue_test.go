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
		if found, ok := issueBy(Issue.label, Known(known.Number)[1]); !ok || found.Number != known.Number {
			t.Errorf("the label %s leads to %+v", Known(known.Number)[1], found)
		}
	}
}

func TestIssueIn(t *testing.T) {
	never := Issue{Number: "never fixed"}
	one := Issue{FixedIn: []string{"v3.31.4"}}
	two := Issue{FixedIn: []string{"v3.31.7", "v3.32.2"}}
	later := Issue{FixedIn: []string{"v3.33.0"}}
	for _, test := range []struct {
		issue   Issue
		version string
		want    bool
	}{
		{never, "v3.99.0", true},
		{one, "v3.30.9", true}, {one, "v3.31.3", true}, {one, "v3.31.4", false}, {one, "v3.32.0", false},
		{two, "v3.31.6", true}, {two, "v3.31.7", false}, {two, "v3.32.1", true}, {two, "v3.32.2", false}, {two, "v3.33.0", false},
		{later, "v3.31.9", true}, {later, "v3.33.0", false},
	} {
		if got, err := test.issue.In(test.version); err != nil || got != test.want {
			t.Errorf("%v in %s: got %t, %v; want %t", test.issue.FixedIn, test.version, got, err, test.want)
		}
	}
	if _, err := one.In("master"); err == nil {
		t.Error("master is taken for a version")
	}
	for _, known := range Issues() {
		if _, err := known.In("v3.31.0"); err != nil {
			t.Errorf("%s: %v", known.Number, err)
		}
	}
}
