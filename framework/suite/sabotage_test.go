package suite

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/sabotage"
	"github.com/rackproof/rackproof/framework/topology"
	"github.com/rackproof/rackproof/reports"
)

// sabotagedSuite is a run with two defects, in whose baseline a quick and a long spec passed.
func sabotagedSuite() *sabotaging {
	x := newSabotaging(&Suite{name: "mesh"}, []sabotage.Defect{{ID: "table-x", Red: []string{"changes", "TOR-001"}}, {ID: "table-y", Green: []string{"MESH-001"}}})
	l := &Lab{topology: &topology.Topology{Name: "rack"}, mode: &calico.Mode{Name: "mesh"}}
	x.pass(l, "MESH-001", quick/2)
	x.pass(l, "MESH-030", 2*quick, "changes")
	return x
}

// pass ends a spec of the baseline as passed.
func (x *sabotaging) pass(l *Lab, id string, took time.Duration, labels ...string) {
	x.running = &runningSpec{id: id, lab: l, took: took}
	x.ended(types.SpecReport{State: types.SpecStatePassed, LeafNodeText: id + ": a node MUST", LeafNodeLabels: append(labels, id)})
}

// end ends a spec in a round and in its lab, at a kind of node.
func (x *sabotaging) end(r *round, id string, state types.SpecState, at types.NodeType) {
	l := x.tests[id].lab
	current := x.rowOf(l, r)
	if current == nil {
		current = &row{round: r, lab: l, SabotageDefect: reports.SabotageDefect{
			ID: r.name, Red: r.defect.Red, Canary: r.number == canaryRound, Cells: map[string]reports.SabotageCell{},
		}}
		x.rows = append(x.rows, current)
	}
	x.running = &runningSpec{id: id, row: current}
	x.ended(types.SpecReport{State: state, Failure: types.Failure{Message: "no route", FailureNodeType: at}})
}

// kill ends a spec in a round as failed, and spare as passed.
func (x *sabotaging) kill(r *round, id string) {
	x.end(r, id, types.SpecStateFailed, types.NodeTypeIt)
}
func (x *sabotaging) spare(r *round, id string) {
	x.end(r, id, types.SpecStatePassed, types.NodeTypeInvalid)
}

func TestControls(t *testing.T) {
	x := sabotagedSuite()
	x.judgeControls(x.rounds[canaryRound])
	if x.void != "" {
		t.Errorf("a baseline that has passed is void: %s", x.void)
	}
	x.judgeControls(x.rounds[canaryRound+1])
	if !strings.Contains(x.void, "canary") {
		t.Errorf("no spec has died of the canary, and the run is void because of %q", x.void)
	}

	x = sabotagedSuite()
	x.kill(x.rounds[canaryRound], "MESH-001")
	x.judgeControls(x.rounds[canaryRound+1])
	if x.void != "" {
		t.Errorf("a spec has died of the canary, and the run is void: %s", x.void)
	}

	x = sabotagedSuite()
	x.running = &runningSpec{id: "MESH-002", lab: &Lab{topology: &topology.Topology{}, mode: &calico.Mode{}}}
	x.ended(types.SpecReport{State: types.SpecStateFailed, Failure: types.Failure{Message: "it is red"}})
	x.judgeControls(x.rounds[canaryRound])
	if !strings.Contains(x.void, "MESH-002: it is red") {
		t.Errorf("the baseline has failed, and the run is void because of %q", x.void)
	}
}

func TestDeathsAreOfTheSpecItself(t *testing.T) {
	for _, test := range []struct {
		state            types.SpecState
		at               types.NodeType
		killed, survived int
	}{
		{types.SpecStateFailed, types.NodeTypeIt, 1, 0},
		{types.SpecStatePassed, types.NodeTypeInvalid, 0, 1},
		{types.SpecStateFailed, types.NodeTypeCleanupAfterEach, 0, 1},
		{types.SpecStateFailed, types.NodeTypeBeforeAll, 0, 0},
		{types.SpecStatePanicked, types.NodeTypeIt, 0, 0},
		{types.SpecStateSkipped, types.NodeTypeIt, 0, 0},
	} {
		x := sabotagedSuite()
		x.end(x.rounds[2], "MESH-001", test.state, test.at)
		if killed, survived := x.known(x.tests["MESH-001"]); killed != test.killed || survived != test.survived {
			t.Errorf("%s at %s: killed %d, survived %d", test.state, test.at, killed, survived)
		}
	}
}

