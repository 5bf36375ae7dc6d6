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
	// quick is how long a spec may have taken to belong to the quick half.
	quick = time.Second
	// waitMargin: a wait gets the spec's time and the margin.
	waitMargin = 500 * time.Millisecond
	// sparedMargin is that of a spec which must survive: it costs time on a slow machine alone.
	sparedMargin = 5 * time.Second
	// specMargin: a whole spec gets one and a half times its time and the margin. One that
	// bounds a time by itself, and BIRD's clock is in it, gets timedMargin too.
	specMargin  = time.Second
	timedMargin = 5 * time.Second
)

// How often specs run under defects whose tables do not name them.
const (
	// enough deaths and survivals of a quick spec prove that it tells labs apart.
	enough = 2
	// longTries is under how many such defects a long spec that has not died runs.
	longTries = 2
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
	// full says that every spec runs under every defect.
	full bool
}

// round is one declaration of the suite's specs: the baseline, or one under a defect.
type round struct {
	number int
	name   string
	defect sabotage.Defect
	// reached says that a spec of the round has begun, if only to be left out.
	reached bool
}

// The first rounds.
const (
	baselineRound = 0
	canaryRound   = 1
)

// The halves of a round: its quick specs run before its long ones, which change the lab in
// most cases.
const (
	quickHalf = "quick"
	longHalf  = "long"
)

// halves are the declarations of the round, in their order. The baseline measures the specs,
// and has one.
func (r *round) halves() []string {
	if r.number == baselineRound {
		return []string{r.name}
	}
	return []string{r.name + halfMark + quickHalf, r.name + halfMark + longHalf}
}

// halfMark is between the names of a round and of its half. A label may have it.
const halfMark = "+"

// row is what a defect came to in one lab.
type row struct {
	reports.SabotageDefect
	round *round
	lab   *Lab
	// disturbed says that a long spec has run since the lab was looked at.
	disturbed bool
	// absent says that the set-up of the spec's container leaves no place for the defect.
	absent bool
	// standing is what the lab was when it had last come to rest.
	standing string
}

// sabotaged is a requirement of the suite.
type sabotaged struct {
	reports.SabotagedRequirement
	lab  *Lab
	took time.Duration
	// container names the ordered container of the spec; empty for none.
	container string
	// tries counts the defects under which it ran though their tables do not name it.
	tries int
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
	x := &sabotaging{suite: s, tests: map[string]*sabotaged{}, began: time.Now(), full: s.options.sabotageFull}
	x.rounds = []*round{{name: requirement.BaselineLabel}, {number: canaryRound, name: sabotage.Canary().ID, defect: sabotage.Canary()}}
	for _, d := range defects {
		x.rounds = append(x.rounds, &round{number: len(x.rounds), name: d.ID, defect: d})
	}
	return x
}

// declare declares the suite's specs once for each half of each round, in their order.
func (x *sabotaging) declare(specs func(*Suite)) {
	for _, r := range x.rounds {
		for half, name := range r.halves() {
			ginkgo.Describe(name, ginkgo.SpecPriority(2*(len(x.rounds)-r.number)-half), ginkgo.Label(requirement.SabotagePrefix+name), ginkgo.AroundNode(x.limit), func() {
				specs(x.suite)
			})
		}
	}
}

// roundOf finds the round that a spec belongs to, and the half.
func (x *sabotaging) roundOf(labels []string) (r *round, half string) {
	name, half, _ := strings.Cut(requirement.Sabotage(labels), halfMark)
	i := slices.IndexFunc(x.rounds, func(r *round) bool { return r.name == name })
	return x.rounds[i], half
}

// limit bounds the time of a spec's own part.
func (x *sabotaging) limit(ctx context.Context, body func(context.Context)) {
	if x.bodyEnd.IsZero() || x.suite.bodyOver {
		body(ctx)
		return
	}
	ctx, done := context.WithDeadlineCause(ctx, x.bodyEnd, fmt.Errorf("under a defect a spec gets one and a half times the time of the baseline and %s", specMargin))
	defer done()
	body(ctx)
}

