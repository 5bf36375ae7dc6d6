package requirement

import (
	"encoding/json"
	"fmt"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
)

// Verdict is what a spec came to. Nothing that did not run counts as passed.
type Verdict string

// The verdicts of a spec.
const (
	// Pass is a promise that was kept.
	Pass Verdict = "pass"
	// Failed is a promise that was broken.
	Failed Verdict = "fail"
	// Unable is a promise that this lab or machine cannot test.
	Unable Verdict = "unable"
	// BrokenLab is a promise that could not be tested because the lab was not what its
	// design says. It says nothing of the promise, and the run is not green.
	BrokenLab Verdict = "broken-lab"
	// Inconclusive is a promise that failed while something else was in the way: one about time
	// while the machine stood still for longer than the promise's margin, or any while a known
	// issue that is not its own kept sessions of the lab down.
	Inconclusive Verdict = "inconclusive"
	// KnownBroken is a promise that a known issue breaks.
	KnownBroken Verdict = "known-issue"
	// NotRun is a spec that was filtered out or not reached.
	NotRun Verdict = "not-run"
)

// VerdictEntry is the name of the report entry that gives a spec a verdict that Ginkgo
// has no state for. Its value is a Ruling.
const VerdictEntry = "verdict"

// Ruling is a verdict with its reason.
type Ruling struct {
	Verdict Verdict `json:"verdict"`
	// Invariant names what was broken, such as `bird-runs-its-files`; empty for none.
	Invariant string `json:"invariant,omitempty"`
	Reason    string `json:"reason"`
}

// String is the ruling for people.
func (r Ruling) String() string {
	if r.Invariant != "" {
		return fmt.Sprintf("%s (%s): %s", r.Verdict, r.Invariant, r.Reason)
	}
	return fmt.Sprintf("%s: %s", r.Verdict, r.Reason)
}

// Rule ends the running node with a verdict that is neither pass nor fail. A broken lab
// fails the node, so that the suite is red; unable and inconclusive skip it.
func Rule(ruling Ruling) {
	ginkgo.GinkgoHelper()
	ginkgo.AddReportEntry(VerdictEntry, ginkgo.Offset(1), ruling)
	switch ruling.Verdict {
	case Unable, Inconclusive:
		ginkgo.Skip(ruling.String())
	default:
		ginkgo.Fail(ruling.String())
	}
}

// RulingOf finds the ruling in a spec's report.
func RulingOf(report types.SpecReport) (Ruling, bool) {
	for _, entry := range report.ReportEntries {
		if entry.Name != VerdictEntry {
			continue
		}
		if ruling, ok := entry.GetRawValue().(Ruling); ok {
			return ruling, true // the node that ruled runs in this process
		}
		var ruling Ruling
		if err := json.Unmarshal([]byte(entry.Value.AsJSON), &ruling); err != nil {
			return Ruling{Verdict: BrokenLab, Reason: "a damaged verdict: " + entry.StringRepresentation()}, true
		}
		return ruling, true
	}
	return Ruling{}, false
}
