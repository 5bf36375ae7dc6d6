package reports

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/rackproof/rackproof/framework/requirement"
)

// absent stands for the verdict on a requirement that a run's reports do not have at all.
const absent requirement.Verdict = "absent"

// Verdicts are what one or several runs found out about requirements.
type Verdicts struct {
	// suites holds judgements by suite and id.
	suites map[string]map[string]judgement
	faults []string
}

// judgement is the verdict on one requirement.
type judgement struct {
	verdict requirement.Verdict
	must    string
	// often says how often the verdict was given, if there were several runs.
	often string
}

// Comparison is the difference between the verdicts of two runs: of the same suites on
// two providers, two versions, two switches.
type Comparison struct {
	// Same reports whether the runs have the same verdict on all requirements, and no fault.
	Same bool `json:"same"`
	// Agree counts the requirements on which both runs have the same verdict.
	Agree int `json:"agree"`
	// Differences are the requirements on which they have not, by suite and id.
	Differences []VerdictDifference `json:"differences"`
	// OnlyFirst and OnlySecond name suites that one run alone has.
	OnlyFirst  []string `json:"onlyFirst,omitempty"`
	OnlySecond []string `json:"onlySecond,omitempty"`
	// FaultsFirst and FaultsSecond say which reports are damaged or missing.
	FaultsFirst  []string `json:"faultsFirst,omitempty"`
	FaultsSecond []string `json:"faultsSecond,omitempty"`
}

// VerdictDifference is a requirement that two runs came to different verdicts on.
type VerdictDifference struct {
	Suite  string              `json:"suite"`
	ID     string              `json:"id"`
	Must   string              `json:"must"`
	First  requirement.Verdict `json:"first"`
	Second requirement.Verdict `json:"second"`
	// FirstOften and SecondOften say how often the verdict was given in several runs.
	FirstOften  string `json:"firstOften,omitempty"`
	SecondOften string `json:"secondOften,omitempty"`
}

// Compare compares the verdicts of two runs. A requirement that neither run tested makes
// no difference. Suites that one run alone has make a difference,
// unless common says that only those of both count.
func Compare(first, second Verdicts, common bool) Comparison {
	a, b := first.suites, second.suites
	c := Comparison{
		Differences: []VerdictDifference{}, OnlyFirst: onlyIn(a, b), OnlySecond: onlyIn(b, a),
		FaultsFirst: first.faults, FaultsSecond: second.faults,
	}
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
				c.note(suite, id, judgement{must: other.must}, other)
			}
		}
	}
	slices.SortFunc(c.Differences, func(x, y VerdictDifference) int {
		return cmp.Or(cmp.Compare(x.Suite, y.Suite), cmp.Compare(x.ID, y.ID))
	})
	c.Same = c.Agree > 0 && len(c.Differences)+len(c.FaultsFirst)+len(c.FaultsSecond) == 0 &&
		(common || len(c.OnlyFirst)+len(c.OnlySecond) == 0)
	return c
}

// note compares one requirement. The zero judgement is one that is absent.
func (c *Comparison) note(suite, id string, one, other judgement) {
	first, second := cmp.Or(one.verdict, absent), cmp.Or(other.verdict, absent)
	nothing := func(v requirement.Verdict) bool { return v == requirement.NotRun || v == absent }
	switch {
	case nothing(first) && nothing(second):
	case first == second:
		c.Agree++
	default:
		c.Differences = append(c.Differences, VerdictDifference{
			Suite: suite, ID: id, Must: one.must, First: first, Second: second, FirstOften: one.often, SecondOften: other.often,
		})
	}
}

// Verdicts are the verdicts of a run. Of a requirement that was judged several times the
// worst verdict counts.
func (r Run) Verdicts() Verdicts {
	all := map[string]map[string]judgement{}
	faults := r.allFaults()
	for _, report := range r.Reports {
		of := all[report.SuiteDescription]
		if of == nil {
			of = map[string]judgement{}
			all[report.SuiteDescription] = of
		}
		for _, spec := range report.SpecReports {
			id := requirement.ID(spec.Labels())
			if id == "" || !isRequirement(spec) {
				continue
			}
			now := judgement{verdict: judge(spec).Verdict, must: summariseSpec(spec).Must}
			if before, again := of[id]; !again || worse(now.verdict, before.verdict) {
				of[id] = now
			}
		}
	}
	return Verdicts{suites: all, faults: faults}
}

// allFaults are the faults of a run, and suites that did not end.
func (r Run) allFaults() []string {
	faults := slices.Clone(r.Faults)
	for _, report := range r.Reports {
		if report.Unfinished {
			faults = append(faults, fmt.Sprintf("suite %s did not end", report.SuiteDescription))
		}
	}
	return faults
}

func onlyIn(a, b map[string]map[string]judgement) []string {
	var only []string
	for _, suite := range slices.Sorted(maps.Keys(a)) {
		if _, both := b[suite]; !both {
			only = append(only, suite)
		}
	}
	return only
}

// WriteText writes the comparison for people; first and second name the runs.
func (c Comparison) WriteText(out io.Writer, first, second string) error {
	for _, side := range []struct {
		name           string
		faults, suites []string
	}{{first, c.FaultsFirst, c.OnlyFirst}, {second, c.FaultsSecond, c.OnlySecond}} {
		for _, fault := range side.faults {
			if _, err := fmt.Fprintf(out, "%s: %s\n", side.name, fault); err != nil {
				return err
			}
		}
		for _, suite := range side.suites {
			if _, err := fmt.Fprintf(out, "suite %s is in %s alone\n", suite, side.name); err != nil {
				return err
			}
		}
	}
	for _, d := range c.Differences {
		if _, err := fmt.Fprintf(out, "%s %s: %s in %s, %s in %s\n    %s\n", d.Suite, d.ID,
			often(d.First, d.FirstOften), first, often(d.Second, d.SecondOften), second, d.Must); err != nil {
			return err
		}
	}
	alone := ""
	if n := len(c.OnlyFirst) + len(c.OnlySecond); n > 0 {
		alone = fmt.Sprintf("; in one alone: %s", plural(n, "suite"))
	}
	_, err := fmt.Fprintf(out, "%d requirements have the same verdict in both, %d have not%s\n", c.Agree, len(c.Differences), alone)
	return err
}

// often is a verdict with how often it was given.
func often(verdict requirement.Verdict, times string) string {
	if times == "" {
		return string(verdict)
	}
	return fmt.Sprintf("%s (%s)", verdict, times)
}
