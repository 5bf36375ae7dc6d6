package requirement

import (
	"slices"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
)

func spec(text string, labels ...string) types.SpecReport {
	return types.SpecReport{LeafNodeType: types.NodeTypeIt, LeafNodeText: text, LeafNodeLabels: labels}
}

func TestCheck(t *testing.T) {
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
		{"not an id", []types.SpecReport{spec("it MUST work", "mesh-1")}, "has no requirement id"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := Check(ginkgo.Report{SpecReports: test.specs})
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want it to say %q", err, test.want)
			}
		})
	}
}