// enter begins a spec in a lab, or skips it. The lab has the round's defect then, but for a
// reference, which stays as it is.
func (x *sabotaging) enter(ctx context.Context, l *Lab) {
	spec := ginkgo.CurrentSpecReport()
	id := requirement.ID(spec.Labels())
	r, half := x.roundOf(spec.Labels())
	r.reached = true
	x.judgeControls(r)
	if x.void != "" {
		ginkgo.Skip("the run is void: " + x.void)
	}
	if r.number == baselineRound || l.reference {
		if !l.reference {
			x.running = &runningSpec{id: id, lab: l}
		}
		if ruling, refused := l.gate.admit(ctx, requirement.NeedsOf(spec.Labels())); refused {
			requirement.Rule(ruling)
		}
		if r.number == baselineRound {
			ginkgo.DeferCleanup(l.leaveGate, ginkgo.NodeTimeout(upTimeout))
		}
		return
	}
	test := x.tests[id]
	switch {
	case test == nil || test.Uncounted != "":
		ginkgo.Skip("the baseline has not proven it")
	case x.isLong(test) != (half == longHalf):
		ginkgo.Skip("it runs in the other half of the round")
	case !x.wanted(r, test):
		ginkgo.Skip("its deaths are known, and the defect does not name it")
	}
	current := x.spoil(ctx, l, r, test.container != "")
	if current.NotApplicable != "" || current.Void != "" || current.absent {
		ginkgo.Skip("the defect is not in the lab")
	}
	x.running = &runningSpec{id: id, lab: l, row: current}
	took, wait := x.tookOf(test), waitMargin
	if x.spared(r, test) {
		wait = sparedMargin
	}
	gomega.SetDefaultEventuallyTimeout(min(convergence, took+wait))
	x.bodyEnd = time.Now().Add(bodyLimit(took, wait, spec.Labels()))
}

// bodyLimit is how long a spec may take under a defect, whose waits have a margin.
func bodyLimit(took, wait time.Duration, labels []string) time.Duration {
	limit := took + took/2 + wait - waitMargin + specMargin
	if _, timed := requirement.Margin(labels); timed {
		limit += timedMargin
	}
	return limit
}

// tookOf is how long a spec took in the baseline. Those of an ordered container share its
// set-up and its half, and take as long as the longest.
func (x *sabotaging) tookOf(test *sabotaged) time.Duration {
	longest := test.took
	for _, other := range x.tests {
		if test.container != "" && other.container == test.container {
			longest = max(longest, other.took)
		}
	}
	return longest
}

// isLong reports whether a spec belongs to the long half.
func (x *sabotaging) isLong(test *sabotaged) bool { return x.tookOf(test) >= quick }

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

// wanted reports whether a spec is to run in a round. It runs where the defect's table names
// it; elsewhere while its deaths are unknown.
func (x *sabotaging) wanted(r *round, test *sabotaged) bool {
	switch {
	case r.number == canaryRound:
		return x.canaryDeaths() == 0 // one death is enough
	case x.full:
		return true
	case x.named(r, test):
		return true
	}
	killed, survived := x.known(test)
	if x.isLong(test) {
		// One that has died often and never survived blames nobody.
		return killed == 0 && test.tries < longTries && !x.due(r, test) || killed >= enough && survived == 0 && x.spared(r, test)
	}
	if x.repeats(r, test.lab) && !x.unknownIn(test.lab) {
		return false
	}
	if x.deaths(test, r.defect.Kind) >= enough {
		return x.spared(r, test) // one more of the kind tells nothing new
	}
	return killed < enough || survived < enough || x.spared(r, test)
}

// deaths counts the defects of a kind of which a requirement has died.
func (x *sabotaging) deaths(test *sabotaged, kind sabotage.Kind) int {
	died := 0
	for _, row := range x.rows {
		if row.Counts() && row.Cells[test.ID].Killed && row.round.defect.Kind == kind {
			died++
		}
	}
	return died
}

// spared reports whether a round must not kill a requirement.
func (x *sabotaging) spared(r *round, test *sabotaged) bool {
	return slices.ContainsFunc(r.defect.Green, func(word string) bool {
		return reports.SabotageDefect{ID: r.name}.Spares(test.SabotagedRequirement, word)
	})
}

// named reports whether a round has to kill a requirement, or another one beside it that has
// not died yet.
func (x *sabotaging) named(r *round, test *sabotaged) bool {
	killed, _ := x.known(test)
	return slices.ContainsFunc(r.defect.Red, func(word string) bool {
		return x.asked(word, test) && (!x.reddened(r, word) || killed == 0 && (namesID(word, test.ID) || x.ofLong(word)))
	})
}

// asked reports whether a word of Red asks for a requirement. A label asks for one that changes
// the lab, which takes long, only where no other has it.
func (x *sabotaging) asked(word string, test *sabotaged) bool {
	if !test.Named(word) || namesID(word, test.ID) || !changesLab(test) {
		return test.Named(word)
	}
	for _, other := range x.tests {
		if other.Uncounted == "" && other.Named(word) && !changesLab(other) {
			return false
		}
	}
	return true
}

// changesLab reports whether a spec changes the lab itself.
func changesLab(test *sabotaged) bool {
	return slices.ContainsFunc(test.Labels, func(label string) bool { return slices.Contains(reports.ChangingLabels(), label) })
}

// namesID reports whether a word of Red is an id, or a choice with it.
func namesID(word, id string) bool { return slices.Contains(strings.Split(word, "|"), id) }

// due reports whether a defect that is still to come names a requirement by its id.
func (x *sabotaging) due(r *round, test *sabotaged) bool {
	return slices.ContainsFunc(x.rounds, func(later *round) bool {
		return later.number > r.number && slices.ContainsFunc(later.defect.Red, func(word string) bool { return namesID(word, test.ID) })
	})
}

