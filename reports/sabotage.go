package reports

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// SabotageFolder is the folder of sabotage runs in a results folder.
const SabotageFolder = "sabotage"

// fewestRuns is under how many defects a requirement has to have run before its deaths say
// something of how specific it is.
const fewestRuns = 3

// Sabotage is what a sabotage run of one suite found out: which requirements died of which
// defects.
type Sabotage struct {
	Suite string `json:"suite"`
	// Void is why the run proves nothing; empty for one that does.
	Void string `json:"void,omitempty"`
	// Partial says that only some of the defects were asked for: then a requirement that none
	// kills, or every one, may still have its defect.
	Partial      bool                   `json:"partial,omitempty"`
	Requirements []SabotagedRequirement `json:"requirements"`
	Defects      []SabotageDefect       `json:"defects"`
	Seconds      float64                `json:"seconds"`
}

// SabotagedRequirement is a column of the matrix.
type SabotagedRequirement struct {
	ID   string `json:"id"`
	Must string `json:"must"`
	// Lab is where its spec runs.
	Lab    string   `json:"lab"`
	Labels []string `json:"labels"`
	// Uncounted is why no defect has to kill it; empty for one that has passed the baseline.
	Uncounted string `json:"uncounted,omitempty"`
	// Seconds is how long its spec took in the baseline.
	Seconds float64 `json:"seconds"`
}

// SabotageDefect is a row of the matrix: a defect in one lab.
type SabotageDefect struct {
	ID     string   `json:"id"`
	What   string   `json:"what"`
	Lab    string   `json:"lab"`
	Target string   `json:"target,omitempty"`
	Red    []string `json:"red,omitempty"`
	Green  []string `json:"green,omitempty"`
	// Canary says that the defect proves the run, and that its deaths prove no requirement.
	Canary bool `json:"canary,omitempty"`
	// NotApplicable is why the lab has no target for the defect.
	NotApplicable string `json:"notApplicable,omitempty"`
	// Unmet is why the defect had no effect on the specs that ran.
	Unmet string `json:"unmet,omitempty"`
	// Void is why the row proves nothing.
	Void string `json:"void,omitempty"`
	// Gate is the first thing that the gate's own look finds; empty if it sees nothing.
	Gate string `json:"gate,omitempty"`
	// Mended is what the specs had left when the defect was taken out, and was mended.
	Mended  string  `json:"mended,omitempty"`
	Seconds float64 `json:"seconds"`
	// Cells are by requirement. One without a cell did not run under the defect.
	Cells map[string]SabotageCell `json:"cells,omitempty"`
}

// Named reports whether a word is the requirement's id or one of its labels. Words may be
// alternatives: routes|paths.
func (r SabotagedRequirement) Named(word string) bool {
	return slices.ContainsFunc(strings.Split(word, "|"), func(one string) bool { return one == r.ID || slices.Contains(r.Labels, one) })
}

// Counts reports whether the row's deaths prove something: it is no canary, its defect was in
// the lab, and had an effect.
func (d SabotageDefect) Counts() bool { return d.Void == "" && d.Unmet == "" && !d.Canary }

// in reports whether the row's defect was in the lab, and is no canary.
func (d SabotageDefect) in() bool { return d.NotApplicable == "" && !d.Canary }

// Spares reports whether a word of the defect's Green is on a requirement, so that the defect
// must not kill it. A label does not bind specs that change the lab themselves: they may need
// what is spoiled. Nor does it bind those that send, where the defect is one of packets.
func (d SabotageDefect) Spares(r SabotagedRequirement, word string) bool {
	if word == r.ID {
		return true
	}
	kind, _, _ := strings.Cut(d.ID, "-")
	return r.Named(word) && !slices.ContainsFunc(r.Labels, func(label string) bool {
		switch label {
		case "need:clients", "need:enter-pods", "need:send-from-nodes", "need:send-from-switches":
			return kind == "datapath" || kind == "service" || kind == "tunnel"
		}
		return slices.Contains(ChangingLabels(), label)
	})
}

// ChangingLabels are the labels of specs that change the lab themselves.
func ChangingLabels() []string { return []string{"changes", "failure", "vyos"} }

// SabotageCell is what became of one requirement under one defect.
type SabotageCell struct {
	Killed bool `json:"killed"`
	// Reason is how the spec failed.
	Reason  string  `json:"reason,omitempty"`
	Seconds float64 `json:"seconds"`
}

// Write writes the run to its two files in a results folder: JSON and Markdown.
func (s Sabotage) Write(results string) error {
	folder := filepath.Join(results, SabotageFolder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make the folder of sabotage runs: %w", err)
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("write the sabotage of suite %s: %w", s.Suite, err)
	}
	path := filepath.Join(folder, s.Suite)
	if err := os.WriteFile(path+jsonSuffix, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the sabotage of suite %s: %w", s.Suite, err)
	}
	if err := os.WriteFile(path+".md", []byte(s.Markdown()), 0o644); err != nil {
		return fmt.Errorf("write the sabotage of suite %s: %w", s.Suite, err)
	}
	return nil
}

