package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/formatter"
	"github.com/onsi/ginkgo/v2/reporters"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"
	"github.com/onsi/gomega/format"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/launch"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/reports"
)

// Deadlines of specs. A deadline counts from the event that a spec waits for.
const (
	// convergence bounds how long a lab may take to agree with the oracle after a
	// change. BIRD waits up to 5 s between attempts to connect (Calico's bird.cfg),
	// and a session that falls in the wrong moment takes several.
	convergence = 30 * time.Second
	// poll is the interval of waits; the first look is at once.
	poll = 100 * time.Millisecond
)

// downTime is what a suite keeps of its time for evidence, its labs' end and its report.
const downTime = 2 * time.Minute

// Suite is one Ginkgo suite while its specs are being declared and run.
type Suite struct {
	name    string
	options options
	labs    []*Lab
	stalls  stalls
	// partial takes results as specs end; nil without a results folder.
	partial *reports.Partial
	// bodyBegan is when the gate let the running spec in.
	bodyBegan time.Time
	// entered is the lab that the running spec uses; nil before the first.
	entered *Lab
	// declared counts the specs that the suite has, and ended those that Ginkgo told of.
	declared, ended int
	// bodyOver says that the running spec's own part is over, and its clean-up runs.
	bodyOver bool
	// sabotage is nil but in a sabotage run.
	sabotage *sabotaging
	// context is done when the suite is.
	context context.Context
}

// Run declares a suite's specs and runs them. name is that of the suite's folder.
func Run(t *testing.T, name string, declare func(*Suite)) {
	ctx, done := context.WithCancel(context.Background())
	defer done()
	o, err := readOptions()
	if err != nil {
		t.Fatal(err)
	}
	s := &Suite{name: name, options: o, context: ctx}
	if s.options.results != "" {
		absolute, err := filepath.Abs(s.options.results)
		if err != nil {
			t.Fatalf("find the results folder: %v", err)
		}
		s.options.results = absolute
	}
	gomega.RegisterFailHandler(s.fail)
	format.RegisterCustomFormatter(markUnable)
	gomega.SetDefaultEventuallyTimeout(convergence)
	gomega.SetDefaultEventuallyPollingInterval(poll)
	gomega.EnforceDefaultTimeoutsWhenUsingContexts()
	// Addresses and routes are shown as people write them.
	format.UseStringerRepresentation = true

	if s.options.sabotage != nil {
		s.sabotage = newSabotaging(s, s.options.sabotage)
		s.sabotage.declare(declare)
	} else {
		declare(s)
	}
	ginkgo.AfterSuite(s.down)
	ginkgo.ReportAfterSuite("results", s.report)
	if s.options.lab == "" {
		for _, l := range s.labs {
			if err := s.check(t.Context(), l); err != nil {
				t.Fatal(errors.Join(err, s.reportUnable(t, err)))
			}
		}
	}
	preview := ginkgo.PreviewSpecs(t.Name())
	if err := requirement.Check(name, preview); err != nil {
		t.Fatal(err)
	}
	s.declared, s.ended = len(preview.SpecReports.WithLeafNodeType(types.NodeTypeIt)), 0
	// A preview builds the tree of specs and drops it, with all nodes outside of containers;
	// the run builds it again.
	ginkgo.ReportAfterEach(s.reportSpec)
	for _, l := range s.labs {
		l.used = false
	}
	if s.options.results != "" && s.sabotage == nil {
		header := reports.HeaderOf(name, time.Now(), preview, s.environment(preview.SpecReports))
		var err error
		if s.partial, err = reports.NewPartial(reports.PartialPath(s.options.results, name), header); err != nil {
			t.Fatal(err)
		}
	}
	go s.stalls.watch(ctx.Done())
	config, reporter := ginkgo.GinkgoConfiguration()
	// A filter that selects nothing is a mistake, not a success.
	config.FailOnEmpty = true
	// Before the testing package ends the program, which would leave labs and no report.
	if end, ok := t.Deadline(); ok {
		config.Timeout = max(time.Minute, time.Until(end)-downTime)
	}
	if s.sabotage != nil {
		// Under a defect failures are what is looked for, and each prints pages.
		formatter.ColorableStdOut = io.Discard
		ginkgo.RunSpecs(silent{}, name, config, reporter)
		s.sabotage.finish(t)
		return
	}
	ginkgo.RunSpecs(t, name, config, reporter)
}

