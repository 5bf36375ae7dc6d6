package reports

import (
	"encoding/json"
	"testing"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement"
)

// fromFile is a value as it comes from a report's file.
func fromFile[T any](t *testing.T, value T) T {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var read T
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

func ruled(verdict requirement.Verdict, reason string) types.ReportEntry {
	return types.ReportEntry{Name: requirement.VerdictEntry, Value: types.WrapEntryValue(requirement.Ruling{Verdict: verdict, Reason: reason})}
}

func TestJudge(t *testing.T) {
	const skipped, passed, failed = types.SpecStateSkipped, types.SpecStatePassed, types.SpecStateFailed
	known := types.ReportEntry{Name: requirement.KnownIssueEntry, Value: types.WrapEntryValue(requirement.Observation{Number: "a#1"})}
	cases := []struct {
		name    string
		spec    types.SpecReport
		verdict requirement.Verdict
	}{
		{"passed", types.SpecReport{State: passed}, requirement.Pass},
		{"failed", types.SpecReport{State: failed}, requirement.Failed},
		{"panicked", types.SpecReport{State: types.SpecStatePanicked}, requirement.Failed},
		{"filtered out", types.SpecReport{State: skipped}, requirement.NotRun},
		{"pending", types.SpecReport{State: types.SpecStatePending}, requirement.NotRun},
		{"skipped with a reason", types.SpecReport{State: skipped, Failure: types.Failure{Message: "no such thing"}}, requirement.Unable},
		{"shown a known issue", types.SpecReport{State: passed, ReportEntries: types.ReportEntries{known}}, requirement.KnownBroken},
		{"failed after a known issue", types.SpecReport{State: failed, ReportEntries: types.ReportEntries{known}}, requirement.Failed},
		{"ruled unable", types.SpecReport{State: skipped, ReportEntries: types.ReportEntries{ruled(requirement.Unable, "a")}}, requirement.Unable},
		{"ruled inconclusive", types.SpecReport{State: skipped, ReportEntries: types.ReportEntries{ruled(requirement.Inconclusive, "a")}}, requirement.Inconclusive},
		{"ruled inconclusive, and failed", types.SpecReport{State: failed, ReportEntries: types.ReportEntries{ruled(requirement.Inconclusive, "a")}}, requirement.Failed},
		{"ruled broken-lab", types.SpecReport{State: failed, ReportEntries: types.ReportEntries{ruled(requirement.BrokenLab, "a")}}, requirement.BrokenLab},
		{"ruled broken-lab where a known issue showed", types.SpecReport{State: failed, ReportEntries: types.ReportEntries{known, ruled(requirement.BrokenLab, "a")}}, requirement.BrokenLab},
		{
			"ruled inconclusive, then broken-lab by its clean-up",
			types.SpecReport{State: skipped, ReportEntries: types.ReportEntries{ruled(requirement.Inconclusive, "a"), ruled(requirement.BrokenLab, "b")}},
			requirement.BrokenLab,
		},
		{
			"ruled inconclusive, then clean-up failed",
			types.SpecReport{
				State: skipped, ReportEntries: types.ReportEntries{ruled(requirement.Inconclusive, "a")},
				AdditionalFailures: []types.AdditionalFailure{{State: failed, Failure: types.Failure{Message: "left behind"}}},
			},
			requirement.Failed,
		},
		{"ruled a pass without having run", types.SpecReport{State: skipped, ReportEntries: types.ReportEntries{ruled(requirement.Pass, "a")}}, requirement.NotRun},
		{"ruled a fail without having failed", types.SpecReport{State: passed, ReportEntries: types.ReportEntries{ruled(requirement.Failed, "a")}}, requirement.Failed},
		{"ruled what nobody knows", types.SpecReport{State: passed, ReportEntries: types.ReportEntries{ruled("excellent", "a")}}, requirement.BrokenLab},
		{"a damaged ruling", types.SpecReport{State: passed, ReportEntries: types.ReportEntries{{Name: requirement.VerdictEntry, Value: types.WrapEntryValue(3)}}}, requirement.BrokenLab},
		{"a baseline that failed", types.SpecReport{State: failed, LeafNodeType: types.NodeTypeIt, LeafNodeLabels: []string{requirement.BaselineLabel}}, requirement.BrokenLab},
		{"a requirement with the baseline's label", types.SpecReport{State: failed, LeafNodeType: types.NodeTypeIt, LeafNodeLabels: []string{requirement.BaselineLabel, "MESH-001"}}, requirement.Failed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := judge(fromFile(t, c.spec)); got.Verdict != c.verdict {
				t.Errorf("got %v, want %s", got, c.verdict)
			}
		})
	}
}

func TestAFailureIsWorseThanABrokenLab(t *testing.T) {
	order := []requirement.Verdict{requirement.NotRun, requirement.Pass, requirement.KnownBroken, requirement.Unable, requirement.Inconclusive, requirement.BrokenLab, requirement.Failed}
	for i := range order {
		for j := range order {
			if got := worse(order[i], order[j]); got != (i > j) {
				t.Errorf("%s worse than %s: got %v", order[i], order[j], got)
			}
		}
	}
}
