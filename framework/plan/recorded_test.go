package plan_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/plan"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/snapshot"
)

// records are the states of real labs (fixtures/labs).
func records(t *testing.T) map[string]snapshot.Record {
	t.Helper()
	files, err := filepath.Glob("../../fixtures/labs/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("error %v, and %d recorded states", err, len(files))
	}
	all := map[string]snapshot.Record{}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		if all[name], err = snapshot.Decode(name, data, fixtures.Topology, drivers.Software()); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// allotted gives a planned state what a lab's cluster has allotted: blocks, addresses, pods
// and services. Everything else stays as it is planned.
func allotted(planned, lab oracle.State) oracle.State {
	s := planned.Clone()
	for i := range s.Nodes {
		n := &s.Nodes[i]
		at := slices.IndexFunc(lab.Nodes, func(o oracle.Node) bool { return o.Name == n.Name })
		if at < 0 {
			continue
		}
		o := lab.Nodes[at]
		n.Blocks, n.Borrowed, n.Workloads, n.EndRoutes = o.Blocks, o.Borrowed, o.Workloads, o.EndRoutes
		n.IPIPTunnel, n.VXLANTunnel, n.FlannelHardwareAddress = o.IPIPTunnel, o.VXLANTunnel, o.FlannelHardwareAddress
	}
	s.Services = lab.Services
	return s
}

// recordedChanged are the modes of which every recorded lab had been changed by a spec.
var recordedChanged = []string{"ipipleaf"}

// A plan is what a lab of the design comes to. With the blocks, pods and services of a real
// lab, which its cluster chose, the planned sessions, routes, paths and VTEPs are those that
// its hosts had: all of them in every baseline, and in one state of each mode at least but
// for recordedChanged. The other states are of labs that a spec had changed.
func TestPlannedIsWhatLabsHad(t *testing.T) {
	agree := map[string]int{}
	for name, record := range records(t) {
		mode, err := fixtures.Mode(record.Mode)
		if err != nil {
			t.Fatal(err)
		}
		state, err := plan.State(record.State.Topology, mode, drivers.Software())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		record.State = allotted(state, record.State)
		difference, err := record.Difference()
		if err == nil && difference == "" {
			agree[record.Mode]++
		} else if record.Source == "baseline" {
			t.Errorf("%s: error %v, difference (-: planned alone, +: the lab's alone)\n%s", name, err, difference)
		}
	}
	for _, mode := range fixtures.Modes() {
		if proven := agree[mode] > 0; proven == slices.Contains(recordedChanged, mode) {
			t.Errorf("a lab of mode %s had what is planned: %t (recordedChanged lists the modes without such a record)", mode, proven)
		}
	}
	t.Logf("labs that had what is planned, by mode: %v", agree)
}
