package reports

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement"
)

// routesShown bounds the changes of routes on one axis; the evidence has all.
const routesShown = 300

// Moment is something that happened while a spec ran.
type Moment struct {
	// Seconds are since the start of the spec.
	Seconds float64    `json:"seconds"`
	Kind    MomentKind `json:"kind"`
	// Host is the host of a change of routes.
	Host string `json:"host,omitempty"`
	Text string `json:"text"`
}

// MomentKind is the kind of a Moment.
type MomentKind string

// The kinds of moments.
const (
	// Node is the begin of set-up, of the body or of clean-up.
	Node MomentKind = "node"
	// Step is what the spec says that it does.
	Step MomentKind = "step"
	// Note is an entry of the report, as a measurement or a machine that stood still.
	Note MomentKind = "note"
	// Failure is where the spec failed.
	Failure MomentKind = "failure"
	// RouteGain and RouteLoss are changes of a host's main table; RoutesUnknown says that some
	// are missing.
	RouteGain     MomentKind = "route-gain"
	RouteLoss     MomentKind = "route-loss"
	RoutesUnknown MomentKind = "routes-unknown"
)

// axis orders in time what happened while a spec ran.
func axis(spec types.SpecReport, changes []RouteChange) []Moment {
	var moments []Moment
	add := func(at time.Time, kind MomentKind, host, text string) {
		if !at.IsZero() {
			moments = append(moments, Moment{at.Sub(spec.StartTime).Seconds(), kind, host, text})
		}
	}
	for _, event := range spec.SpecEvents {
		switch event.SpecEventType {
		case types.SpecEventByStart:
			add(event.TimelineLocation.Time, Step, "", event.Message)
		case types.SpecEventNodeStart:
			if !event.NodeType.Is(types.NodeTypeReportAfterEach | types.NodeTypeReportBeforeEach) {
				add(event.TimelineLocation.Time, Node, "", event.NodeType.String())
			}
		}
	}
	for _, entry := range spec.ReportEntries {
		if !slices.Contains([]string{requirementEntry, evidenceEntry, requirement.VerdictEntry, requirement.KnownIssueEntry}, entry.Name) {
			add(entry.TimelineLocation.Time, Note, "", entry.Name+": "+entry.StringRepresentation())
		}
	}
	if !spec.Failure.IsZero() {
		add(spec.Failure.TimelineLocation.Time, Failure, "", firstLines(spec.Failure.Message))
	}
	left := 0
	for _, change := range changes {
		if change.At.Before(spec.StartTime) || change.At.After(spec.EndTime) {
			continue
		}
		kind := RouteGain
		switch {
		case left >= routesShown:
			left++
			continue
		case change.Missing:
			kind = RoutesUnknown
		case change.Loses:
			kind = RouteLoss
		}
		left++
		add(change.At, kind, change.Host, change.Text)
	}
	if left > routesShown {
		add(spec.EndTime, RoutesUnknown, "", fmt.Sprintf("%s more in %s", plural(left-routesShown, "change"), routeChangesFile))
	}
	slices.SortStableFunc(moments, func(a, b Moment) int { return cmp.Compare(a.Seconds, b.Seconds) })
	return moments
}
