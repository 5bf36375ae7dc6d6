package reports

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/requirement/catalogue"
)

// evidenceEntry is the name of the report entry that holds the folder of a failed
// spec's evidence (framework/suite).
const evidenceEntry = "evidence"

// Summary is what a run came to.
type Summary struct {
	Suites []Suite
	// Faults and Notes are those of the run: reports that are damaged or missing, and
	// copies.
	Faults, Notes []string
	// Requirements are all of the catalogue, each with the verdict of this run.
	Requirements []Judged
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
	// BrokenLabs are faults of labs, each with all that could not be tested because of it.
	BrokenLabs []BrokenLab
	// Unable are specs that this lab or machine cannot test, with the reason in Message.
	Unable []Spec
	// UnableAllowed says that the suite was allowed to be unable.
	UnableAllowed bool
	// Inconclusive are promises that failed while something else was in the way, a machine
	// that stood still or a known issue, with the reason in Message.
	Inconclusive []Spec
	// Measured are the specs that measured something, in the order in which they ran.
	Measured []Measured
	// Environment says where the suite ran: the kernel, and the labs with their modes
	// and who programs the routes there. A report of another program has none.
	Environment []string
	// NotRun counts specs that were filtered out, or not reached any more.
	NotRun int
	// Unfinished marks a suite that did not end.
	Unfinished bool
	// Reasons say why the suite as a whole failed where no spec did.
	Reasons []string
}

// Spec is a spec that did not pass.
type Spec struct {
	// ID is the requirement's, empty for a baseline, set-up and clean-up.
	ID string
	// Must is the requirement's sentence, or what the set-up or clean-up is called.
	Must string
	// State is Ginkgo's word: failed, panicked, aborted, interrupted, timedout.
	State string
	Took  time.Duration
	// Needs are what the requirement declares to need of a lab.
	Needs []requirement.Need
	// Message is the whole failure, or the reason of the verdict.
	Message string
	// Place is where it failed, as file:line.
	Place string
	// Evidence is the folder that has it, empty if there is none.
	Evidence string
	// Optional marks an extended requirement that a lab may be unable to test.
	Optional bool
}

// BrokenLab is one fault of a lab: the lab was not what its design says.
type BrokenLab struct {
	// Invariant names what was broken; it is empty for a fault without a name.
	Invariant string
	Reason    string
	// Specs are the specs, and nodes of set-up and clean-up, that met the fault, in the
	// order in which they ran. Nothing was found out about their requirements.
	Specs []Spec
}

// KnownIssue is a spec whose promise is broken by an issue that is known, and how
// that showed.
type KnownIssue struct {
	Spec
	requirement.Observation
}

// Summarise counts what is in a run. Suites come in the order of their names.
func Summarise(run Run) Summary {
	s := Summary{Faults: run.Faults, Notes: run.Notes, Requirements: run.Verdicts().judgeAll(catalogue.All())}
	for _, report := range run.Reports {
		s.Suites = append(s.Suites, summariseSuite(report))
	}
	slices.SortStableFunc(s.Suites, func(a, b Suite) int { return cmp.Compare(a.Name, b.Name) })
	return s
}

func summariseSuite(report Report) Suite {
	suite := Suite{
		Name: report.SuiteDescription, Took: report.RunTime, Started: report.StartTime, Environment: report.SuiteLabels,
		UnableAllowed: slices.Contains(report.SuiteLabels, AllowedUnable), Unfinished: report.Unfinished,
	}
	for _, spec := range report.SpecReports {
		if measurements := measurementsOf(spec); len(measurements) > 0 {
			suite.Measured = append(suite.Measured, Measured{summariseSpec(spec), measurements})
		}
		suite.note(spec)
	}
	if !report.SuiteSucceeded && !report.Unfinished && len(suite.Failed)+len(suite.BrokenLabs) == 0 {
		suite.Reasons = report.SpecialSuiteFailureReasons
		if len(suite.Reasons) == 0 {
			suite.Reasons = []string{"the suite failed without saying why"}
		}
	}
	return suite
}

