package requirement

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"
)

const (
	// KnownIssueLabel is the label of specs that are marked with an issue.
	KnownIssueLabel = "known-issue"
	// KnownIssueEntry is the name of the report entry that makes a spec's verdict
	// known-issue. Its value is an Observation.
	KnownIssueEntry = "known-issue"
)

// KnownIssueTimeout is how long a promise waits for what is not going to come. The
// twins of such promises, which are kept, are so 0.1 to 0.2 s after the change, on
// a machine with five programs to a processor (the /32 of a service in a leaf's
// kernel); this is ten times as long. Were it too short on a slower machine, a fix
// would stay unseen there, and nothing else would go wrong.
const KnownIssueTimeout = 2 * time.Second

// Observation is how a known issue showed.
type Observation struct {
	Number   string `json:"number"`
	Summary  string `json:"summary"`
	Observed string `json:"observed"`
}

// String is what people get to read.
func (o Observation) String() string {
	return fmt.Sprintf("%s: %s\n%s", o.Number, o.Summary, o.Observed)
}

// Known marks a requirement with the issue that breaks it. Its spec holds what is
// broken by KnownIssue.
func Known(number string) ginkgo.Labels {
	return ginkgo.Label(KnownIssueLabel, issueLabel(number))
}

// Versioned is a lab that knows which version of Calico it runs.
type Versioned interface{ CalicoVersion() string }

// KnownIssue holds a promise that a known issue breaks. While it is broken with exactly
// the symptom of the issue, the spec's verdict is known-issue, with what was observed. A
// promise that is broken in another way fails the spec. So does one that is kept, so
// that the mark is removed. Promise and symptom have only the assertions about the issue,
// through g; all other assertions of a spec, of probes that cannot be made say, fail it as
// usual. g waits KnownIssueTimeout. A promise that is kept is verified again for as long,
// because it may only not be broken yet.
//
// In a version of Calico that does not have the issue the promise has to be kept.
func KnownIssue(ctx ginkgo.SpecContext, lab Versioned, number string, promise, symptom func(g gomega.Gomega)) {
	ginkgo.GinkgoHelper()
	report := ginkgo.CurrentSpecReport()
	issue, ok := issueBy(Issue.number, number)
	switch {
	case !ok:
		ginkgo.Fail(fmt.Sprintf("%s is no known issue: enter it in requirement.Issues", number))
	case !slices.Contains(report.Labels(), KnownIssueLabel), !slices.Contains(report.Labels(), issue.label()):
		ginkgo.Fail(fmt.Sprintf("the spec uses %s and is not marked with it: give its Requirement Known(%q)", number, number))
	case shown(report):
		ginkgo.Fail(fmt.Sprintf("the spec has shown %s already: a spec holds one promise by KnownIssue", number))
	}
	has, err := issue.In(lab.CalicoVersion())
	if err != nil {
		ginkgo.Fail(fmt.Sprintf("compare the version of Calico with %s: %v", number, err))
	}
	if !has {
		ginkgo.AddReportEntry(keptEntry, fmt.Sprintf("Calico %s does not have %s", lab.CalicoVersion(), number))
		promise(gomega.NewGomega(ginkgo.Fail))
		return
	}
	observed, broken := holdFor(ctx, KnownIssueTimeout, promise)
	observed, unable := UnableIn(observed)
	switch {
	case unable:
		Rule(Ruling{Verdict: Unable, Reason: observed})
	case ctx.Err() != nil:
		// Whatever the promise failed with, it may have failed because of this.
		ginkgo.Fail(fmt.Sprintf("the spec was ended (%v) before its promise could show whether %s is there; it said: %s", context.Cause(ctx), number, observed))
	case !broken:
		ginkgo.Fail(fmt.Sprintf("%s seems to be fixed: %s passes; remove the mark", number, ID(report.Labels())))
	}
	if other, wrong := hold(KnownIssueTimeout, symptom); wrong {
		ginkgo.Fail(fmt.Sprintf("the promise is broken otherwise than %s breaks it:\n%s\nThe issue's own symptom is not there:\n%s", number, observed, other))
	}
	ginkgo.AddReportEntry(KnownIssueEntry, Observation{Number: number, Summary: issue.Summary, Observed: observed})
}