func TestTheSuitesTimeKillsNobody(t *testing.T) {
	x := sabotagedSuite()
	x.end(x.rounds[2], "MESH-001", types.SpecStateTimedout, types.NodeTypeIt)
	if killed, _ := x.known(x.tests["MESH-001"]); killed > 0 || x.void == "" {
		t.Errorf("killed %d, and the run is void because of %q", killed, x.void)
	}
}

func TestWhatTheCanaryKillsIsUnknown(t *testing.T) {
	x := sabotagedSuite()
	x.kill(x.rounds[canaryRound], "MESH-001")
	if killed, _ := x.known(x.tests["MESH-001"]); killed > 0 {
		t.Error("a death of the canary counts")
	}
}

func TestWhatHadNoEffectKillsNobody(t *testing.T) {
	x := sabotagedSuite()
	x.kill(x.rounds[2], "MESH-001")
	x.rows[0].Unmet = "no packet has met it"
	if killed, _ := x.known(x.tests["MESH-001"]); killed > 0 {
		t.Error("a death of a defect that nothing has met counts")
	}
}

func TestHalves(t *testing.T) {
	x := sabotagedSuite()
	for _, want := range x.rounds {
		for _, name := range want.halves() {
			if r, half := x.roundOf([]string{"MESH-001", requirement.SabotagePrefix + name}); r != want || half != "" && half != quickHalf && half != longHalf {
				t.Errorf("%s is of round %s, half %q", name, r.name, half)
			}
		}
	}
	if x.isLong(x.tests["MESH-001"]) || !x.isLong(x.tests["MESH-030"]) {
		t.Error("the halves are exchanged")
	}
	// The specs of an ordered container share its set-up.
	x.tests["MESH-001"].container, x.tests["MESH-030"].container = "live", "live"
	if !x.isLong(x.tests["MESH-001"]) {
		t.Error("a container's specs are in two halves")
	}
}

func TestLongSpecsWaitForTheirDefect(t *testing.T) {
	x := sabotagedSuite()
	long, first, second := x.tests["MESH-030"], x.rounds[2], x.rounds[3]
	first.defect.Red, second.defect.Red = []string{"routes"}, []string{"VXL-001|MESH-030"}
	x.tests["MESH-001"].Labels, long.Labels = []string{"routes"}, []string{"routes"}
	x.kill(first, "MESH-001")
	if x.wanted(first, long) {
		t.Error("a long spec runs for a label that a quick one has reddened, though another defect names it")
	}
	if !x.wanted(second, long) {
		t.Error("a long spec does not run under the defect that names it")
	}
}

// Ginkgo takes the labels, and runs the specs in the order of the rounds, quick halves first.
func TestRoundsAreDeclaredInOrder(t *testing.T) {
	x := newSabotaging(&Suite{name: "mesh"}, []sabotage.Defect{{ID: "table-y"}, {ID: "table-x"}})
	x.declare(func(*Suite) {
		for _, id := range []string{"MESH-002", "MESH-001"} {
			requirement.Requirement(id, "it MUST work", func() {})
		}
	})
	var got []string
	for _, spec := range ginkgo.PreviewSpecs(t.Name()).SpecReports {
		r, half := x.roundOf(spec.Labels())
		if name := strings.TrimSpace(r.name + " " + half); len(got) == 0 || got[len(got)-1] != name {
			got = append(got, name)
		}
	}
	want := []string{"baseline", "canary quick", "canary long", "table-y quick", "table-y long", "table-x quick", "table-x long"}
	if !slices.Equal(got, want) {
		t.Errorf("the rounds are %q, want %q", got, want)
	}
}

