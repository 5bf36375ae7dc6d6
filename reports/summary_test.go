package reports

import (
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement"
)

func summaryOf(t *testing.T, folder string) Summary {
	t.Helper()
	found, err := Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	return Summarise(found)
}

// of is a run with some reports.
func of(reports ...types.Report) Run {
	var run Run
	for _, report := range reports {
		run.Reports = append(run.Reports, Report{Report: report})
	}
	return run
}

func TestSummarise(t *testing.T) {
	s := summaryOf(t, "testdata/mixed")
	if got, want := s.Suites[0].counts(), (counts{passed: 1, failed: 1, unable: 1, notRun: 1}); got != want {
		t.Errorf("fullmesh: got %+v, want %+v", got, want)
	}
	if got, want := s.Suites[1].counts(), (counts{passed: 1}); got != want {
		t.Errorf("leafreflector: got %+v, want %+v", got, want)
	}
	if s.Passed() {
		t.Error("a run with a failed spec passes")
	}
	failed := s.Suites[0].Failed[0]
	if failed.ID != "MESH-002" || failed.Must != "every node MUST have exactly one route per remote block" ||
		failed.State != "failed" || failed.Place != "suites/recorded/rec_test.go:14" ||
		failed.Evidence != "results/evidence/fullmesh/MESH-002" {
		t.Errorf("the failed spec is %+v", failed)
	}
}

func TestWriteText(t *testing.T) {
	var b strings.Builder
	if err := summaryOf(t, "testdata/mixed").WriteText(&b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, part := range []string{
		"FAILED  MESH-002 (fullmesh, ",
		"\n  every node MUST have exactly one route per remote block\n",
		"\n      - missing     10.244.1.0/26 via",
		"\n    … and 3 more lines\n",
		"\n    at suites/recorded/rec_test.go:14\n",
		"\n    evidence in results/evidence/fullmesh/MESH-002\n",
		"UNABLE  MESH-003 (fullmesh)\n  turning the mesh off MUST remove the sessions\n    unable: this lab's links cannot be cut\n",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the summary lacks %q:\n%s", part, text)
		}
	}
	if !strings.HasSuffix(text, "\n\nFAIL: 1 failed, 2 passed, 1 unable, 1 not run in 2 suites\n") {
		t.Errorf("the summary does not end with the verdict:\n%s", text)
	}
}