// ofLong reports whether no quick requirement has a word. Then the defects that name it are the
// ones for its long requirements: for others the quick ones suffice.
func (x *sabotaging) ofLong(word string) bool {
	for _, test := range x.tests {
		if test.Uncounted == "" && test.Named(word) && !x.isLong(test) {
			return false
		}
	}
	return true
}

// known counts the defects of which a requirement has died, and those that it has survived.
func (x *sabotaging) known(test *sabotaged) (killed, survived int) {
	for _, row := range x.rows {
		cell, ran := row.Cells[test.ID]
		if !ran || !row.Counts() {
			continue
		}
		if cell.Killed {
			killed++
		} else {
			survived++
		}
	}
	return killed, survived
}

// repeats reports whether another lab has the round's defect already, and everything that it
// has to kill has died there.
func (x *sabotaging) repeats(r *round, l *Lab) bool {
	elsewhere := slices.ContainsFunc(x.rows, func(row *row) bool {
		return row.round == r && row.lab != l && row.NotApplicable == "" && row.Counts()
	})
	return elsewhere && !slices.ContainsFunc(r.defect.Red, func(word string) bool { return x.has(word) && !x.reddened(r, word) })
}

// has reports whether a word is on a requirement that a defect has to kill.
func (x *sabotaging) has(word string) bool {
	for _, test := range x.tests {
		if test.Uncounted == "" && test.Named(word) {
			return true
		}
	}
	return false
}

// unknownIn reports whether a lab has a quick spec that has not both died and survived.
func (x *sabotaging) unknownIn(l *Lab) bool {
	for _, test := range x.tests {
		killed, survived := x.known(test)
		if test.lab == l && test.Uncounted == "" && !x.isLong(test) && (killed == 0 || survived == 0) {
			return true
		}
	}
	return false
}

// reddened reports whether a requirement with a label or id has died in a round.
func (x *sabotaging) reddened(r *round, word string) bool {
	for _, row := range x.rows {
		for id, cell := range row.Cells {
			if row.round == r && row.Counts() && cell.Killed && x.tests[id].Named(word) {
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
	x.running, x.bodyEnd = nil, time.Time{}
	if spec.State.Is(types.SpecStateTimedout|types.SpecStateInterrupted|types.SpecStateAborted) && x.void == "" {
		x.void = "it was interrupted, or the suite's time is over: give go test a longer -timeout"
	}
	if running == nil || x.void != "" {
		return
	}
	ruling, ruled := requirement.RulingOf(spec)
	if running.row == nil {
		x.addTest(running, spec, ruling, ruled)
		return
	}
	test := x.tests[running.id]
	if x.isLong(test) {
		running.row.disturbed = true
	}
	if !slices.ContainsFunc(running.row.Red, test.Named) {
		test.tries++
	}
	running.row.Seconds += running.took.Seconds()
	if ruled {
		return // unable, inconclusive or a broken lab: nothing was found out
	}
	cell := reports.SabotageCell{Seconds: running.took.Seconds()}
	const cleanUp = types.NodeTypeCleanupAfterEach | types.NodeTypeCleanupAfterAll | types.NodeTypeAfterEach | types.NodeTypeAfterAll
	switch at := spec.Failure.FailureNodeType; {
	case spec.State.Is(types.SpecStatePassed):
	case spec.State.Is(types.SpecStateFailed) && at.Is(types.NodeTypeIt):
		cell.Killed, cell.Reason = true, spec.Failure.Message
	case spec.State.Is(types.SpecStateFailed) && at.Is(cleanUp):
		cell.Reason = spec.Failure.Message // that is no verdict of the requirement
	default:
		return // a set-up that fails or a panic is no verdict
	}
	running.row.Cells[running.id] = cell
}

// addTest adds a requirement with what the baseline found out.
func (x *sabotaging) addTest(running *runningSpec, spec types.SpecReport, ruling requirement.Ruling, ruled bool) {
	test := &sabotaged{lab: running.lab, took: running.took, SabotagedRequirement: reports.SabotagedRequirement{
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
	if spec.IsInOrderedContainer {
		test.container = strings.Join(spec.ContainerHierarchyTexts, "\n")
	}
	x.tests[running.id] = test
	x.order = append(x.order, running.id)
}

// describe names a lab by its topology and mode.
func (l *Lab) describe() string { return l.topology.Name + "/" + l.mode.Name }

// report is what the run has found out.
func (x *sabotaging) report() reports.Sabotage {
	result := reports.Sabotage{
		Suite: x.suite.name, Void: x.void, Seconds: time.Since(x.began).Seconds(),
		Partial: len(x.rounds)-canaryRound-1 < len(sabotage.All()),
	}
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
	if i := slices.IndexFunc(x.rounds, func(r *round) bool { return !r.reached }); i >= 0 && result.Void == "" {
		result.Void = fmt.Sprintf("it ended before %s: give go test a longer -timeout", x.rounds[i].name)
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
