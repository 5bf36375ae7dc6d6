package reports

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement"
)

// evidenceEntry is the name of the report entry that holds the folder of a failed
// spec's evidence (framework/suite).
const evidenceEntry = "evidence"

// Summary is what a run came to.
type Summary struct {
	Suites []Suite
}

// Suite is what one suite came to.
type Suite struct {
	Name string
	Took time.Duration
	// Started tells runs apart: a folder may have reports of several.
	Started time.Time
	Passed  int
	// KnownIssues are specs that showed a known issue: neither passed nor failed.
	KnownIssues []KnownIssue
	// Failed are specs, and set-up or clean-up of the suite, in the order in which
	// they ran.
	Failed []Spec
	// Unable are specs that were skipped for a reason, which is in Message.
	Unable []Spec
	// Measured are the specs that measured something, in the order in which they ran.
	Measured []Measured
	// Environment says where the suite ran: the kernel, and the labs with their modes
	// and who programs the routes there. A report of another program has none.
	Environment []string
	// NotRun counts specs that were filtered out, or not reached any more.
	NotRun int
	// Reasons say why the suite as a whole failed where no spec did.
	Reasons []string
}

// Spec is a spec that did not pass.
type Spec struct {
	// ID is the requirement's, empty for set-up and clean-up.
	ID string
	// Must is the requirement's sentence, or what the set-up or clean-up is called.
	Must string
	// State is Ginkgo's word: failed, panicked, aborted, interrupted, timedout.
	State string
	Took  time.Duration
	// Message is the whole failure, or why the spec was skipped.
	Message string
	// Place is where it failed, as file:line.
	Place string
	// Evidence is the folder that has it, empty if there is none.
	Evidence string
}

// KnownIssue is a spec whose promise is broken by an issue that is known, and how
// that showed.
type KnownIssue struct {
	Spec
	requirement.Observation
}

// Summarise counts what is in reports. Suites come in the order of their names.
func Summarise(found []types.Report) Summary {
	var s Summary
	for _, report := range found {
		s.Suites = append(s.Suites, summariseSuite(report))
	}
	slices.SortStableFunc(s.Suites, func(a, b Suite) int { return cmp.Compare(a.Name, b.Name) })
	return s
}

func summariseSuite(report types.Report) Suite {
	suite := Suite{Name: report.SuiteDescription, Took: report.RunTime, Started: report.StartTime, Environment: report.SuiteLabels}
	for _, spec := range report.SpecReports {
		isSpec := spec.LeafNodeType.Is(types.NodeTypeIt)
		if measurements := measurementsOf(spec); len(measurements) > 0 {
			suite.Measured = append(suite.Measured, Measured{summariseSpec(spec), measurements})
		}
		switch {
		case spec.State.Is(types.SpecStateFailureStates):
			suite.Failed = append(suite.Failed, summariseSpec(spec))
		case !isSpec:
			// Set-up and clean-up that went well is no promise kept.
		case spec.State.Is(types.SpecStatePassed):
			if observation, ok := observationOf(spec); ok {
				suite.KnownIssues = append(suite.KnownIssues, KnownIssue{summariseSpec(spec), observation})
			} else {
				suite.Passed++
			}
		case spec.State.Is(types.SpecStateSkipped) && spec.Failure.Message != "" && !followsFailure(spec):
			suite.Unable = append(suite.Unable, summariseSpec(spec))
		default:
			suite.NotRun++
		}
	}
	if !report.SuiteSucceeded && len(suite.Failed) == 0 {
		suite.Reasons = report.SpecialSuiteFailureReasons
		if len(suite.Reasons) == 0 {
			suite.Reasons = []string{"the suite failed without saying why"}
		}
	}
	return suite
}

// followsFailure tells whether a spec was skipped because one before it in an ordered
// container has failed (Ginkgo's group.go has the words): nothing was found out about it.
func followsFailure(spec types.SpecReport) bool {
	return strings.HasPrefix(spec.Failure.Message, "Spec skipped because an earlier spec in an ordered container failed")
}

func summariseSpec(report types.SpecReport) Spec {
	spec := Spec{
		ID:      requirement.ID(report.Labels()),
		Must:    report.LeafNodeText,
		State:   report.State.String(),
		Took:    report.RunTime,
		Message: report.Failure.Message,
	}
	if spec.ID != "" {
		spec.Must = strings.TrimPrefix(spec.Must, spec.ID+": ")
	}
	if spec.Must == "" {
		spec.Must = report.LeafNodeType.String()
	}
	if report.Failure.Location.FileName != "" {
		spec.Place = report.Failure.Location.String()
	}
	for _, entry := range report.ReportEntries {
		if entry.Name == evidenceEntry {
			spec.Evidence = entry.StringRepresentation()
		}
	}
	return spec
}

// observationOf finds how a spec showed a known issue. An entry that cannot be
// read is one all the same, with what there is of it: the spec has not passed.
func observationOf(report types.SpecReport) (requirement.Observation, bool) {
	for _, entry := range report.ReportEntries {
		if entry.Name != requirement.KnownIssueEntry {
			continue
		}
		var observation requirement.Observation
		if err := json.Unmarshal([]byte(entry.Value.AsJSON), &observation); err != nil {
			observation.Observed = entry.StringRepresentation()
		}
		return observation, true
	}
	return requirement.Observation{}, false
}

// counts are a summary's or a suite's numbers of specs.
type counts struct{ passed, failed, known, unable, notRun int }

func (s Suite) counts() counts {
	return counts{passed: s.Passed, failed: len(s.Failed), known: len(s.KnownIssues), unable: len(s.Unable), notRun: s.NotRun}
}

func (s Summary) counts() counts {
	var total counts
	for _, suite := range s.Suites {
		c := suite.counts()
		total.passed += c.passed
		total.failed += c.failed
		total.known += c.known
		total.unable += c.unable
		total.notRun += c.notRun
	}
	return total
}

// Passed tells whether the run proves anything and nothing failed. A known issue
// that showed is as it should be. A run in which every spec was skipped proves
// nothing: a skip is never a pass.
func (s Summary) Passed() bool {
	total := s.counts()
	return total.failed == 0 && total.passed+total.known > 0 &&
		!slices.ContainsFunc(s.Suites, func(suite Suite) bool { return len(suite.Reasons) > 0 })
}
