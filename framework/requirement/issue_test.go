package requirement

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const readmeHeading = "## Known issues of Calico v3.31.0\n"

func TestReadmeListsTheIssues(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(readme), readmeHeading)
	if !found {
		t.Fatalf("README.md has no section %q", readmeHeading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var listed []string
	for line := range strings.Lines(section) {
		if cells := strings.Split(line, "|"); len(cells) > 1 && strings.Contains(cells[1], "#") {
			listed = append(listed, strings.TrimSpace(cells[1]))
		}
	}
	var want []string
	for _, known := range Issues() {
		want = append(want, known.Number)
	}
	if !slices.Equal(listed, want) {
		t.Errorf("README.md lists %v, and requirement.Issues has %v", listed, want)
	}
}

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
