package reports

import (
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2/types"
)

// run is a report of one suite whose specs have the states given, by id.
func run(suite string, states map[string]types.SpecState) types.Report {
	report := types.Report{SuiteDescription: suite}
	for id, state := range states {
		spec := types.SpecReport{LeafNodeType: types.NodeTypeIt, LeafNodeText: id + ": it MUST hold", LeafNodeLabels: []string{id}, State: state}
		if state == types.SpecStateSkipped {
			spec.Failure.Message = "unable: no such thing"
		}
		report.SpecReports = append(report.SpecReports, spec)
	}
	return report
}

func TestCompare(t *testing.T) {
	first := []types.Report{
		run("mesh", map[string]types.SpecState{"MESH-001": types.SpecStatePassed, "MESH-002": types.SpecStatePassed, "MESH-003": types.SpecStatePending, "MESH-004": types.SpecStatePassed}),
		run("tor", map[string]types.SpecState{"TOR-001": types.SpecStatePassed}),
	}
	second := []types.Report{
		run("mesh", map[string]types.SpecState{"MESH-001": types.SpecStatePassed, "MESH-002": types.SpecStateFailed, "MESH-003": types.SpecStatePending, "MESH-005": types.SpecStateSkipped}),
		// Repeated, and once it failed.
		run("mesh", map[string]types.SpecState{"MESH-001": types.SpecStatePassed, "MESH-002": types.SpecStatePassed}),
	}
	c := Compare(first, second)
	if c.Agree != 1 || c.Same() {
		t.Errorf("got %d that agree (same: %v), want 1", c.Agree, c.Same())
	}
	var text strings.Builder
	if err := c.WriteText(&text, "a", "b"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"mesh MESH-002: passed in a, failed in b\n    it MUST hold", "mesh MESH-004: passed in a, absent in b", "mesh MESH-005: absent in a, unable in b",
		"suite tor is in a alone", "1 requirements have the same verdict in both, 3 have not",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("got:\n%s\nwant %q", text.String(), want)
		}
	}
	if !Compare(first, first).Same() {
		t.Error("a run is not the same as itself")
	}
	if Compare(first[:1], first[1:]).Same() {
		t.Error("runs that have nothing in common are the same")
	}
}