// ReadSabotage reads the sabotage runs of a results folder, in the order of the suites' names.
func ReadSabotage(results string) ([]Sabotage, error) {
	paths, err := list(filepath.Join(results, SabotageFolder), "*"+jsonSuffix)
	if err != nil {
		return nil, err
	}
	runs := make([]Sabotage, 0, len(paths))
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read a sabotage run: %w", err)
		}
		var run Sabotage
		if err := json.Unmarshal(data, &run); err != nil {
			return nil, fmt.Errorf("read the sabotage run %s: %w (run it again)", path, err)
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// died counts under how many defects a requirement ran, and of how many it died; the canary
// is none of them.
func (s Sabotage) died(id string) (killed, ran int) {
	for _, d := range s.Defects {
		if cell, ok := d.Cells[id]; ok && d.Counts() {
			ran++
			if cell.Killed {
				killed++
			}
		}
	}
	return killed, ran
}

// counted are the requirements that a defect has to kill.
func (s Sabotage) counted() []SabotagedRequirement {
	return slices.DeleteFunc(slices.Clone(s.Requirements), func(r SabotagedRequirement) bool { return r.Uncounted != "" })
}

// Faults are why the run is not green, beside its being void.
func (s Sabotage) Faults() []string {
	var faults []string
	for _, d := range s.Defects {
		if d.Void != "" {
			faults = append(faults, fmt.Sprintf("%s on %s is void: %s", d.ID, d.Lab, firstLine(d.Void)))
		}
	}
	if !slices.ContainsFunc(s.Defects, SabotageDefect.in) {
		faults = append(faults, fmt.Sprintf("no defect of %d was in a lab of this suite: choose others, which rackproof sabotage --list shows", len(s.Defects)))
	}
	for _, r := range s.counted() {
		switch killed, ran := s.died(r.ID); {
		case s.Partial:
		case killed == 0:
			faults = append(faults, fmt.Sprintf("%s: none of %d defects kills it", r.ID, ran))
		case killed == ran && ran >= fewestRuns:
			faults = append(faults, fmt.Sprintf("%s: it dies of all %d defects", r.ID, ran))
		}
	}
	return append(faults, s.unexpected()...)
}

// unexpected are deaths that a defect's table asks for and that did not come, or excludes and
// that came.
func (s Sabotage) unexpected() []string {
	var faults []string
	var done []string
	for _, d := range s.Defects {
		if slices.Contains(done, d.ID) {
			continue
		}
		done = append(done, d.ID)
		for _, word := range d.Red {
			if candidates, killed := s.under(d.ID, func(r SabotagedRequirement) bool { return r.Named(word) }); len(candidates) > 0 && len(killed) == 0 {
				faults = append(faults, fmt.Sprintf("%s has to kill one of %s, and kills none of %s", d.ID, word, strings.Join(candidates, " ")))
			}
		}
		for _, word := range d.Green {
			if _, killed := s.under(d.ID, func(r SabotagedRequirement) bool { return d.Spares(r, word) }); len(killed) > 0 {
				faults = append(faults, fmt.Sprintf("%s must not kill %s, and kills %s", d.ID, word, strings.Join(killed, " ")))
			}
		}
	}
	return faults
}

// under are the requirements of a kind that ran under a defect, and those of them that died.
func (s Sabotage) under(defect string, is func(SabotagedRequirement) bool) (ran, killed []string) {
	for _, d := range s.Defects {
		if d.ID != defect || !d.Counts() {
			continue
		}
		for _, r := range s.counted() {
			cell, ok := d.Cells[r.ID]
			if !ok || !is(r) {
				continue
			}
			ran = append(ran, r.ID)
			if cell.Killed {
				killed = append(killed, r.ID)
			}
		}
	}
	return ran, killed
}

// unspecific are the requirements that die of more than half of the defects under which they ran.
func (s Sabotage) unspecific() []string {
	var list []string
	for _, r := range s.counted() {
		if killed, ran := s.died(r.ID); ran >= fewestRuns && 2*killed > ran {
			list = append(list, fmt.Sprintf("%s (%d of %d)", r.ID, killed, ran))
		}
	}
	return list
}

// Passed reports whether the run proves that its requirements can fail.
func (s Sabotage) Passed() bool { return s.Void == "" && len(s.Faults()) == 0 }

// Verdict is the run in one line.
func (s Sabotage) Verdict() string {
	var killed, void int
	applied := map[string]bool{}
	for _, r := range s.counted() {
		if deaths, _ := s.died(r.ID); deaths > 0 {
			killed++
		}
	}
	for _, d := range s.Defects {
		if d.NotApplicable == "" && d.Unmet == "" && !d.Canary {
			applied[d.ID] = true
		}
		if d.Void != "" {
			void++
		}
	}
	word := "PASS"
	switch {
	case s.Void != "":
		word = "VOID"
	case !s.Passed():
		word = "FAIL"
	}
	some := ""
	if s.Partial {
		some = " asked for"
	}
	return fmt.Sprintf("%s: suite %s: killed %d of %d requirements, %d defects%s, %d void (%d/%d/%d/%d), %.0f s",
		word, s.Suite, killed, len(s.counted()), len(applied), some, void, killed, len(s.counted()), len(applied), void, s.Seconds)
}

// firstLine is the beginning of a text.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
