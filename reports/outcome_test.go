package reports

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2/reporters"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/requirement/catalogue"
)

// spec is the report of a spec that ended with a state and, if there is one, a ruling.
func spec(id string, state types.SpecState, ruling *requirement.Ruling, labels ...string) types.SpecReport {
	report := types.SpecReport{LeafNodeType: types.NodeTypeIt, LeafNodeText: id + ": it MUST hold", LeafNodeLabels: append(labels, id), State: state}
	if ruling != nil {
		report.Failure.Message = ruling.String()
		report.ReportEntries = types.ReportEntries{{Name: requirement.VerdictEntry, Value: types.WrapEntryValue(*ruling)}}
	}
	return report
}

// outcomes has one spec of each verdict, and a lab that was broken for three nodes.
func outcomes(t *testing.T) types.Report {
	t.Helper()
	lost := requirement.Ruling{Verdict: requirement.BrokenLab, Invariant: "bird-runs-its-file", Reason: "worker: BIRD has 2 services, its file 3"}
	baseline := spec("", types.SpecStateFailed, &lost, requirement.BaselineLabel)
	baseline.LeafNodeText, baseline.LeafNodeLabels = "lab leaf-spine is what its design says", []string{requirement.BaselineLabel}
	cleanUp := spec("", types.SpecStateFailed, &requirement.Ruling{Verdict: requirement.BrokenLab, Reason: "a process is left"})
	cleanUp.LeafNodeType, cleanUp.LeafNodeText, cleanUp.LeafNodeLabels = types.NodeTypeAfterSuite, "", nil
	return fromFile(t, types.Report{SuiteDescription: "mesh", StartTime: began, SpecReports: types.SpecReports{
		baseline,
		spec("MESH-001", types.SpecStateFailed, &lost),
		spec("MESH-002", types.SpecStateFailed, &lost),
		spec("MESH-003", types.SpecStatePassed, nil),
		spec("MESH-004", types.SpecStateSkipped, &requirement.Ruling{Verdict: requirement.Inconclusive, Reason: "the machine stood still for 3.2 s"}),
		spec("MESH-005", types.SpecStateSkipped, &requirement.Ruling{Verdict: requirement.Unable, Reason: "links cannot be cut"}, requirement.OptionalLabel, requirement.Needs(requirement.CutLinks)[0]),
		spec("MESH-006", types.SpecStateSkipped, nil),
		cleanUp,
	}})
}