// fail takes the failures of all assertions. One by lab.ErrUnable is the verdict unable.
// One of a timing promise that comes after the machine stood still for longer than the
// promise's margin says nothing of the promise, and neither does one while a known issue keeps
// the lab from its design.
func (s *Suite) fail(message string, callerSkip ...int) {
	skip := 1
	for _, more := range callerSkip {
		skip += more
	}
	spec := ginkgo.CurrentSpecReport()
	message, unable := requirement.UnableIn(message)
	if unable {
		requirement.Rule(requirement.Ruling{Verdict: requirement.Unable, Reason: message})
	}
	if margin, timed := requirement.Margin(spec.Labels()); timed && !s.bodyOver {
		if longest := s.stalls.longest(s.bodyBegan, time.Now()); longest > margin {
			requirement.Rule(requirement.Ruling{Verdict: requirement.Inconclusive, Reason: fmt.Sprintf(
				"the machine stood still for %d ms, and this promise has a margin of %d ms: %s", longest.Milliseconds(), margin.Milliseconds(), message)})
		}
	}
	if issue := s.inTheWay(); issue != "" {
		requirement.Rule(requirement.Ruling{Verdict: requirement.Inconclusive, Reason: fmt.Sprintf(
			"known issue %s kept sessions of the lab down meanwhile: %s", issue, message)})
	}
	ginkgo.Fail(message, skip)
}

// inTheWay returns the number of a known issue that is not the running spec's own, and whose
// symptom its lab shows at this moment: then a failure of the spec's body says nothing of its
// promise. It is empty for none.
func (s *Suite) inTheWay() string {
	if s.bodyOver || s.entered == nil || s.entered.running == nil {
		return ""
	}
	// The failure may be that of a context.
	ctx, cancel := context.WithTimeout(s.context, collisionTime+judgeTimeout)
	defer cancel()
	issue := s.entered.knownIssue(ctx)
	if issue == "" || requirement.MarkedWith(ginkgo.CurrentSpecReport().Labels(), issue) || !requirement.Affects(issue, s.entered.CalicoVersion()) {
		return ""
	}
	return issue
}

// check reports whether this machine can carry a lab.
func (s *Suite) check(ctx context.Context, l *Lab) error {
	// Says more of what would help than the kernel that the suite runs under.
	if _, err := s.options.providers.ChooseKernel(ctx, l.provider, s.options.kernel, l.mode); err != nil {
		return err
	}
	return launch.Check(ctx, l.provider, lab.Options{Topology: l.topology, Mode: l.mode, BIRD: l.suite.options.bird})
}

// reportUnable writes results in which no spec was run, because this machine lacks
// something, and the suite has not succeeded: what is unable has proven nothing. Other
// reasons why a suite cannot begin leave no results.
func (s *Suite) reportUnable(t *testing.T, reason error) error {
	if s.options.results == "" || !errors.Is(reason, lab.ErrUnable) {
		return nil
	}
	report := ginkgo.PreviewSpecs(t.Name())
	report.SuiteDescription, report.StartTime, report.EndTime = s.name, time.Now(), time.Now()
	report.SuiteSucceeded = false
	report.SpecialSuiteFailureReasons = []string{reason.Error()}
	for i := range report.SpecReports {
		spec := &report.SpecReports[i]
		spec.State = types.SpecStateSkipped
		spec.Failure.Message = "unable: " + reason.Error()
	}
	return s.write(report)
}

