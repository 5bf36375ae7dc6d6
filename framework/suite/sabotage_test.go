package suite

import (
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/sabotage"
	"github.com/rackproof/rackproof/framework/topology"
	"github.com/rackproof/rackproof/reports"
)

// sabotagedSuite is a run with two defects, in whose baseline a quick and a long spec passed.
func sabotagedSuite() *sabotaging {
	x := newSabotaging(&Suite{name: "mesh"}, []sabotage.Defect{{ID: "table-x", Red: []string{"changes"}}, {ID: "table-y"}})
	l := &Lab{topology: &topology.Topology{Name: "rack"}, mode: &calico.Mode{Name: "mesh"}}
	for id, took := range map[string]time.Duration{"MESH-001": quick / 2, "MESH-030": 2 * quick} {
		x.running = &runningSpec{id: id, lab: l, took: took}
		x.ended(types.SpecReport{State: types.SpecStatePassed, LeafNodeText: id + ": a node MUST", LeafNodeLabels: []string{id, "changes"}})
	}
	return x
}

// kill ends a spec in a round as failed, at a kind of node.
func (x *sabotaging) kill(r *round, id string, at types.NodeType) {
	current := x.rowOf(nil, r)
	if current == nil {
		current = &row{round: r, SabotageDefect: reports.SabotageDefect{ID: r.name, Cells: map[string]reports.SabotageCell{}}}
		x.rows = append(x.rows, current)
	}
	x.running = &runningSpec{id: id, row: current}
	x.ended(types.SpecReport{State: types.SpecStateFailed, Failure: types.Failure{Message: "no route", FailureNodeType: at}})
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
	x.kill(x.rounds[canaryRound], "MESH-001", types.NodeTypeIt)
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

func TestCleanUpKillsNobody(t *testing.T) {
	x := sabotagedSuite()
	x.kill(x.rounds[2], "MESH-001", types.NodeTypeCleanupAfterEach)
	if test := x.tests["MESH-001"]; test.killed != 0 || test.survived != 1 {
		t.Errorf("killed %d, survived %d", test.killed, test.survived)
	}
}

func TestLongSpecsRunUntilTheyAreKnown(t *testing.T) {
	x := sabotagedSuite()
	named, other := x.rounds[2], x.rounds[3]
	quickOne, long := x.tests["MESH-001"], x.tests["MESH-030"]
	if !x.wanted(other, quickOne, nil) || !x.wanted(other, long, nil) {
		t.Error("a spec that has not died yet does not run")
	}
	long.killed, long.survived = 1, 1
	quickOne.killed, quickOne.survived = 1, 1
	if !x.wanted(other, quickOne, nil) {
		t.Error("a quick spec does not run under every defect")
	}
	if x.wanted(other, long, []string{"changes"}) {
		t.Error("a long spec runs though its deaths are known")
	}
	if !x.wanted(named, long, []string{"changes"}) {
		t.Error("a long spec does not run under a defect that names it")
	}
	x.kill(named, "MESH-030", types.NodeTypeIt)
	if x.wanted(named, long, []string{"changes"}) {
		t.Error("a label that a death has reddened runs on")
	}
}
