package requirement

import (
	"slices"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement/catalogue"
)

func spec(text string, labels ...string) types.SpecReport {
	return types.SpecReport{LeafNodeType: types.NodeTypeIt, LeafNodeText: text, LeafNodeLabels: labels}
}

func TestSpecsAreChecked(t *testing.T) {
	tests := []struct {
		name  string
		specs []types.SpecReport
		want  string
	}{
		{"in order", []types.SpecReport{spec("it MUST work", "MESH-001", "routes"), spec("it MUST too", "MESH-002")}, ""},
		{"no id", []types.SpecReport{spec("it MUST work", "routes")}, "has no requirement id"},
		{"an id twice", []types.SpecReport{spec("it MUST work", "MESH-001"), spec("it MUST too", "MESH-001")}, "MESH-001 is used at"},
		{"no MUST", []types.SpecReport{spec("it works", "MESH-001")}, "not a sentence with MUST"},
		{"marked with an issue", []types.SpecReport{spec("it MUST work", append(Known(oneIssue), "MESH-001")...)}, ""},
		{"a mark without an issue", []types.SpecReport{spec("it MUST work", "MESH-001", KnownIssueLabel)}, "goes with the number of one issue"},
		{"an issue without a mark", []types.SpecReport{spec("it MUST work", "MESH-001", "calico#10945")}, "goes with the number of one issue"},
		{"two issues", []types.SpecReport{spec("it MUST work", slices.Concat([]string{"MESH-001"}, Known(oneIssue), Known(anotherIssue))...)}, "goes with the number of one issue"},
		{"an unknown issue", []types.SpecReport{spec("it MUST work", append(Known("projectcalico/calico#1"), "MESH-001")...)}, "calico#1 is no known issue"},
		{"needs", []types.SpecReport{spec("it MUST work", append(Needs(CutLinks, EnterPods), "MESH-001")...)}, ""},
		{"an unknown need", []types.SpecReport{spec("it MUST work", append(Needs("good luck"), "MESH-001")...)}, `MESH-001 has the unknown need "good luck"`},
		{"optional and extended", []types.SpecReport{spec("it MUST work", "MESH-001", OptionalLabel, ProfileLabel(catalogue.Extended))}, ""},
		{"optional and core", []types.SpecReport{spec("it MUST work", "MESH-001", OptionalLabel, ProfileLabel(catalogue.Core))}, "MESH-001 is of the core and has the label optional"},
		{"not an id", []types.SpecReport{spec("it MUST work", "mesh-1")}, "has no requirement id"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			compareFaults(t, checkSpecs(ginkgo.Report{SpecReports: test.specs}), test.want)
		})
	}
}

func TestSpecsAreComparedWithTheCatalogue(t *testing.T) {
	entries := []catalogue.Entry{{ID: "MESH-001", Suite: "fullmesh"}, {ID: "MESH-002", Suite: "fullmesh"}, {ID: "MESH-005", Suite: "fullmesh", Where: "Felix owns the routes"}, {ID: "TOR-001", Suite: "tor"}}
	withdrawn := []catalogue.Withdrawn{{ID: "MESH-003", Reason: "it proved nothing"}}
	tests := []struct {
		name string
		ids  []string
		want string
	}{
		{"in order", []string{"MESH-001", "MESH-002"}, ""},
		{"no entry", []string{"MESH-001", "MESH-002", "MESH-004"}, "file:1: MESH-004 has no entry in the catalogue: enter it for suite fullmesh"},
		{"no spec", []string{"MESH-001"}, "MESH-002 has an entry in the catalogue and no spec"},
		{"withdrawn", []string{"MESH-001", "MESH-002", "MESH-003"}, "file:1: MESH-003 is withdrawn (it proved nothing)"},
		{"another suite's", []string{"MESH-001", "MESH-002", "TOR-001"}, "file:1: TOR-001 belongs to suite tor"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			places := map[string]string{}
			for _, id := range test.ids {
				places[id] = "file:1"
			}
			compareFaults(t, CheckEntries("fullmesh", places, entries, withdrawn), test.want)
		})
	}
}

// compareFaults expects one fault with a text, or none where that is empty.
func compareFaults(t *testing.T, faults []string, want string) {
	t.Helper()
	if want == "" && len(faults) > 0 || want != "" && (len(faults) != 1 || !strings.Contains(faults[0], want)) {
		t.Errorf("got %q, want %q", faults, want)
	}
}

func TestLabelsFollowTheCatalogue(t *testing.T) {
	want := ginkgo.Labels{"profile:core", "group:A"}
	if got := labelsOf("MESH-001"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := labelsOf("UNKNOWN-001"); len(got) > 0 {
		t.Errorf("an unknown id has the labels %q", got)
	}
	filter, err := types.ParseLabelFilter("profile: containsAny core && group: containsAny {A, B}")
	if err != nil || !filter(want) || filter(ginkgo.Labels{"profile:extended", "group:A"}) {
		t.Errorf("the filter of the documentation selects something else: %v", err)
	}
}