func TestKnownIssues(t *testing.T) {
	s := summaryOf(t, "testdata/known")
	if got, want := s.Suites[0].counts(), (counts{passed: 1, known: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if !s.Passed() {
		t.Error("a run with a known issue does not pass")
	}
	known := s.Suites[0].KnownIssues[0]
	if known.ID != "SVC-002" || known.Number != "projectcalico/calico#10945" || !strings.Contains(known.Observed, "missing     192.168.3.7/32") {
		t.Errorf("the known issue is %+v", known)
	}
	var b strings.Builder
	if err := s.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, part := range []string{
		"\nKNOWN ISSUE  SVC-002 (serviceips, 0.0 s): projectcalico/calico#10945\n",
		"\n  a single address in serviceExternalIPs MUST be announced for a service of type ClusterIP\n",
		"\n    a single address in serviceExternalIPs is not announced for a service of type ClusterIP\n    Timed out after",
		"\n          - missing     192.168.3.7/32 via",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the summary lacks %q:\n%s", part, text)
		}
	}
	if !strings.HasSuffix(text, "\n\nPASS: 1 passed, 1 known issue in 1 suite\n") {
		t.Errorf("the summary does not end with the verdict:\n%s", text)
	}
}

func TestVerdict(t *testing.T) {
	spec := func(kind types.NodeType, state types.SpecState, message string) types.SpecReport {
		return types.SpecReport{LeafNodeType: kind, State: state, Failure: types.Failure{Message: message}}
	}
	passed := spec(types.NodeTypeIt, types.SpecStatePassed, "")
	known := func(state types.SpecState) types.SpecReport {
		shown := spec(types.NodeTypeIt, state, "")
		shown.ReportEntries = types.ReportEntries{{Name: requirement.KnownIssueEntry}}
		return shown
	}
	cases := []struct {
		name    string
		reports []types.Report
		passed  bool
		verdict string
	}{
		{"all passed", []types.Report{{SuiteSucceeded: true, SpecReports: types.SpecReports{passed}}}, true, "PASS: 1 passed in 1 suite"},
		{
			"a skip is no pass",
			[]types.Report{{SuiteSucceeded: true, SpecReports: types.SpecReports{spec(types.NodeTypeIt, types.SpecStateSkipped, "unable: no IPIP")}}},
			false, "NOT PROVEN: nothing passed, 1 unable in 1 suite",
		},
		{
			"only set-up ran",
			[]types.Report{{SuiteSucceeded: true, SpecReports: types.SpecReports{spec(types.NodeTypeBeforeSuite, types.SpecStatePassed, "")}}},
			false, "NOT PROVEN: nothing passed in 1 suite",
		},
		{
			"known issues alone are as expected",
			[]types.Report{{SuiteSucceeded: true, SpecReports: types.SpecReports{known(types.SpecStatePassed), known(types.SpecStatePassed)}}},
			true, "PASS: 0 passed, 2 known issues in 1 suite",
		},
		{
			"a spec that fails after it has shown its issue",
			[]types.Report{{SpecReports: types.SpecReports{passed, known(types.SpecStateFailed)}}},
			false, "FAIL: 1 failed, 1 passed in 1 suite",
		},
		{
			"clean-up failed",
			[]types.Report{{SpecReports: types.SpecReports{passed, spec(types.NodeTypeAfterSuite, types.SpecStateFailed, "left behind")}}},
			false, "FAIL: 1 failed, 1 passed in 1 suite",
		},
		{
			"one suite failed by itself",
			[]types.Report{
				{SuiteSucceeded: true, SpecReports: types.SpecReports{passed}},
				{SpecialSuiteFailureReasons: []string{"Interrupted by User"}, SpecReports: types.SpecReports{passed}},
			},
			false, "FAIL: a suite failed outside of its specs, 2 passed in 2 suites",
		},
		{
			"panic, abort and time-out are failures",
			[]types.Report{{SpecReports: types.SpecReports{
				spec(types.NodeTypeIt, types.SpecStatePanicked, "a"), spec(types.NodeTypeIt, types.SpecStateAborted, "b"),
				spec(types.NodeTypeIt, types.SpecStateTimedout, "c"), spec(types.NodeTypeIt, types.SpecStateInterrupted, "d"),
			}}},
			false, "FAIL: 4 failed, 0 passed in 1 suite",
		},
		{
			"pending and filtered specs are not run",
			[]types.Report{{SuiteSucceeded: true, SpecReports: types.SpecReports{
				passed, spec(types.NodeTypeIt, types.SpecStatePending, ""), spec(types.NodeTypeIt, types.SpecStateSkipped, ""),
			}}},
			true, "PASS: 1 passed, 2 not run in 1 suite",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := Summarise(of(c.reports...))
			if got := s.Passed(); got != c.passed {
				t.Errorf("passed: got %v, want %v", got, c.passed)
			}
			if got := s.Verdict(); got != c.verdict {
				t.Errorf("got verdict %q, want %q", got, c.verdict)
			}
		})
	}
}

func TestASuiteThatFailedByItselfSaysWhy(t *testing.T) {
	var b strings.Builder
	if err := summaryOf(t, "testdata/empty").WriteText(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "Suite fullmesh failed: Detected no specs ran") {
		t.Errorf("the summary does not say why the suite failed:\n%s", b.String())
	}
}

func TestFailureOutsideOfSpecsIsNamed(t *testing.T) {
	s := Summarise(of(types.Report{SuiteDescription: "fullmesh", SpecReports: types.SpecReports{{
		LeafNodeType: types.NodeTypeAfterSuite, State: types.SpecStateFailed, RunTime: time.Second,
		Failure: types.Failure{Message: "lab is still there"},
	}}}))
	var b strings.Builder
	if err := s.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	if want := "FAILED  outside of the specs (fullmesh, 1.0 s)\n  AfterSuite\n    lab is still there\n"; !strings.Contains(b.String(), want) {
		t.Errorf("the summary lacks %q:\n%s", want, b.String())
	}
}