func TestAFaultOfALabIsShownOnce(t *testing.T) {
	s := Summarise(of(outcomes(t)))
	if got, want := s.counts(), (counts{passed: 1, unable: 1, broken: 4, inconclusive: 1, notRun: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if s.Outcome() != LabBroken {
		t.Errorf("got outcome %v", s.Outcome())
	}
	var b strings.Builder
	if err := s.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{
		"SUITE   PASSED   FAILED   KNOWN   UNABLE   BROKEN LAB   INCONCLUSIVE   NOT RUN   TIME",
		"\nBROKEN LAB  mesh: bird-runs-its-file\n    worker: BIRD has 2 services, its file 3\n    found by lab leaf-spine is what its design says\n    not tested: MESH-001, MESH-002\n",
		"\nBROKEN LAB  mesh\n    a process is left\n    found by AfterSuite\n",
		"\nINCONCLUSIVE  MESH-004 (mesh)\n  it MUST hold\n    the machine stood still for 3.2 s\n",
		"\nUNABLE  MESH-005 (mesh)\n  it MUST hold\n    links cannot be cut\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "\nFAILED  ") {
		t.Errorf("a broken lab is shown as a failed requirement:\n%s", text)
	}
	if !strings.HasSuffix(text, "\n\nBROKEN LAB: 4 broken-lab (2 faults), 1 passed, 1 unable, 1 inconclusive, 1 not run in 1 suite\n") {
		t.Errorf("the summary does not end with the verdict:\n%s", text)
	}
}

func TestJSONHasAllVerdicts(t *testing.T) {
	var b strings.Builder
	if err := Summarise(of(outcomes(t))).WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	type spec struct {
		ID, Must, Message string
		Needs             []requirement.Need
	}
	var got struct {
		Passed  bool
		Outcome string
		Suites  []struct {
			Failed, Unable, Inconclusive []spec
			BrokenLabs                   []struct {
				Invariant, Reason string
				Specs             []spec
			}
		}
	}
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	suite := got.Suites[0]
	if got.Passed || got.Outcome != "BROKEN LAB" || len(suite.Failed) != 0 || len(suite.BrokenLabs) != 2 || suite.BrokenLabs[0].Invariant != "bird-runs-its-file" ||
		len(suite.BrokenLabs[0].Specs) != 3 || suite.BrokenLabs[0].Specs[1].ID != "MESH-001" ||
		len(suite.Inconclusive) != 1 || suite.Inconclusive[0].Message != "the machine stood still for 3.2 s" || len(suite.Unable) != 1 || !slices.Equal(suite.Unable[0].Needs, []requirement.Need{requirement.CutLinks}) {
		t.Errorf("got %s", b.String())
	}
}

func TestOutcome(t *testing.T) {
	whole := outcomes(t)
	// pick is a suite with some of the specs.
	pick := func(succeeded bool, labels []string, texts ...string) types.Report {
		report := types.Report{SuiteDescription: "mesh", SuiteSucceeded: succeeded, SuiteLabels: labels}
		for _, spec := range whole.SpecReports {
			for _, text := range texts {
				if strings.HasPrefix(spec.LeafNodeText, text) {
					report.SpecReports = append(report.SpecReports, spec)
				}
			}
		}
		return report
	}
	unable := types.SpecReport{LeafNodeType: types.NodeTypeIt, LeafNodeLabels: []string{"MESH-007"}, State: types.SpecStateSkipped, Failure: types.Failure{Message: "no IPIP"}}
	with := func(report types.Report, specs ...types.SpecReport) types.Report {
		report.SpecReports = append(report.SpecReports, specs...)
		return report
	}
	failed := types.SpecReport{LeafNodeType: types.NodeTypeIt, LeafNodeLabels: []string{"MESH-008"}, State: types.SpecStateFailed}
	soundBaseline := types.SpecReport{LeafNodeType: types.NodeTypeIt, LeafNodeLabels: []string{requirement.BaselineLabel}, State: types.SpecStatePassed}
	cases := []struct {
		name    string
		report  types.Report
		outcome Outcome
		verdict string
	}{
		{"inconclusive beside a pass", pick(true, nil, "MESH-003", "MESH-004"), Passed, "PASS: 1 passed, 1 inconclusive in 1 suite"},
		{"inconclusive alone", pick(true, nil, "MESH-004"), NotProven, "NOT PROVEN: nothing passed, 1 inconclusive in 1 suite"},
		{"optional and unable", pick(true, nil, "MESH-003", "MESH-005"), Passed, "PASS: 1 passed, 1 unable in 1 suite"},
		{"unable", with(pick(true, nil, "MESH-003", "MESH-005"), unable), NotProven, "NOT PROVEN: 1 passed, 2 unable (1 of them not allowed) in 1 suite"},
		{"unable, and allowed", with(pick(true, []string{AllowedUnable}, "MESH-003"), unable), Passed, "PASS: 1 passed, 1 unable in 1 suite"},
		{"unable alone, and allowed", with(pick(true, []string{AllowedUnable}), unable), NotProven, "NOT PROVEN: nothing passed, 1 unable in 1 suite"},
		{"a baseline is no pass", with(pick(true, nil), soundBaseline), NotProven, "NOT PROVEN: nothing passed in 1 suite"},
		{"a broken baseline alone", pick(false, nil, "lab leaf-spine"), LabBroken, "BROKEN LAB: 1 broken-lab (1 fault), 0 passed in 1 suite"},
		{"a broken lab and a failure", with(pick(false, nil, "MESH-001", "MESH-003"), failed), Failed, "FAIL: 1 failed, 1 broken-lab (1 fault), 1 passed in 1 suite"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := Summarise(of(c.report))
			if got := s.Outcome(); got != c.outcome {
				t.Errorf("got outcome %v, want %v", got, c.outcome)
			}
			if got := s.Verdict(); got != c.verdict {
				t.Errorf("got verdict %q, want %q", got, c.verdict)
			}
		})
	}
}

// Ginkgo writes JUnit; a reader of it has to find the verdicts there too.
func TestJUnitSaysTheVerdict(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mesh.junit.xml")
	if err := reporters.GenerateJUnitReport(outcomes(t), path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<failure message="broken-lab (bird-runs-its-file): worker: BIRD has 2 services, its file 3"`,
		`<skipped message="skipped - inconclusive: the machine stood still for 3.2 s"`,
		`<property name="verdict" value="{&#34;reason&#34;:&#34;links cannot be cut&#34;,&#34;verdict&#34;:&#34;unable&#34;}"`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("JUnit lacks %s:\n%s", want, text)
		}
	}
}

func TestACoreRequirementIsNeverOptional(t *testing.T) {
	unable := &requirement.Ruling{Verdict: requirement.Unable, Reason: "no BIRD of Calico's own"}
	for profile, want := range map[catalogue.Profile]Outcome{catalogue.Core: NotProven, catalogue.Extended: Passed} {
		s := Summarise(of(fromFile(t, types.Report{SuiteDescription: "mesh", SuiteSucceeded: true, StartTime: began, SpecReports: types.SpecReports{
			spec("MESH-001", types.SpecStatePassed, nil),
			spec("MESH-002", types.SpecStateSkipped, unable, requirement.OptionalLabel, requirement.ProfileLabel(profile)),
		}})))
		if got := s.Outcome(); got != want {
			t.Errorf("an optional requirement of profile %s that was unable: got outcome %v, want %v", profile, got, want)
		}
	}
}
