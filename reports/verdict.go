package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement"
)

// Labels of specs and of suites that decide over verdicts. framework/suite writes them.
const (
	// AllowedUnable is the label of a suite that was allowed to be unable to test any
	// of its requirements (-rackproof.allow-unable).
	AllowedUnable = "allowed: unable"
)

// badness orders verdicts from good to bad. A spec with several rulings has the worst,
// and so has a requirement that was tested several times.
func badness(v requirement.Verdict) int {
	return slices.Index([]requirement.Verdict{
		requirement.NotRun, requirement.Pass, requirement.KnownBroken, requirement.Unable,
		requirement.Inconclusive, requirement.Failed, requirement.BrokenLab,
	}, v)
}

// worse compares verdicts of one requirement in several runs: a failure is worse than a
// broken lab, since a later run on a sound lab does not take it back.
func worse(a, b requirement.Verdict) bool {
	rank := func(v requirement.Verdict) int {
		switch v {
		case requirement.Failed:
			return badness(requirement.BrokenLab)
		case requirement.BrokenLab:
			return badness(requirement.Failed)
		}
		return badness(v)
	}
	return rank(a) > rank(b)
}

// isRequirement reports whether a node of a report tests a requirement. Set-up, clean-up
// and baselines do not.
func isRequirement(spec types.SpecReport) bool {
	return spec.LeafNodeType.Is(types.NodeTypeIt) && !isBaseline(spec)
}

func isBaseline(spec types.SpecReport) bool {
	return slices.Contains(spec.Labels(), requirement.BaselineLabel) && requirement.ID(spec.Labels()) == ""
}

// judge returns the verdict on a spec, or on a node of set-up or clean-up.
func judge(spec types.SpecReport) requirement.Ruling {
	failed := spec.State.Is(types.SpecStateFailureStates)
	// Clean-up that fails after a skip changes no state in Ginkgo's report.
	failedLater := !failed && slices.ContainsFunc(spec.AdditionalFailures, func(f types.AdditionalFailure) bool {
		return f.State.Is(types.SpecStateFailureStates)
	})
	ruling, ruled := rulingOf(spec)
	switch {
	case ruled && badness(ruling.Verdict) < 0:
		return requirement.Ruling{Verdict: requirement.BrokenLab, Reason: fmt.Sprintf("the report has the unknown verdict %q", ruling.Verdict)}
	case ruled && ruling.Verdict == requirement.BrokenLab:
		return ruling
	case failed && isBaseline(spec):
		return requirement.Ruling{Verdict: requirement.BrokenLab, Reason: spec.Failure.Message}
	case failed:
		return requirement.Ruling{Verdict: requirement.Failed, Reason: spec.Failure.Message}
	case failedLater:
		return requirement.Ruling{Verdict: requirement.Failed, Reason: laterFailures(spec)}
	case ruled && ruling.Verdict == requirement.Pass && !spec.State.Is(types.SpecStatePassed):
		return requirement.Ruling{Verdict: requirement.NotRun}
	case ruled:
		return ruling
	case spec.State.Is(types.SpecStatePassed):
		if _, known := observationOf(spec); known {
			return requirement.Ruling{Verdict: requirement.KnownBroken}
		}
		return requirement.Ruling{Verdict: requirement.Pass}
	case spec.State.Is(types.SpecStateSkipped) && spec.Failure.Message != "" && !followsFailure(spec):
		return requirement.Ruling{Verdict: requirement.Unable, Reason: spec.Failure.Message}
	}
	return requirement.Ruling{Verdict: requirement.NotRun}
}

// rulingOf finds the worst ruling of a spec: a body may be inconclusive and its clean-up
// find a broken lab.
func rulingOf(spec types.SpecReport) (worst requirement.Ruling, ruled bool) {
	for _, entry := range spec.ReportEntries {
		ruling, ok := requirement.RulingOf(types.SpecReport{ReportEntries: types.ReportEntries{entry}})
		if !ok {
			continue
		}
		if badness(ruling.Verdict) < 0 {
			return ruling, true
		}
		if !ruled || badness(ruling.Verdict) > badness(worst.Verdict) {
			worst, ruled = ruling, true
		}
	}
	return worst, ruled
}

// laterFailures is what failed after a spec was skipped.
func laterFailures(spec types.SpecReport) string {
	var messages []string
	for _, f := range spec.AdditionalFailures {
		messages = append(messages, f.Failure.Message)
	}
	return strings.Join(messages, "\n") + "\nafter it was skipped: " + cmp.Or(spec.Failure.Message, "without a reason")
}

// followsFailure reports whether a spec was skipped because one before it in an ordered
// container has failed (Ginkgo's group.go has the words): nothing was found out about it.
func followsFailure(spec types.SpecReport) bool {
	return strings.HasPrefix(spec.Failure.Message, "Spec skipped because an earlier spec in an ordered container failed")
}