// note counts one spec or node.
func (s *Suite) note(spec types.SpecReport) {
	ruling := judge(spec)
	shown := summariseSpec(spec)
	switch ruling.Verdict {
	case requirement.Failed:
		shown.Message = ruling.Reason
		s.Failed = append(s.Failed, shown)
		return
	case requirement.BrokenLab:
		s.noteBrokenLab(ruling, shown)
		return
	}
	if !isRequirement(spec) && (ruling.Verdict == requirement.Pass || ruling.Verdict == requirement.NotRun) {
		// Set-up, a baseline or clean-up that went well is no promise kept.
		return
	}
	switch ruling.Verdict {
	case requirement.Pass:
		s.Passed++
	case requirement.KnownBroken:
		observation, _ := observationOf(spec)
		s.KnownIssues = append(s.KnownIssues, KnownIssue{shown, observation})
	case requirement.Unable:
		shown.Message = ruling.Reason
		s.Unable = append(s.Unable, shown)
	case requirement.Inconclusive:
		shown.Message = ruling.Reason
		s.Inconclusive = append(s.Inconclusive, shown)
	default:
		s.NotRun++
	}
}

// noteBrokenLab adds a spec to the fault of a lab that it met.
func (s *Suite) noteBrokenLab(ruling requirement.Ruling, spec Spec) {
	i := slices.IndexFunc(s.BrokenLabs, func(b BrokenLab) bool { return b.Invariant == ruling.Invariant && b.Reason == ruling.Reason })
	if i < 0 {
		i = len(s.BrokenLabs)
		s.BrokenLabs = append(s.BrokenLabs, BrokenLab{Invariant: ruling.Invariant, Reason: ruling.Reason})
	}
	s.BrokenLabs[i].Specs = append(s.BrokenLabs[i].Specs, spec)
}

func summariseSpec(report types.SpecReport) Spec {
	spec := Spec{
		ID:      requirement.ID(report.Labels()),
		Must:    report.LeafNodeText,
		State:   report.State.String(),
		Took:    report.RunTime,
		Message: report.Failure.Message,

		// Only a flag allows the core to be unable.
		Optional: slices.Contains(report.Labels(), requirement.OptionalLabel) && !slices.Contains(report.Labels(), requirement.ProfileLabel(catalogue.Core)),
		Needs:    requirement.NeedsOf(report.Labels()),
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
// read still is one, with its readable part: the spec has not passed.
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

// counts are a summary's or a suite's numbers of specs. Of failed and broken they count
// nodes of set-up and clean-up as well.
type counts struct{ passed, failed, known, unable, broken, inconclusive, notRun int }

func (s Suite) counts() counts {
	c := counts{
		passed: s.Passed, failed: len(s.Failed), known: len(s.KnownIssues), unable: len(s.Unable),
		inconclusive: len(s.Inconclusive), notRun: s.NotRun,
	}
	for _, fault := range s.BrokenLabs {
		c.broken += len(fault.Specs)
	}
	return c
}

func (s Summary) counts() counts {
	var total counts
	for _, suite := range s.Suites {
		c := suite.counts()
		total.passed += c.passed
		total.failed += c.failed
		total.known += c.known
		total.unable += c.unable
		total.broken += c.broken
		total.inconclusive += c.inconclusive
		total.notRun += c.notRun
	}
	return total
}

// brokenLabs counts the faults of labs.
func (s Summary) brokenLabs() int {
	faults := 0
	for _, suite := range s.Suites {
		faults += len(suite.BrokenLabs)
	}
	return faults
}

// forbidden counts the specs of a suite that were unable and had to be tested.
func (s Suite) forbidden() int {
	if s.UnableAllowed {
		return 0
	}
	n := 0
	for _, spec := range s.Unable {
		if !spec.Optional {
			n++
		}
	}
	return n
}