// ShowIssue gives the running spec, which has kept its own promise, the verdict known-issue for
// what it has left by a known issue. It reports whether this version of Calico has the issue.
func ShowIssue(number, version, observed string) bool {
	if !Affects(number, version) {
		return false
	}
	issue, _ := issueBy(Issue.number, number)
	ginkgo.AddReportEntry(KnownIssueEntry, Observation{Number: number, Summary: issue.Summary, Observed: observed})
	return true
}

// Affects reports whether a version of Calico has an issue that is known.
func Affects(number, version string) bool {
	issue, known := issueBy(Issue.number, number)
	has, err := issue.In(version)
	return known && err == nil && has
}

// MarkedWith reports whether labels mark a spec with an issue, as Known does.
func MarkedWith(labels []string, number string) bool {
	return slices.Contains(labels, issueLabel(number))
}

// keptEntry is the name of the report entry of a spec whose promise has to be kept,
// because the lab's Calico does not have the issue.
const keptEntry = "without-issue"

// holdFor runs a promise until it fails, or has been kept for a time.
func holdFor(ctx context.Context, timeout time.Duration, promise func(g gomega.Gomega)) (failure string, failed bool) {
	poll := time.NewTicker(100 * time.Millisecond)
	defer poll.Stop()
	end := time.After(timeout)
	for {
		if failure, failed = hold(timeout, promise); failed {
			return failure, failed
		}
		select {
		case <-ctx.Done():
			return "", false
		case <-end:
			return "", false
		case <-poll.C:
		}
	}
}

// hold runs a promise to its first failure, and tells what that was.
func hold(timeout time.Duration, promise func(g gomega.Gomega)) (failure string, failed bool) {
	// Panics with anything else are not the promise's answer and go on: a failed
	// assertion of the spec's own, a skip, a programming error.
	type end struct{ message string }
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case *end:
			failure, failed = cause.message, true
		default:
			panic(cause)
		}
	}()
	g := gomega.NewGomega(func(message string, _ ...int) { panic(&end{message}) })
	g.SetDefaultEventuallyTimeout(timeout)
	g.EnforceDefaultTimeoutsWhenUsingContexts()
	promise(g)
	return "", false
}

// shown reports whether a spec has shown a known issue, or that the lab's Calico is without
// it.
func shown(report ginkgo.SpecReport) bool {
	return slices.ContainsFunc(report.ReportEntries, func(e types.ReportEntry) bool {
		return e.Name == KnownIssueEntry || e.Name == keptEntry
	})
}

// provingMark makes the body of a spec fail if the spec is marked with an issue
// and ends without having shown it: a mark without proof would hide that the promise is
// kept. Other arguments stay as they are.
func provingMark(argument any) any {
	prove := func() {
		if report := ginkgo.CurrentSpecReport(); slices.Contains(report.Labels(), KnownIssueLabel) && !shown(report) {
			ginkgo.Fail(fmt.Sprintf("%s is marked with a known issue and has not shown it: wrap the broken part in KnownIssue, or remove the mark", ID(report.Labels())))
		}
	}
	switch body := argument.(type) {
	case func():
		return func() { body(); prove() }
	case func(ginkgo.SpecContext):
		return func(ctx ginkgo.SpecContext) { body(ctx); prove() }
	case func(context.Context):
		return func(ctx context.Context) { body(ctx); prove() }
	}
	return argument
}

// checkMark tells what is wrong with the mark that a spec has; nothing is wrong
// with a spec that has none.
func checkMark(labels []string) string {
	var issues []string
	for _, label := range labels {
		if isIssueLabel(label) {
			issues = append(issues, label)
		}
	}
	marked := slices.Contains(labels, KnownIssueLabel)
	switch {
	case !marked && len(issues) == 0:
		return ""
	case !marked, len(issues) != 1:
		return fmt.Sprintf("the label %s goes with the number of one issue, and there is %q: use requirement.Known", KnownIssueLabel, labels)
	}
	if _, ok := issueBy(Issue.label, issues[0]); !ok {
		return fmt.Sprintf("%s is no known issue: enter it in requirement.Issues", issues[0])
	}
	return ""
}

func isIssueLabel(label string) bool { return regexp.MustCompile(`^[a-z]+#[0-9]+$`).MatchString(label) }
