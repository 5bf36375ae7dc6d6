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

// verdicts are those of a run with some reports.
func verdicts(reports ...types.Report) Verdicts { return of(reports...).Verdicts() }

func TestCompare(t *testing.T) {
	first := verdicts(
		run("mesh", map[string]types.SpecState{"MESH-001": types.SpecStatePassed, "MESH-002": types.SpecStatePassed, "MESH-003": types.SpecStatePending, "MESH-004": types.SpecStatePassed}),
		run("tor", map[string]types.SpecState{"TOR-001": types.SpecStatePassed}),
	)
	second := verdicts(
		run("mesh", map[string]types.SpecState{"MESH-001": types.SpecStatePassed, "MESH-002": types.SpecStateFailed, "MESH-003": types.SpecStatePending, "MESH-005": types.SpecStateSkipped}),
		// Repeated, and once it failed.
		run("mesh", map[string]types.SpecState{"MESH-001": types.SpecStatePassed, "MESH-002": types.SpecStatePassed}),
	)
	c := Compare(first, second, false)
	if c.Agree != 1 || c.Same {
		t.Errorf("got %d that agree (same: %v), want 1", c.Agree, c.Same)
	}
	var text strings.Builder
	if err := c.WriteText(&text, "a", "b"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"mesh MESH-002: pass in a, fail in b\n    it MUST hold", "mesh MESH-004: pass in a, absent in b", "mesh MESH-005: absent in a, unable in b",
		"suite tor is in a alone", "1 requirements have the same verdict in both, 3 have not; in one alone: 1 suite\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("got:\n%s\nwant %q", text.String(), want)
		}
	}
}

func TestSame(t *testing.T) {
	mesh := run("mesh", map[string]types.SpecState{"MESH-001": types.SpecStatePassed})
	tor := run("tor", map[string]types.SpecState{"TOR-001": types.SpecStatePassed})
	damaged := verdicts(mesh)
	damaged.faults = []string{"report tor.json is damaged"}
	unfinished := Run{Reports: []Report{{Report: mesh, Unfinished: true}}}.Verdicts()
	for _, c := range []struct {
		name          string
		first, second Verdicts
		common, same  bool
	}{
		{"itself", verdicts(mesh, tor), verdicts(mesh, tor), false, true},
		{"nothing in common", verdicts(mesh), verdicts(tor), false, false},
		{"nothing in common, and only that counts", verdicts(mesh), verdicts(tor), true, false},
		{"a suite is missing", verdicts(mesh, tor), verdicts(mesh), false, false},
		{"a suite is missing on the other side", verdicts(mesh), verdicts(mesh, tor), false, false},
		{"a suite is missing, which does not count", verdicts(mesh, tor), verdicts(mesh), true, true},
		{"a report is damaged", verdicts(mesh), damaged, true, false},
		{"a suite did not end", unfinished, verdicts(mesh), true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Compare(c.first, c.second, c.common); got.Same != c.same {
				t.Errorf("same: got %v, want %v: %+v", got.Same, c.same, got)
			}
		})
	}
}
