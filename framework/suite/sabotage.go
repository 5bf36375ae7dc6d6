package suite

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/sabotage"
	"github.com/rackproof/rackproof/reports"
)

// Limits of specs under a defect, by the time that they took in the baseline. No wait of a
// spec has taken longer than the spec, so that the baseline proves that they suffice.
const (
	// quick is how long a spec may have taken to run under every defect.
	quick = time.Second
	// shortestWait and waitMargin: a wait gets twice the spec's time and the margin.
	shortestWait = time.Second
	waitMargin   = 500 * time.Millisecond
	// specMargin: a whole spec gets three times its time and the margin.
	specMargin = 3 * time.Second
)

// sabotaging is a run of a suite under defects (docs/sabotage.md). The suite's specs are
// declared once for each round: Ginkgo runs a tree once in a process.
type sabotaging struct {
	suite  *Suite
	rounds []*round
	tests  map[string]*sabotaged
	// running is the spec that runs; nil between specs, and for one that is left out.
	running *runningSpec
	// bodyEnd is when the running spec's own part has to be over; zero in the baseline.
	bodyEnd time.Time
	// failed are the failures of the baseline.
	failed []string
	void   string
	rows   []*row
	order  []string
	began  time.Time
}

// round is one declaration of the suite's specs: the baseline, or one under a defect.
type round struct {
	number int
	name   string
	defect sabotage.Defect
}

// The first rounds.
const (
	baselineRound = 0
	canaryRound   = 1
)

// row is what a defect came to in one lab.
type row struct {
	reports.SabotageDefect
	round *round
	lab   *Lab
	// disturbed says that a long spec has run since the lab was looked at.
	disturbed bool
}

// sabotaged is a requirement of the suite.
type sabotaged struct {
	reports.SabotagedRequirement
	took             time.Duration
	killed, survived int
}

// runningSpec is a spec that the gate has let in.
type runningSpec struct {
	id   string
	lab  *Lab
	row  *row
	took time.Duration
}

// spoiled is a lab's defect.
type spoiled struct {
	row      *row
	spoiling sabotage.Spoiling
}

func newSabotaging(s *Suite, defects []sabotage.Defect) *sabotaging {
	x := &sabotaging{suite: s, tests: map[string]*sabotaged{}, began: time.Now()}
	x.rounds = []*round{{name: requirement.BaselineLabel}, {number: canaryRound, name: sabotage.Canary().ID, defect: sabotage.Canary()}}
	for _, d := range defects {
		x.rounds = append(x.rounds, &round{number: len(x.rounds), name: d.ID, defect: d})
	}
	return x
}

// declare declares the suite's specs once for each round, in the order of the rounds.
func (x *sabotaging) declare(specs func(*Suite)) {
	for _, r := range x.rounds {
		ginkgo.Describe(r.name, ginkgo.SpecPriority(len(x.rounds)-r.number), ginkgo.Label(requirement.SabotagePrefix+r.name), ginkgo.AroundNode(x.limit), func() {
			specs(x.suite)
		})
	}
}

// roundOf finds the round that a spec belongs to.
func (x *sabotaging) roundOf(labels []string) *round {
	name := requirement.Sabotage(labels)
	i := slices.IndexFunc(x.rounds, func(r *round) bool { return r.name == name })
	return x.rounds[i]
}

// limit bounds the time of a spec's own part.
func (x *sabotaging) limit(ctx context.Context, body func(context.Context)) {
	if x.bodyEnd.IsZero() || x.suite.bodyOver {
		body(ctx)
		return
	}
	ctx, done := context.WithDeadlineCause(ctx, x.bodyEnd, fmt.Errorf("under a defect a spec gets three times the time of the baseline and %s", specMargin))
	defer done()
	body(ctx)
}

// enter begins a spec in a lab, or skips it. The lab has the round's defect then.
func (x *sabotaging) enter(ctx context.Context, l *Lab) {
	spec := ginkgo.CurrentSpecReport()
	r, id := x.roundOf(spec.Labels()), requirement.ID(spec.Labels())
	x.running, x.bodyEnd = nil, time.Time{}
	x.judgeControls(r)
	switch {
	case x.void != "":
		ginkgo.Skip("the run is void: " + x.void)
	case r.number == baselineRound:
		x.running = &runningSpec{id: id, lab: l}
		if ruling, refused := l.gate.admit(ctx, requirement.NeedsOf(spec.Labels())); refused {
			requirement.Rule(ruling)
		}
		ginkgo.DeferCleanup(l.leaveGate, ginkgo.NodeTimeout(upTimeout))
		return
	}
	test := x.tests[id]
	if test == nil || test.Uncounted != "" {
		ginkgo.Skip("the baseline has not proven it")
	}
	if !x.wanted(r, test, spec.Labels()) {
		ginkgo.Skip("it is long, and its deaths are known")
	}
	current := x.spoil(ctx, l, r)
	if current.NotApplicable != "" || current.Void != "" {
		ginkgo.Skip("the defect is not in the lab")
	}
	x.running = &runningSpec{id: id, lab: l, row: current}
	gomega.SetDefaultEventuallyTimeout(min(convergence, max(shortestWait, 2*test.took+waitMargin)))
	x.bodyEnd = time.Now().Add(3*test.took + specMargin)
}

// judgeControls makes the run void when the baseline has not passed, or the canary has killed
// nobody.
func (x *sabotaging) judgeControls(r *round) {
	if r.number > baselineRound && len(x.failed) > 0 && x.void == "" {
		x.void = "the baseline has not passed: " + strings.Join(x.failed, "; ")
	}
	if r.number <= canaryRound || x.void != "" {
		return
	}
	if x.canaryDeaths() == 0 {
		x.void = "no spec dies of the canary: " + sabotage.Canary().What
	}
}

