// Package requirement names the promises that specs prove. A requirement has an
// id that never changes its meaning and one sentence with MUST (RFC 2119), and may
// be marked with an issue of Calico that is known to break it. It knows Ginkgo,
// and no labs; of Calico it knows the issues' numbers and what they say.
package requirement

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/requirement/catalogue"
)

// Requirement makes the spec that proves a promise: a Ginkgo It whose name begins
// with the id, and which has the id as a label, so that
// `-ginkgo.label-filter=MESH-001` runs it alone. The catalogue adds labels of its profile and
// group: `-ginkgo.label-filter='profile: containsAny core'`.
func Requirement(id, must string, args ...any) bool {
	all := []any{ginkgo.Label(id), labelsOf(id), ginkgo.Offset(1)}
	for _, argument := range args {
		all = append(all, provingMark(argument))
	}
	return ginkgo.It(id+": "+must, all...)
}

// labelsOf are the labels that the catalogue gives a requirement.
func labelsOf(id string) ginkgo.Labels {
	entry, ok := catalogue.Of(id)
	if !ok {
		return nil // Check refuses it
	}
	return ginkgo.Label(ProfileLabel(entry.Profile), "group:"+entry.Group)
}

// OptionalLabel is the label of an extended requirement that a lab may be unable to test
// without making the run red.
const OptionalLabel = "optional"

// BaselineLabel is the label of the spec that proves what a lab is before its first
// requirement. It has no id: without it the lab is broken, and no promise is.
const BaselineLabel = "baseline"

// SabotagePrefix begins the label of the specs that are declared for one defect of a sabotage
// run; the defect's id follows.
const SabotagePrefix = "sabotage:"

// Sabotage finds the defect that a spec is declared for among its labels; it is empty in an
// ordinary run.
func Sabotage(labels []string) string {
	for _, label := range labels {
		if name, ok := strings.CutPrefix(label, SabotagePrefix); ok {
			return name
		}
	}
	return ""
}

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
// issues, unknown needs, and specs that the catalogue does not have in this suite: each spec
// that passes can be traced from a report to a promise. It also refuses entries of the
// catalogue without a spec: no promise disappears unnoticed.
func Check(suite string, report ginkgo.Report) error {
	faults := append(checkSpecs(report), CheckEntries(suite, placesOf(report), catalogue.All(), catalogue.WithdrawnIDs())...)
	if len(faults) > 0 {
		return fmt.Errorf("the suite's requirements are not in order:\n  %s", strings.Join(faults, "\n  "))
	}
	return nil
}

// checkSpecs looks at each spec by itself.
func checkSpecs(report ginkgo.Report) []string {
	seen := map[string]string{}
	var faults []string
	for _, spec := range report.SpecReports {
		if spec.LeafNodeType.String() != "It" || slices.Contains(spec.Labels(), BaselineLabel) {
			continue
		}
		place := spec.LeafNodeLocation.String()
		id := ID(spec.Labels())
		key := Sabotage(spec.Labels()) + id
		switch {
		case id == "":
			faults = append(faults, fmt.Sprintf("%s: %q has no requirement id: use requirement.Requirement", place, spec.LeafNodeText))
		case seen[key] != "":
			faults = append(faults, fmt.Sprintf("%s: %s is used at %s already", place, id, seen[key]))
		case !strings.Contains(spec.LeafNodeText, "MUST"):
			faults = append(faults, fmt.Sprintf("%s: %s is not a sentence with MUST: %q", place, id, spec.LeafNodeText))
		default:
			seen[key] = place
		}
		for _, need := range NeedsOf(spec.Labels()) {
			if AllNeeds()[need] == "" {
				faults = append(faults, fmt.Sprintf("%s: %s has the unknown need %q", place, id, need))
			}
		}
		if labels := spec.Labels(); slices.Contains(labels, OptionalLabel) && slices.Contains(labels, ProfileLabel(catalogue.Core)) {
			faults = append(faults, fmt.Sprintf("%s: %s is of the core and has the label %s: every lab tests the core, so take the label away or make the requirement extended", place, id, OptionalLabel))
		}
		if fault := checkMark(spec.Labels()); fault != "" {
			faults = append(faults, fmt.Sprintf("%s: %s: %s", place, id, fault))
		}
	}
	return faults
}

// placesOf are the places of all specs by their ids.
func placesOf(report ginkgo.Report) map[string]string {
	places := map[string]string{}
	for _, spec := range report.SpecReports {
		if id := ID(spec.Labels()); id != "" {
			places[id] = spec.LeafNodeLocation.String()
		}
	}
	return places
}

// CheckEntries compares the ids of a suite's specs, each with its place, with the catalogue. It
// demands no spec that only some labs have.
func CheckEntries(suite string, places map[string]string, entries []catalogue.Entry, withdrawn []catalogue.Withdrawn) []string {
	var faults []string
	for _, id := range slices.Sorted(maps.Keys(places)) {
		i := slices.IndexFunc(entries, func(e catalogue.Entry) bool { return e.ID == id })
		w := slices.IndexFunc(withdrawn, func(w catalogue.Withdrawn) bool { return w.ID == id })
		switch {
		case w >= 0:
			faults = append(faults, fmt.Sprintf("%s: %s is withdrawn (%s): use another id", places[id], id, withdrawn[w].Reason))
		case i < 0:
			faults = append(faults, fmt.Sprintf("%s: %s has no entry in the catalogue: enter it for suite %s in framework/requirement/catalogue", places[id], id, suite))
		case entries[i].Suite != suite:
			faults = append(faults, fmt.Sprintf("%s: %s belongs to suite %s: an id has one spec in all suites", places[id], id, entries[i].Suite))
		}
	}
	for _, entry := range entries {
		if entry.Suite == suite && entry.Where == "" && places[entry.ID] == "" {
			faults = append(faults, fmt.Sprintf("%s has an entry in the catalogue and no spec: restore the spec, or withdraw the id in framework/requirement/catalogue", entry.ID))
		}
	}
	return faults
}

// ProfileLabel is the label of specs of a profile.
func ProfileLabel(profile catalogue.Profile) string { return "profile:" + string(profile) }
