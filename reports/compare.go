package reports

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement"
)

// Verdict is what a run has found out about a requirement.
type Verdict string

// The verdicts that a suite's report can hold.
const (
	VerdictPassed Verdict = "passed"
	VerdictFailed Verdict = "failed"
	VerdictKnown  Verdict = "known issue"
	VerdictUnable Verdict = "unable"
	VerdictNotRun Verdict = "not run"
	// VerdictAbsent is a requirement that the run's report does not have at all.
	VerdictAbsent Verdict = "absent"
)

// Comparison holds the verdicts of two runs against each other: of the same suites on
// two providers, two versions, two switches.
type Comparison struct {
	// Agree counts the requirements on which both runs have the same verdict.
	Agree int `json:"agree"`
	// Differences are those on which they have not, by suite and id.
	Differences []VerdictDifference `json:"differences"`
	// OnlyFirst and OnlySecond name suites that one run alone has; they are not compared.
	OnlyFirst  []string `json:"onlyFirst,omitempty"`
	OnlySecond []string `json:"onlySecond,omitempty"`
}

// VerdictDifference is a requirement that two runs came to different verdicts on.
type VerdictDifference struct {
	Suite  string  `json:"suite"`
	ID     string  `json:"id"`
	Must   string  `json:"must"`
	First  Verdict `json:"first"`
	Second Verdict `json:"second"`
}

// Compare holds the verdicts of two runs against each other. A requirement that both left
// out is passed over: nothing was found out about it.
func Compare(first, second []types.Report) Comparison {
	a, b := verdictsOf(first), verdictsOf(second)
	c := Comparison{Differences: []VerdictDifference{}, OnlyFirst: onlyIn(a, b), OnlySecond: onlyIn(b, a)}
	for suite, ours := range a {
		theirs, both := b[suite]
		if !both {
			continue
		}
		for id, one := range ours {
			c.note(suite, id, one, theirs[id])
		}
		for id, other := range theirs {
			if _, known := ours[id]; !known {
				c.note(suite, id, judged{must: other.must}, other)
			}
		}
	}
	slices.SortFunc(c.Differences, func(x, y VerdictDifference) int {
		return cmp.Or(cmp.Compare(x.Suite, y.Suite), cmp.Compare(x.ID, y.ID))
	})
	return c
}

// note compares one requirement. The zero judged is one that is absent.
func (c *Comparison) note(suite, id string, one, other judged) {
	first, second := cmp.Or(one.verdict, VerdictAbsent), cmp.Or(other.verdict, VerdictAbsent)
	switch {
	case first == VerdictNotRun && second == VerdictNotRun:
	case first == second:
		c.Agree++
	default:
		c.Differences = append(c.Differences, VerdictDifference{Suite: suite, ID: id, Must: one.must, First: first, Second: second})
	}
}

// judged is a requirement with a verdict.
type judged struct {
	verdict Verdict
	must    string
}

// verdictsOf are the verdicts of runs, by suite and id. Of a requirement that was judged
// several times the worse verdict holds.
func verdictsOf(found []types.Report) map[string]map[string]judged {
	all := map[string]map[string]judged{}
	for _, report := range found {
		of := all[report.SuiteDescription]
		if of == nil {
			of = map[string]judged{}
			all[report.SuiteDescription] = of
		}
		for _, spec := range report.SpecReports {
			id := requirement.ID(spec.Labels())
			if id == "" || !spec.LeafNodeType.Is(types.NodeTypeIt) {
				continue
			}
			now := judged{verdictOf(spec), summariseSpec(spec).Must}
			if before, again := of[id]; !again || badness(now.verdict) > badness(before.verdict) {
				of[id] = now
			}
		}
	}
	return all
}

// badness orders verdicts, so that a repetition that failed is not forgotten.
func badness(v Verdict) int {
	return slices.Index([]Verdict{VerdictNotRun, VerdictPassed, VerdictKnown, VerdictUnable, VerdictFailed}, v)
}

func verdictOf(spec types.SpecReport) Verdict {
	switch {
	case spec.State.Is(types.SpecStateFailureStates):
		return VerdictFailed
	case spec.State.Is(types.SpecStatePassed):
		if _, known := observationOf(spec); known {
			return VerdictKnown
		}
		return VerdictPassed
	case spec.State.Is(types.SpecStateSkipped) && spec.Failure.Message != "" && !followsFailure(spec):
		return VerdictUnable
	}
	return VerdictNotRun
}

func onlyIn(a, b map[string]map[string]judged) []string {
	var only []string
	for _, suite := range slices.Sorted(maps.Keys(a)) {
		if _, both := b[suite]; !both {
			only = append(only, suite)
		}
	}
	return only
}

// Same tells whether the runs have something in common, and the same verdicts on all of it.
func (c Comparison) Same() bool { return c.Agree > 0 && len(c.Differences) == 0 }

// WriteText writes the comparison for people; first and second name the runs.
func (c Comparison) WriteText(out io.Writer, first, second string) error {
	for _, d := range c.Differences {
		if _, err := fmt.Fprintf(out, "%s %s: %s in %s, %s in %s\n    %s\n", d.Suite, d.ID, d.First, first, d.Second, second, d.Must); err != nil {
			return err
		}
	}
	for _, only := range []struct {
		folder string
		suites []string
	}{{first, c.OnlyFirst}, {second, c.OnlySecond}} {
		for _, suite := range only.suites {
			if _, err := fmt.Fprintf(out, "suite %s is in %s alone, and is not compared\n", suite, only.folder); err != nil {
				return err
			}
		}
	}
	_, err := fmt.Fprintf(out, "%d requirements have the same verdict in both, %d have not\n", c.Agree, len(c.Differences))
	return err
}
