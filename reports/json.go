package reports

import (
	"encoding/json"
	"io"
	"time"

	"github.com/rackproof/rackproof/framework/requirement"
)

// WriteJSON writes the summary for programs: all that WriteText writes, and failures in
// full.
func (s Summary) WriteJSON(out io.Writer) error {
	value := summaryJSON{Passed: s.Passed(), Verdict: s.Verdict(), Suites: []suiteJSON{}}
	for _, suite := range s.Suites {
		value.Suites = append(value.Suites, suite.json())
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

type summaryJSON struct {
	Passed  bool        `json:"passed"`
	Verdict string      `json:"verdict"`
	Suites  []suiteJSON `json:"suites"`
}

type suiteJSON struct {
	Name    string    `json:"name"`
	Seconds float64   `json:"seconds"`
	Started time.Time `json:"started"`
	// Environment says where the suite ran.
	Environment []string `json:"environment,omitempty"`
	// The numbers of specs, by verdict. Specs of the last two lists are counted too.
	Passed      int            `json:"passed"`
	NotRun      int            `json:"notRun"`
	Failed      []specJSON     `json:"failed"`
	KnownIssues []knownJSON    `json:"knownIssues"`
	Unable      []specJSON     `json:"unable"`
	Measured    []measuredJSON `json:"measured"`
	Reasons     []string       `json:"reasons,omitempty"`
}

type specJSON struct {
	ID       string  `json:"id,omitempty"`
	Must     string  `json:"must"`
	State    string  `json:"state"`
	Seconds  float64 `json:"seconds"`
	Message  string  `json:"message,omitempty"`
	Place    string  `json:"place,omitempty"`
	Evidence string  `json:"evidence,omitempty"`
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
		Name: s.Name, Seconds: s.Took.Seconds(), Started: s.Started, Environment: s.Environment, Passed: s.Passed, NotRun: s.NotRun, Reasons: s.Reasons,
		Failed: []specJSON{}, KnownIssues: []knownJSON{}, Unable: []specJSON{}, Measured: []measuredJSON{},
	}
	for _, spec := range s.Failed {
		value.Failed = append(value.Failed, spec.json())
	}
	for _, known := range s.KnownIssues {
		value.KnownIssues = append(value.KnownIssues, knownJSON{known.json(), known.Observation})
	}
	for _, spec := range s.Unable {
		value.Unable = append(value.Unable, spec.json())
	}
	for _, spec := range s.Measured {
		value.Measured = append(value.Measured, measuredJSON{ID: spec.ID, Must: spec.Must, State: spec.State, Measurements: spec.Measurements})
	}
	return value
}

func (s Spec) json() specJSON {
	return specJSON{ID: s.ID, Must: s.Must, State: s.State, Seconds: s.Took.Seconds(), Message: s.Message, Place: s.Place, Evidence: s.Evidence}
}
