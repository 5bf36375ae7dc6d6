package reports

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/requirement/catalogue"
)

// DocumentVersion is the version of the form of a Document.
const DocumentVersion = "rackproof/v1alpha1"

// Document is a whole run in one value, which all writers share. reports/schema has its
// JSON Schema.
type Document struct {
	Version string  `json:"version"`
	Outcome Outcome `json:"outcome"`
	// Verdict is the run in one line.
	Verdict string   `json:"verdict"`
	Faults  []string `json:"faults"`
	Notes   []string `json:"notes"`
	// Suites are those of the run; the catalogue has others, which AbsentSuites names.
	Suites       []SuiteResult `json:"suites"`
	AbsentSuites []string      `json:"absentSuites"`
	// Requirements are those of the whole catalogue, by suite and id.
	Requirements []Result `json:"requirements"`
	// Others are set-up, baselines and clean-up with a fault.
	Others []Attempt `json:"others"`
}

// SuiteResult is what a suite came to.
type SuiteResult struct {
	Name    string    `json:"name"`
	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"`
	// Unfinished marks a suite that did not end.
	Unfinished    bool     `json:"unfinished"`
	UnableAllowed bool     `json:"unableAllowed"`
	Reasons       []string `json:"reasons"`
	// Environment says where the suite ran, and Labs are the labs that it names.
	Environment []string `json:"environment"`
	Labs        []Place  `json:"labs"`
}

// Result is a requirement of the catalogue with its verdict.
type Result struct {
	catalogue.Entry
	// Must is its sentence, empty for one that is in no report of the run.
	Must    string              `json:"must"`
	Needs   []requirement.Need  `json:"needs"`
	Verdict requirement.Verdict `json:"verdict"`
	// Attempts are its specs in the run.
	Attempts []Attempt `json:"attempts"`
}

// Attempt is one run of a spec, or of set-up, a baseline or clean-up.
type Attempt struct {
	Suite   string              `json:"suite"`
	Name    string              `json:"name"`
	Verdict requirement.Verdict `json:"verdict"`
	// Invariant names what was broken of a lab.
	Invariant string `json:"invariant,omitempty"`
	// Reason is the failure in full, with the difference of tables.
	Reason  string    `json:"reason,omitempty"`
	Place   string    `json:"place,omitempty"`
	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"`
	// Known says how a known issue showed.
	Known        *requirement.Observation  `json:"known,omitempty"`
	Measurements []requirement.Measurement `json:"measurements,omitempty"`
	Evidence     *Evidence                 `json:"evidence,omitempty"`
	// Axis has what happened meanwhile, for an attempt that is no pass.
	Axis []Moment `json:"axis,omitempty"`
}

// Describe makes the document of a run. folder is the results folder: evidence is named
// relative to it.
func Describe(run Run, folder string) Document {
	summary := Summarise(run)
	d := Document{
		Version: DocumentVersion, Outcome: summary.Outcome(), Verdict: summary.Verdict(), Faults: run.Faults, Notes: run.Notes,
		Suites: []SuiteResult{}, Others: []Attempt{},
	}
	for _, suite := range summary.Suites {
		result := SuiteResult{
			Name: suite.Name, Started: suite.Started, Seconds: suite.Took.Seconds(), Unfinished: suite.Unfinished, UnableAllowed: suite.UnableAllowed,
			Reasons: suite.Reasons, Environment: suite.Environment, Labs: []Place{},
		}
		for _, line := range suite.Environment {
			if place, ok := ParsePlace(line); ok {
				result.Labs = append(result.Labs, place)
			}
		}
		d.Suites = append(d.Suites, result)
	}
	type key struct{ suite, id string }
	specs := map[key]*Result{}
	for _, judged := range summary.Requirements {
		d.Requirements = append(d.Requirements, Result{Entry: judged.Entry, Verdict: judged.Verdict, Attempts: []Attempt{}})
		if !slices.ContainsFunc(d.Suites, func(s SuiteResult) bool { return s.Name == judged.Suite }) && !slices.Contains(d.AbsentSuites, judged.Suite) {
			d.AbsentSuites = append(d.AbsentSuites, judged.Suite)
		}
	}
	for i := range d.Requirements {
		specs[key{d.Requirements[i].Suite, d.Requirements[i].ID}] = &d.Requirements[i]
	}
	for _, report := range run.Reports {
		for _, spec := range report.SpecReports {
			attempt := describe(spec, report.SuiteDescription, folder)
			result, ok := specs[key{report.SuiteDescription, requirement.ID(spec.Labels())}]
			switch {
			case ok:
				shown := summariseSpec(spec)
				result.Must, result.Needs = shown.Must, shown.Needs
				if attempt.Verdict != requirement.NotRun {
					result.Attempts = append(result.Attempts, attempt)
				}
			case attempt.Verdict != requirement.Pass && attempt.Verdict != requirement.NotRun:
				d.Others = append(d.Others, attempt)
			}
		}
	}
	slices.SortStableFunc(d.Others, func(a, b Attempt) int { return cmp.Compare(a.Suite, b.Suite) })
	return d
}

// describe is one spec or node.
func describe(spec types.SpecReport, suite, folder string) Attempt {
	ruling, shown := judge(spec), summariseSpec(spec)
	attempt := Attempt{
		Suite: suite, Name: cmp.Or(shown.ID, shown.Must), Verdict: ruling.Verdict, Invariant: ruling.Invariant, Reason: strings.TrimSpace(ruling.Reason),
		Place: shown.Place, Started: spec.StartTime, Seconds: spec.RunTime.Seconds(), Measurements: measurementsOf(spec),
	}
	if observation, known := observationOf(spec); known {
		attempt.Known = &observation
	}
	if attempt.Verdict == requirement.Pass || attempt.Verdict == requirement.NotRun {
		return attempt
	}
	var changes []RouteChange
	if shown.Evidence != "" {
		attempt.Evidence, changes = readEvidence(shown.Evidence, folder)
	}
	attempt.Axis = axis(spec, changes)
	return attempt
}

// WriteJSON writes the document for programs.
func (d Document) WriteJSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", " ")
	return encoder.Encode(d)
}

// Untested are the requirements of suites of the run about which nothing was found out, by verdict:
// not run, unable, met a broken lab, or inconclusive.
func (d Document) Untested(verdict requirement.Verdict) []Result {
	var list []Result
	for _, r := range d.Requirements {
		if r.Verdict == verdict && !slices.Contains(d.AbsentSuites, r.Suite) {
			list = append(list, r)
		}
	}
	return list
}

// Unproven are the verdicts of Untested, from the gravest.
func Unproven() []requirement.Verdict {
	return []requirement.Verdict{requirement.BrokenLab, requirement.Inconclusive, requirement.Unable, requirement.NotRun}
}