// canaryDeaths counts the specs that the canary has killed.
func (x *sabotaging) canaryDeaths() int {
	killed := 0
	for _, row := range x.rows {
		for _, cell := range row.Cells {
			if row.round.number == canaryRound && cell.Killed {
				killed++
			}
		}
	}
	return killed
}

// wanted reports whether a spec is to run in a round. A long one runs until it is known to
// die of one defect and to survive another, and where the defect names it.
func (x *sabotaging) wanted(r *round, test *sabotaged, labels []string) bool {
	switch {
	case test.took < quick:
		return true
	case r.number == canaryRound:
		// One death is enough, and here long specs would take their whole time.
		return x.canaryDeaths() == 0
	case test.killed == 0 || test.survived == 0:
		return true
	}
	named := func(word string) bool { return word == test.ID || slices.Contains(labels, word) }
	return slices.ContainsFunc(r.defect.Red, func(word string) bool { return named(word) && !x.reddened(r, word) })
}

// reddened reports whether a requirement with a label or id has died in a round.
func (x *sabotaging) reddened(r *round, word string) bool {
	for _, row := range x.rows {
		for id, cell := range row.Cells {
			if row.round == r && cell.Killed && (id == word || slices.Contains(x.tests[id].Labels, word)) {
				return true
			}
		}
	}
	return false
}

// endBody ends the limits of a spec's own part.
func (x *sabotaging) endBody() {
	if x.running != nil {
		x.running.took = time.Since(x.suite.bodyBegan)
	}
	x.bodyEnd = time.Time{}
	gomega.SetDefaultEventuallyTimeout(convergence)
}

// ended takes the result of a spec.
func (x *sabotaging) ended(spec types.SpecReport) {
	running := x.running
	x.running = nil
	if running == nil {
		return
	}
	ruling, ruled := requirement.RulingOf(spec)
	if running.row != nil && x.tests[running.id].took >= quick {
		running.row.disturbed = true
	}
	if running.row == nil {
		x.addTest(running, spec, ruling, ruled)
		return
	}
	if ruled {
		return // unable, inconclusive or a broken lab: nothing was found out
	}
	running.row.Seconds += running.took.Seconds()
	cell := reports.SabotageCell{Seconds: running.took.Seconds()}
	// Clean-up that fails is no verdict of the requirement.
	cell.Killed = spec.Failed() && !spec.Failure.FailureNodeType.Is(types.NodeTypeCleanupAfterEach|types.NodeTypeCleanupAfterAll|types.NodeTypeAfterEach|types.NodeTypeAfterAll)
	if spec.Failed() {
		cell.Reason = spec.Failure.Message
	}
	if cell.Killed {
		x.tests[running.id].killed++
	} else {
		x.tests[running.id].survived++
	}
	running.row.Cells[running.id] = cell
}

// addTest adds a requirement with what the baseline found out.
func (x *sabotaging) addTest(running *runningSpec, spec types.SpecReport, ruling requirement.Ruling, ruled bool) {
	test := &sabotaged{took: running.took, SabotagedRequirement: reports.SabotagedRequirement{
		ID: running.id, Must: strings.TrimPrefix(spec.LeafNodeText, running.id+": "), Lab: running.lab.describe(),
		Seconds: running.took.Seconds(), Labels: spec.Labels(),
	}}
	known := slices.ContainsFunc(spec.ReportEntries, func(e types.ReportEntry) bool { return e.Name == requirement.KnownIssueEntry })
	switch {
	case ruled && ruling.Verdict != requirement.BrokenLab:
		test.Uncounted = ruling.String()
	case spec.Failed():
		test.Uncounted = "the baseline failed"
		x.failed = append(x.failed, running.id+": "+strings.SplitN(spec.Failure.Message, "\n", 2)[0])
	case spec.State != types.SpecStatePassed:
		test.Uncounted = "the baseline did not run it"
	case known:
		test.Uncounted = "a known issue breaks it"
	}
	x.tests[running.id] = test
	x.order = append(x.order, running.id)
}

// describe names a lab by its topology and mode.
func (l *Lab) describe() string { return l.topology.Name + "/" + l.mode.Name }

// report is what the run has found out.
func (x *sabotaging) report() reports.Sabotage {
	result := reports.Sabotage{Suite: x.suite.name, Void: x.void, Seconds: time.Since(x.began).Seconds()}
	for _, id := range x.order {
		result.Requirements = append(result.Requirements, x.tests[id].SabotagedRequirement)
	}
	for _, r := range x.rows {
		result.Defects = append(result.Defects, r.SabotageDefect)
	}
	return result
}

// finish writes the result, and shows it where it is not written.
func (x *sabotaging) finish(t *testing.T) {
	result := x.report()
	if x.void == "" && len(x.failed) > 0 {
		result.Void = "the baseline has not passed: " + strings.Join(x.failed, "; ")
	}
	if x.void == "" && len(x.rows) == 0 && result.Void == "" {
		result.Void = "no defect was put in"
	}
	if folder := x.suite.options.results; folder != "" {
		if err := result.Write(folder); err != nil {
			t.Error(err)
		}
	} else {
		fmt.Fprintln(os.Stdout, result.Markdown())
	}
	if result.Void != "" {
		fmt.Fprintln(os.Stdout, "The run is VOID: "+result.Void)
	}
	for _, fault := range result.Faults() {
		fmt.Fprintln(os.Stdout, fault)
	}
	if result.Passed() {
		fmt.Fprintln(os.Stdout, result.Verdict())
		return
	}
	t.Error(result.Verdict())
}

// silent takes the failures of specs from Ginkgo: under a defect they are what is looked for.
type silent struct{}

// Fail implements ginkgo.GinkgoTestingT.
func (silent) Fail() {}
