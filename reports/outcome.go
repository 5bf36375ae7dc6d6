package reports

import (
	"fmt"
	"slices"
	"strings"
)

// Outcome is what a run as a whole came to, from good to bad.
type Outcome int

// The outcomes of a run.
const (
	// Passed is a run that proves something, and in which nothing is wrong. Known issues
	// and inconclusive specs may be in it.
	Passed Outcome = iota
	// NotProven is a run without a failure that proves too little: nothing passed, or a
	// requirement was unable without having been allowed.
	NotProven
	// LabBroken is a run in which a lab was not what its design says, and nothing failed.
	LabBroken
	// Failed is a run in which a spec or a suite failed, or a report is missing.
	Failed
)

// Outcome returns what the run came to. A skip is never a pass.
func (s Summary) Outcome() Outcome {
	total := s.counts()
	switch {
	case total.failed > 0, len(s.Faults) > 0, slices.ContainsFunc(s.Suites, func(suite Suite) bool { return suite.Unfinished }):
		return Failed
	case total.broken > 0:
		return LabBroken
	case total.passed+total.known == 0:
		return NotProven
	case slices.ContainsFunc(s.Suites, func(suite Suite) bool { return len(suite.Reasons) > 0 }):
		return Failed
	case slices.ContainsFunc(s.Suites, func(suite Suite) bool { return suite.forbidden() > 0 }):
		return NotProven
	}
	return Passed
}

// Passed reports whether the run proves something and nothing is wrong with it.
func (s Summary) Passed() bool { return s.Outcome() == Passed }

// Verdict is the run in one line.
func (s Summary) Verdict() string {
	total := s.counts()
	var parts []string
	add := func(n int, format string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf(format, n))
		}
	}
	add(total.failed, "%d failed")
	for _, suite := range s.Suites {
		if suite.Unfinished {
			parts = append(parts, fmt.Sprintf("suite %s did not end", suite.Name))
		}
	}
	if n := len(s.Faults); n == 1 {
		parts = append(parts, "1 report is damaged or missing")
	} else {
		add(n, "%d reports are damaged or missing")
	}
	if total.broken > 0 {
		parts = append(parts, fmt.Sprintf("%d broken-lab (%s)", total.broken, plural(s.brokenLabs(), "fault")))
	}
	forbidden := 0
	for _, suite := range s.Suites {
		forbidden += suite.forbidden()
	}
	outcome := s.Outcome()
	nothing := total.passed+total.known == 0
	switch {
	case nothing && len(parts) == 0:
		parts = append(parts, "nothing passed")
	case outcome == Failed && len(parts) == 0:
		parts = append(parts, "a suite failed outside of its specs")
	}
	if !nothing || outcome != NotProven {
		parts = append(parts, fmt.Sprintf("%d passed", total.passed))
	}
	if total.known > 0 {
		parts = append(parts, plural(total.known, "known issue"))
	}
	switch {
	case total.unable > 0 && forbidden > 0 && !nothing && outcome == NotProven:
		parts = append(parts, fmt.Sprintf("%d unable (%d of them not allowed)", total.unable, forbidden))
	default:
		add(total.unable, "%d unable")
	}
	add(total.inconclusive, "%d inconclusive")
	add(total.notRun, "%d not run")
	return fmt.Sprintf("%s: %s in %s", outcome, strings.Join(parts, ", "), plural(len(s.Suites), "suite"))
}

// outcomeWords are how the last line of a summary begins, by outcome.
func outcomeWords() []string { return []string{"PASS", "NOT PROVEN", "BROKEN LAB", "FAIL"} }

// String is the outcome as the last line of a summary begins.
func (o Outcome) String() string { return outcomeWords()[o] }

// MarshalText implements encoding.TextMarshaler.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Outcome) UnmarshalText(text []byte) error {
	i := slices.Index(outcomeWords(), string(text))
	if i < 0 {
		return fmt.Errorf("read an outcome: %q is none of %q", text, outcomeWords())
	}
	*o = Outcome(i)
	return nil
}
