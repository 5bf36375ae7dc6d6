package reports

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement"
)

func TestMeasured(t *testing.T) {
	s := summaryOf(t, "testdata/measured")
	measured := s.Suites[0].Measured
	if len(measured) != 2 || measured[0].ID != "SWI-001" || measured[0].State != "passed" || measured[1].ID != "SWI-002" || measured[1].State != "failed" {
		t.Fatalf("got %+v", measured)
	}
	want := requirement.Measurement{Flow: "pod on a to pod on c, across racks", Sent: 140, Lost: 7, LongestOutage: 412, LastError: "from a to c: i/o timeout"}
	if got := measured[1].Measurements; len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	var b strings.Builder
	if err := s.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	wantText := `
What was measured:

SPEC      SUITE      FLOW                                 SENT   LOST   LONGEST OUTAGE
SWI-001   switches   pod on a to pod on b, in the rack    120    0      0 ms
SWI-001   switches   pod on b to pod on a, in the rack    121    0      0 ms
SWI-002   switches   pod on a to pod on c, across racks   140    7      412 ms

FAIL: 1 failed, 2 passed in 1 suite
`
	if !strings.HasSuffix(b.String(), wantText) {
		t.Errorf("got\n%s\nwant at its end\n%s", b.String(), wantText)
	}
	b.Reset()
	if err := summaryOf(t, "testdata/passed").WriteText(&b); err != nil || strings.Contains(b.String(), "measured") {
		t.Errorf("nothing was measured: %v\n%s", err, b.String())
	}
}

func TestMeasurementThatCannotBeRead(t *testing.T) {
	for _, entry := range []string{`"0 of 3 attempts lost"`, `{"sent":3}`} {
		// As it comes from a file.
		wrapped, err := json.Marshal(map[string]string{"AsJSON": entry, "Representation": "in its words"})
		if err != nil {
			t.Fatal(err)
		}
		var value types.ReportEntryValue
		if err := json.Unmarshal(wrapped, &value); err != nil {
			t.Fatal(err)
		}
		report := types.SpecReport{ReportEntries: types.ReportEntries{
			{Name: "something else"},
			{Name: requirement.MeasuredEntry, Value: value},
		}}
		if got := measurementsOf(report); len(got) != 1 || got[0].Flow != "unreadable: in its words" {
			t.Errorf("%s: got %+v", entry, got)
		}
	}
}

func TestWriteJSON(t *testing.T) {
	type spec struct{ ID, Must, State, Message, Number string }
	type written struct {
		Passed  bool
		Verdict string
		Suites  []struct {
			Name                        string
			Passed, NotRun              int
			Failed, KnownIssues, Unable []spec
			Measured                    []struct {
				ID           string
				Measurements []requirement.Measurement
			}
		}
	}
	write := func(folder string) written {
		t.Helper()
		var b strings.Builder
		if err := summaryOf(t, folder).WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "null") {
			t.Errorf("%s: a list is null:\n%s", folder, b.String())
		}
		var w written
		if err := json.Unmarshal([]byte(b.String()), &w); err != nil {
			t.Fatal(err)
		}
		return w
	}
	mixed := write("testdata/mixed")
	if s := mixed.Suites[0]; mixed.Passed || mixed.Verdict != "FAIL: 1 failed, 2 passed, 1 unable, 1 not run in 2 suites" || s.Name != "fullmesh" || s.Passed != 1 || s.NotRun != 1 ||
		len(s.Failed) != 1 || s.Failed[0].ID != "MESH-002" || !strings.HasSuffix(s.Failed[0].Message, "- j") || len(s.Unable) != 1 {
		t.Errorf("got %+v", mixed)
	}
	known := write("testdata/known")
	if s := known.Suites[0]; !known.Passed || len(s.KnownIssues) != 1 || s.KnownIssues[0].ID != "SVC-002" || s.KnownIssues[0].Number != "projectcalico/calico#10945" {
		t.Errorf("got %+v", known)
	}
	measured := write("testdata/measured")
	if s := measured.Suites[0]; len(s.Measured) != 2 || len(s.Measured[0].Measurements) != 2 || s.Measured[1].Measurements[0].LongestOutage != 412 {
		t.Errorf("got %+v", measured)
	}
}
