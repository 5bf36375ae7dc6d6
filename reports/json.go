package reports

import (
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/rackproof/rackproof/framework/requirement"
)

// WriteJSON writes the summary for programs: all that WriteText writes, and failures in
// full.
func (s Summary) WriteJSON(out io.Writer) error {
	value := summaryJSON{Passed: s.Passed(), Outcome: s.Outcome(), Verdict: s.Verdict(), Suites: []suiteJSON{}, Faults: s.Faults, Notes: s.Notes,
		Profiles: profilesOf(s.Requirements), Requirements: []Judged{}}
	for _, suite := range s.Suites {
		value.Suites = append(value.Suites, suite.json())
	}
	for _, judged := range s.Requirements {
		if slices.ContainsFunc(s.Suites, func(suite Suite) bool { return suite.Name == judged.Suite }) {
			value.Requirements = append(value.Requirements, judged)
		}
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

type summaryJSON struct {
	Passed bool `json:"passed"`
	// Outcome is how the verdict begins.
	Outcome Outcome     `json:"outcome"`
	Verdict string      `json:"verdict"`
	Suites  []suiteJSON `json:"suites"`
	Faults  []string    `json:"faults,omitempty"`
	Notes   []string    `json:"notes,omitempty"`
	// Profiles count the whole catalogue; Requirements are those of the suites of the run.
	Profiles     []ProfileResult `json:"profiles"`
	Requirements []Judged        `json:"requirements"`
}

type suiteJSON struct {
	Name    string    `json:"name"`
	Seconds float64   `json:"seconds"`
	Started time.Time `json:"started"`
	// Environment says where the suite ran.
	Environment []string `json:"environment,omitempty"`
	// Passed and NotRun count specs; the lists have all others, by verdict. Measured has
	// specs of any verdict.
	Passed       int            `json:"passed"`
	NotRun       int            `json:"notRun"`
	Failed       []specJSON     `json:"failed"`
	BrokenLabs   []brokenJSON   `json:"brokenLabs"`
	KnownIssues  []knownJSON    `json:"knownIssues"`
	Unable       []specJSON     `json:"unable"`
	Inconclusive []specJSON     `json:"inconclusive"`
	Measured     []measuredJSON `json:"measured"`
	// UnableAllowed says that the suite was allowed to be unable.
	UnableAllowed bool `json:"unableAllowed,omitempty"`
	// Unfinished marks a suite that did not end.
	Unfinished bool     `json:"unfinished,omitempty"`
	Reasons    []string `json:"reasons,omitempty"`
}

type specJSON struct {
	ID       string  `json:"id,omitempty"`
	Must     string  `json:"must"`
	State    string  `json:"state"`
	Seconds  float64 `json:"seconds"`
	Message  string  `json:"message,omitempty"`
	Place    string  `json:"place,omitempty"`
	Evidence string  `json:"evidence,omitempty"`
	Optional bool    `json:"optional,omitempty"`
	// Needs are what it declares to need of a lab.
	Needs []requirement.Need `json:"needs,omitempty"`
}

type brokenJSON struct {
	Invariant string     `json:"invariant,omitempty"`
	Reason    string     `json:"reason"`
	Specs     []specJSON `json:"specs"`
}

type knownJSON struct {
	specJSON
	requirement.Observation
}

type measuredJSON struct {
	ID           string                    `json:"id,omitempty"`
	Must         string                    `json:"must"`
	State        string                    `json:"state"`
	Measurements []requirement.Measurement `json:"measurements"`
}

func (s Suite) json() suiteJSON {
	value := suiteJSON{
		Name: s.Name, Seconds: s.Took.Seconds(), Started: s.Started, Environment: s.Environment, Passed: s.Passed, NotRun: s.NotRun,
		UnableAllowed: s.UnableAllowed, Unfinished: s.Unfinished, Reasons: s.Reasons,
		Failed: specsJSON(s.Failed), Unable: specsJSON(s.Unable), Inconclusive: specsJSON(s.Inconclusive),
		BrokenLabs: []brokenJSON{}, KnownIssues: []knownJSON{}, Measured: []measuredJSON{},
	}
	for _, fault := range s.BrokenLabs {
		value.BrokenLabs = append(value.BrokenLabs, brokenJSON{fault.Invariant, fault.Reason, specsJSON(fault.Specs)})
	}
	for _, known := range s.KnownIssues {
		value.KnownIssues = append(value.KnownIssues, knownJSON{known.json(), known.Observation})
	}
	for _, spec := range s.Measured {
		value.Measured = append(value.Measured, measuredJSON{ID: spec.ID, Must: spec.Must, State: spec.State, Measurements: spec.Measurements})
	}
	return value
}

func specsJSON(specs []Spec) []specJSON {
	values := []specJSON{}
	for _, spec := range specs {
		values = append(values, spec.json())
	}
	return values
}

func (s Spec) json() specJSON {
	return specJSON{
		ID: s.ID, Must: s.Must, State: s.State, Seconds: s.Took.Seconds(), Message: s.Message, Place: s.Place, Evidence: s.Evidence, Optional: s.Optional, Needs: s.Needs,
	}
}
