// Package requirement names the promises that specs prove. A requirement has an
// id that never changes its meaning and one sentence with MUST (RFC 2119), and may
// be marked with an issue of Calico that is known to break it. It knows Ginkgo,
// and no labs; of Calico it knows the issues' numbers and what they say.
package requirement

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2"
)

// Requirement makes the spec that proves a promise: a Ginkgo It whose name begins
// with the id, and which has the id as a label, so that
// `-ginkgo.label-filter=MESH-001` runs it alone.
func Requirement(id, must string, args ...any) bool {
	all := []any{ginkgo.Label(id), ginkgo.Offset(1)}
	for _, argument := range args {
		all = append(all, provingMark(argument))
	}
	return ginkgo.It(id+": "+must, all...)
}

// BaselineLabel is the label of the spec that proves what a lab is before its first
// requirement. It has no id: without it the lab is broken, and no promise is.
const BaselineLabel = "baseline"

// ID finds the id among a spec's labels; it is empty for a spec that proves no
// requirement.
func ID(labels []string) string {
	i := slices.IndexFunc(labels, isID)
	if i < 0 {
		return ""
	}
	return labels[i]
}

func isID(label string) bool {
	return regexp.MustCompile(`^[A-Z][A-Z0-9]*-[0-9]{3}$`).MatchString(label)
}

// Check looks at a suite's tree of specs before anything runs. It refuses specs
// without an id, ids that are used twice, sentences without MUST, marks with unknown
// issues, and unknown needs: each spec that passes can be traced from a report to a promise.
func Check(report ginkgo.Report) error {
	seen := map[string]string{}
	var faults []string
	for _, spec := range report.SpecReports {
		if spec.LeafNodeType.String() != "It" || slices.Contains(spec.Labels(), BaselineLabel) {
			continue
		}
		place := spec.LeafNodeLocation.String()
		id := ID(spec.Labels())
		switch {
		case id == "":
			faults = append(faults, fmt.Sprintf("%s: %q has no requirement id: use requirement.Requirement", place, spec.LeafNodeText))
		case seen[id] != "":
			faults = append(faults, fmt.Sprintf("%s: %s is used at %s already", place, id, seen[id]))
		case !strings.Contains(spec.LeafNodeText, "MUST"):
			faults = append(faults, fmt.Sprintf("%s: %s is not a sentence with MUST: %q", place, id, spec.LeafNodeText))
		default:
			seen[id] = place
		}
		for _, need := range NeedsOf(spec.Labels()) {
			if AllNeeds()[need] == "" {
				faults = append(faults, fmt.Sprintf("%s: %s has the unknown need %q", place, id, need))
			}
		}
		if fault := checkMark(spec.Labels()); fault != "" {
			faults = append(faults, fmt.Sprintf("%s: %s: %s", place, id, fault))
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("the suite's requirements are not in order:\n  %s", strings.Join(faults, "\n  "))
	}
	return nil
}