func TestSpecsRunUntilTheyAreKnown(t *testing.T) {
	x := sabotagedSuite()
	x.rounds = append(x.rounds, &round{number: 4, name: "table-z"}, &round{number: 5, name: "table-u"})
	named, green, other, another := x.rounds[2], x.rounds[3], x.rounds[4], x.rounds[5]
	quickOne, long := x.tests["MESH-001"], x.tests["MESH-030"]
	if !x.wanted(green, quickOne) || !x.wanted(green, long) {
		t.Error("a spec that has not died yet does not run")
	}
	x.spare(green, long.ID)
	x.end(other, long.ID, types.SpecStateFailed, types.NodeTypeBeforeAll)
	if x.wanted(another, long) {
		t.Error("a long spec is tried on and on")
	}
	if !x.wanted(named, long) {
		t.Error("a long spec does not run under a defect that names it")
	}
	x.kill(named, long.ID)
	if x.wanted(named, long) {
		t.Error("a long spec runs though its word is red and its death is known")
	}
	for i, r := range []*round{named, another} {
		x.kill(r, quickOne.ID)
		x.spare([]*round{green, other}[i], quickOne.ID)
	}
	if x.wanted(&round{name: "table-t", number: 6}, quickOne) {
		t.Error("a quick spec runs though it has died and survived twice")
	}
	if !x.wanted(green, quickOne) {
		t.Error("a spec does not run where it must not die")
	}
	if x.full = true; !x.wanted(other, long) {
		t.Error("a full run leaves a spec out")
	}
}

func TestALabelAsksForSpecsThatLeaveTheLabAlone(t *testing.T) {
	x := sabotagedSuite()
	r := x.rounds[2]
	r.defect.Red = []string{"routes"}
	changing, other := x.tests["MESH-030"], x.tests["MESH-001"]
	changing.Labels = []string{"routes", "changes"}
	if !x.named(r, changing) {
		t.Error("a label that only a changing spec has asks for nobody")
	}
	other.Labels = []string{"routes"}
	if x.named(r, changing) || !x.named(r, other) {
		t.Error("a label asks for a spec that changes the lab, though another has it")
	}
	r.defect.Red = []string{"MESH-030"}
	if !x.named(r, changing) {
		t.Error("an id does not ask for its spec")
	}
}

// A long spec that defects name again and again would blame nobody.
func TestALongSpecSurvivesOnce(t *testing.T) {
	x := sabotagedSuite()
	long, green := x.tests["MESH-030"], x.rounds[3]
	long.Labels, green.defect.Green = []string{"routes"}, []string{"routes"}
	x.kill(x.rounds[2], long.ID)
	if x.wanted(green, long) {
		t.Error("a long spec runs again after one death")
	}
	x.rounds = append(x.rounds, &round{number: 4, name: "table-z"})
	x.kill(x.rounds[4], long.ID)
	if !x.wanted(green, long) {
		t.Error("a spec that has only died does not run where it must survive")
	}
	x.spare(green, long.ID)
	if x.wanted(green, long) {
		t.Error("a long spec survives on and on")
	}
}

func TestQuickSpecsDieTwiceOfAKind(t *testing.T) {
	x := sabotagedSuite()
	test := x.tests["MESH-001"]
	for i, kind := range []sabotage.Kind{sabotage.Session, sabotage.Session, sabotage.Session, sabotage.Table} {
		x.rounds = append(x.rounds, &round{number: 4 + i, name: fmt.Sprintf("%s-%d", kind, i), defect: sabotage.Defect{Kind: kind}})
	}
	x.kill(x.rounds[4], test.ID)
	if !x.wanted(x.rounds[5], test) {
		t.Error("a quick spec does not run until it has died twice")
	}
	x.kill(x.rounds[5], test.ID)
	if x.wanted(x.rounds[6], test) {
		t.Error("a quick spec dies on and on of one kind")
	}
	if !x.wanted(x.rounds[7], test) {
		t.Error("a quick spec that has not survived does not run under another kind")
	}
}

func TestSparedSpecsHaveTime(t *testing.T) {
	if tight, ample := bodyLimit(quick, waitMargin, nil), bodyLimit(quick, sparedMargin, nil); ample-tight != sparedMargin-waitMargin {
		t.Errorf("limits of %s and %s", tight, ample)
	}
}

func TestASecondLabIsLeftOut(t *testing.T) {
	x := sabotagedSuite()
	second := &Lab{topology: &topology.Topology{Name: "racks"}, mode: &calico.Mode{Name: "mesh"}}
	x.pass(second, "MESH-040", quick/2, "changes")
	r, other := x.rounds[2], x.rounds[3]
	x.kill(other, "MESH-040")
	x.kill(r, "MESH-030")
	if !x.wanted(r, x.tests["MESH-040"]) {
		t.Error("a lab is left out whose spec has not survived anything yet")
	}
	x.rounds = append(x.rounds, &round{number: 4, name: "table-z"})
	x.spare(x.rounds[4], "MESH-040")
	if x.wanted(r, x.tests["MESH-040"]) {
		t.Error("a second lab gets a defect that has killed what it has to, and everything there is known")
	}
}
