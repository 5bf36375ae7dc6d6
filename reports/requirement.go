package reports

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/requirement/catalogue"
)

// requirementEntry is the name of the report entry with the catalogue's entry of a spec.
const requirementEntry = "requirement"

// Annotate adds to each spec of a report the catalogue's entry of its requirement: group,
// sources, profile. Ginkgo's JSON has it among the spec's entries, and JUnit as a property of
// the test case.
func Annotate(report types.Report) types.Report {
	report.SpecReports = slices.Clone(report.SpecReports)
	for i, spec := range report.SpecReports {
		entry, ok := catalogue.Of(requirement.ID(spec.Labels()))
		if !ok {
			continue
		}
		report.SpecReports[i].ReportEntries = append(slices.Clone(spec.ReportEntries), types.ReportEntry{
			// It is for programs. The time line of a spec is not longer for it.
			Visibility: types.ReportEntryVisibilityNever,
			Name:       requirementEntry, Location: spec.LeafNodeLocation, Time: spec.StartTime,
			Value: types.WrapEntryValue(entry),
		})
	}
	return report
}

// Judged is a requirement of the catalogue with the verdict of a run.
type Judged struct {
	catalogue.Entry
	Verdict requirement.Verdict `json:"verdict"`
}

// judgeAll gives each requirement of the catalogue its verdict. A requirement that the run
// does not have was not run.
func (v Verdicts) judgeAll(entries []catalogue.Entry) []Judged {
	judged := make([]Judged, 0, len(entries))
	for _, entry := range entries {
		verdict := requirement.NotRun
		if found, ok := v.suites[entry.Suite][entry.ID]; ok {
			verdict = found.verdict
		}
		judged = append(judged, Judged{entry, verdict})
	}
	return judged
}

// ProfileResult is what a run came to for one profile. The whole catalogue counts, and not
// the suites of the run alone: a requirement that was not run is not proven.
type ProfileResult struct {
	Profile catalogue.Profile `json:"profile"`
	// Requirements is how many the catalogue has, and Proven how many of them passed.
	Requirements int `json:"requirements"`
	Proven       int `json:"proven"`
	// Verdicts counts the requirements by verdict.
	Verdicts map[requirement.Verdict]int `json:"verdicts"`
}

// profilesOf counts requirements by profile and verdict.
func profilesOf(judged []Judged) []ProfileResult {
	var results []ProfileResult
	for _, profile := range catalogue.Profiles() {
		result := ProfileResult{Profile: profile.Profile, Verdicts: map[requirement.Verdict]int{}}
		for _, one := range judged {
			if one.Profile == profile.Profile {
				result.Requirements++
				result.Verdicts[one.Verdict]++
			}
		}
		result.Proven = result.Verdicts[requirement.Pass]
		results = append(results, result)
	}
	return results
}

// writeProfiles writes how much of each profile a run has proven. A run of other suites than
// those of the catalogue says nothing of profiles.
func writeProfiles(b *strings.Builder, results []ProfileResult) error {
	if !slices.ContainsFunc(results, func(r ProfileResult) bool { return r.Verdicts[requirement.NotRun] < r.Requirements }) {
		return nil
	}
	table := tabwriter.NewWriter(b, 0, 0, 3, ' ', 0)
	fmt.Fprint(table, "\nPROFILE\tPROVEN\tFAILED\tKNOWN\tUNABLE\tBROKEN LAB\tINCONCLUSIVE\tNOT RUN\n")
	for _, result := range results {
		fmt.Fprintf(table, "%s\t%d of %d", result.Profile, result.Proven, result.Requirements)
		for _, verdict := range []requirement.Verdict{
			requirement.Failed, requirement.KnownBroken, requirement.Unable, requirement.BrokenLab, requirement.Inconclusive, requirement.NotRun,
		} {
			fmt.Fprintf(table, "\t%d", result.Verdicts[verdict])
		}
		fmt.Fprintln(table)
	}
	return table.Flush()
}
