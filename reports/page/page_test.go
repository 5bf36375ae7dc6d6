package page

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/reports"
)

// TestWrite writes the page of a run with all kinds of faults around it.
func TestWrite(t *testing.T) {
	d := reports.Document{
		Verdict: "FAIL: <b>", Faults: []string{"report mesh.json is damaged"},
		Suites: []reports.SuiteResult{{Name: "mesh", Labs: []reports.Place{{Mode: "fullmesh", Topology: "single-rack"}, {Mode: "mine", Topology: "./none.yaml"}}}},
	}
	var b bytes.Buffer
	if err := Write(&b, d); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"FAIL: &lt;b&gt;", "report mesh.json is damaged", "fullmesh on single-rack", `class="session"`, "none.yaml"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// TestFabrics draws each mode on each topology that it fits: one mode at least fits each.
func TestFabrics(t *testing.T) {
	for _, mode := range fixtures.Modes() {
		drawn := false
		for _, topology := range fixtures.Topologies() {
			f := draw(reports.Place{Mode: mode, Topology: topology})
			drawn = drawn || f.Fault == "" && len(f.Hosts) > 0
		}
		if !drawn {
			t.Errorf("mode %s has no drawing", mode)
		}
	}
}