// down takes the suite's labs down, or keeps those of a failed run if asked to.
func (s *Suite) down(ctx ginkgo.SpecContext) {
	var errs []error
	var unblamed []string
	if s.sabotage != nil {
		s.sabotage.cleanAll(ctx)
	}
	for _, l := range s.labs {
		errs = append(errs, l.down(ctx, s.options.keep))
		for _, reason := range l.gate.unblamed {
			unblamed = append(unblamed, fmt.Sprintf("a lab of %s in mode %s: %s", l.topology.Name, l.mode.Name, reason))
		}
	}
	if err := errors.Join(errs...); err != nil {
		ginkgo.Fail(err.Error())
	}
	if len(unblamed) > 0 {
		requirement.Rule(requirement.Ruling{Verdict: requirement.BrokenLab, Reason: strings.Join(unblamed, "\n")})
	}
}

// report writes the suite's results.
func (s *Suite) report(report ginkgo.Report) {
	// A preview of the specs comes by here too, and all of them look passed in it.
	if report.SuiteConfig.DryRun || s.sabotage != nil {
		return
	}
	if specs := len(report.SpecReports.WithLeafNodeType(types.NodeTypeIt)); specs != s.declared || s.ended != s.declared {
		ginkgo.Fail(fmt.Sprintf("suite %s has %d specs, of which %d are in its report and %d were told of as they ended", s.name, s.declared, specs, s.ended))
	}
	if s.options.results != "" {
		if err := errors.Join(s.write(report), s.partial.Done()); err != nil {
			ginkgo.Fail(fmt.Sprintf("write the results of suite %s: %v", s.name, err))
		}
	}
	// Ginkgo counts a skip as success. A run that proves too little is no success.
	report.SuiteLabels = append(report.SuiteLabels, s.allowed()...)
	summary := reports.Summarise(reports.Run{Reports: []reports.Report{{Report: report}}})
	if report.SuiteSucceeded && summary.Outcome() != reports.Passed {
		hint := ""
		if summary.Outcome() == reports.NotProven {
			hint = fmt.Sprintf(" (-%s allows requirements that this machine or lab cannot test)", allowUnableFlag)
		}
		ginkgo.Fail(summary.Verdict() + hint)
	}
}

// allowed says in the report what the run was allowed not to prove.
func (s *Suite) allowed() []string {
	if !s.options.allowUnable {
		return nil
	}
	return []string{reports.AllowedUnable}
}

// reportSpec writes the result of a spec that has ended, so that a run that is killed or
// times out shows what it found out.
func (s *Suite) reportSpec(spec ginkgo.SpecReport) {
	if s.sabotage != nil {
		s.sabotage.ended(spec)
		return
	}
	s.ended++
	if s.partial == nil || spec.State.Is(types.SpecStateSkipped) && spec.Failure.Message == "" {
		return // what a filter leaves out is not run
	}
	if err := s.partial.Add(spec); err != nil {
		ginkgo.Fail(fmt.Sprintf("write the results of suite %s: %v", s.name, err))
	}
}

func (s *Suite) write(report ginkgo.Report) error {
	if err := os.MkdirAll(s.options.results, 0o755); err != nil {
		return err
	}
	report = reports.Annotate(report)
	report.SuiteLabels = append(report.SuiteLabels, append(s.environment(report.SpecReports), s.allowed()...)...)
	path := filepath.Join(s.options.results, s.name)
	if err := reporters.GenerateJSONReport(report, path+".json"); err != nil {
		return err
	}
	return reporters.GenerateJUnitReport(report, path+".junit.xml")
}

// evidenceFolder is where a failed spec's evidence goes.
func (s *Suite) evidenceFolder(id string) string {
	results := s.options.results
	if results == "" {
		results = filepath.Join(os.TempDir(), "rackproof")
	}
	return filepath.Join(results, "evidence", s.name, id)
}
