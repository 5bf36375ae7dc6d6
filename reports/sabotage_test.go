package reports

import (
	"slices"
	"strings"
	"testing"
)

// cells makes the cells of a row: requirements that die, and those that survive.
func cells(killed, survived string) map[string]SabotageCell {
	all := map[string]SabotageCell{}
	for id := range strings.FieldsSeq(killed) {
		all[id] = SabotageCell{Killed: true}
	}
	for id := range strings.FieldsSeq(survived) {
		all[id] = SabotageCell{}
	}
	return all
}

// soundSabotage is a run in which every requirement dies of a defect and survives another.
func soundSabotage() Sabotage {
	return Sabotage{
		Suite: "fullmesh",
		Requirements: []SabotagedRequirement{
			{ID: "MESH-001", Labels: []string{"sessions"}},
			{ID: "MESH-010", Labels: []string{"routes"}},
			{ID: "MESH-020", Uncounted: "a known issue breaks it"},
		},
		Defects: []SabotageDefect{
			{ID: "session-shut", Red: []string{"sessions"}, Cells: cells("MESH-001 MESH-010", "")},
			{ID: "table-blackhole", Red: []string{"routes"}, Green: []string{"sessions"}, Cells: cells("MESH-010", "MESH-001")},
			{ID: "datapath-loss", Green: []string{"sessions", "routes"}, Cells: cells("", "MESH-001 MESH-010")},
			{ID: "tunnel-dropped", NotApplicable: "no pool encapsulates"},
		},
	}
}

func TestSabotageVerdict(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Sabotage)
		// verdict begins the last line, and fault is in one of the faults; empty for none.
		verdict, fault string
	}{
		{"sound", func(*Sabotage) {}, "PASS", ""},
		{"void", func(s *Sabotage) { s.Void = "no spec dies of the canary" }, "VOID", ""},
		{"a void defect", func(s *Sabotage) { s.Defects[2].Void = "it does not appear" }, "FAIL", "datapath-loss on  is void"},
		{"a requirement that nothing kills", func(s *Sabotage) { s.Defects[0].Cells["MESH-001"] = SabotageCell{} }, "FAIL", "MESH-001: none of 3 defects kills it"},
		{"a requirement that none of some defects kills", func(s *Sabotage) {
			s.Partial = true
			s.Defects[0].Cells["MESH-001"] = SabotageCell{}
			s.Defects[0].Red = nil
		}, "PASS", ""},
		{"some defects, of which one kills nobody that it has to", func(s *Sabotage) {
			s.Partial = true
			s.Defects[0].Cells["MESH-001"] = SabotageCell{}
		}, "FAIL", "session-shut has to kill"},
		{"only defects that no lab of the suite can have", func(s *Sabotage) {
			s.Partial = true
			s.Defects = s.Defects[3:]
		}, "FAIL", "no defect of 1 was in a lab"},
		{"a requirement that did not run", func(s *Sabotage) {
			s.Requirements = append(s.Requirements, SabotagedRequirement{ID: "MESH-030"})
		}, "FAIL", "MESH-030: none of 0 defects kills it"},
		{"a requirement that dies of everything", func(s *Sabotage) { s.Defects[2].Cells["MESH-010"] = SabotageCell{Killed: true} }, "FAIL", "MESH-010: it dies of all 3 defects"},
		{"the deaths of a void row do not count", func(s *Sabotage) { s.Defects[0].Void = "it does not appear" }, "FAIL", "MESH-001: none of 2"},
		{"nothing red", func(s *Sabotage) {
			s.Defects[0].Red = []string{"MESH-001"}
			s.Defects[0].Cells["MESH-001"] = SabotageCell{}
		}, "FAIL", "session-shut has to kill"},
		{"nothing red of several", func(s *Sabotage) { s.Defects[2].Red = []string{"sessions|routes"} }, "FAIL", "datapath-loss has to kill one of sessions|routes"},
		{"red of a defect without effect", func(s *Sabotage) {
			s.Defects[2].Red, s.Defects[2].Unmet = []string{"routes"}, "no packet has met it"
		}, "PASS", ""},
		{"the deaths of a defect without effect do not count", func(s *Sabotage) { s.Defects[0].Unmet = "no packet has met it" }, "FAIL", "MESH-001: none of 2"},
		{"something green changes the lab itself", func(s *Sabotage) {
			s.Requirements[1].Labels = []string{"routes", "changes"}
			s.Defects[1].Green = []string{"routes"}
		}, "PASS", ""},
		{"something green sends", func(s *Sabotage) {
			s.Requirements[1].Labels = []string{"routes", "need:clients"}
			s.Defects[2].Cells["MESH-010"] = SabotageCell{Killed: true}
			s.Defects = append(s.Defects, SabotageDefect{ID: "table-rule", Cells: cells("", "MESH-010")})
		}, "PASS", ""},
		{"something green is red", func(s *Sabotage) { s.Defects[1].Green = []string{"MESH-010"} }, "FAIL", "table-blackhole must not kill MESH-010"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := soundSabotage()
			test.change(&run)
			if got := run.Verdict(); !strings.HasPrefix(got, test.verdict+":") {
				t.Errorf("the verdict is %q, and faults %q", got, run.Faults())
			}
			found := slices.ContainsFunc(run.Faults(), func(f string) bool { return strings.Contains(f, test.fault) })
			if test.fault == "" && len(run.Faults()) > 0 || test.fault != "" && !found {
				t.Errorf("faults %q, and not %q", run.Faults(), test.fault)
			}
		})
	}
}

func TestSabotageIsRead(t *testing.T) {
	folder := t.TempDir()
	if err := soundSabotage().Write(folder); err != nil {
		t.Fatal(err)
	}
	runs, err := ReadSabotage(folder)
	if err != nil || len(runs) != 1 || runs[0].Verdict() != soundSabotage().Verdict() {
		t.Errorf("%v, %v", runs, err)
	}
	text := soundSabotage().Markdown()
	for _, want := range []string{"| MESH-010 | 0.0 | 2/3 | K | K | s |", "- tunnel-dropped on : no pool encapsulates", "- MESH-020: a known issue breaks it", "Unspecific", "MESH-010 (2 of 3)"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text has no %q:\n%s", want, text)
		}
	}
}
