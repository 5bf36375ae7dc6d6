package reports

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2/reporters"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/requirement/catalogue"
)

func TestAnnotatedReportsCarryTheCatalogue(t *testing.T) {
	report := types.Report{SuiteDescription: "fullmesh", SpecReports: types.SpecReports{
		{LeafNodeType: types.NodeTypeIt, LeafNodeLabels: []string{"MESH-001"}, State: types.SpecStatePassed},
		{LeafNodeType: types.NodeTypeIt, LeafNodeLabels: []string{"OLD-001"}, State: types.SpecStatePassed},
	}}
	annotated := Annotate(report)
	if len(report.SpecReports[0].ReportEntries)+len(annotated.SpecReports[1].ReportEntries) > 0 {
		t.Error("the original report or an unknown requirement has an entry")
	}
	want, _ := catalogue.Of("MESH-001")
	folder := t.TempDir()
	for name, write := range map[string]func(types.Report, string) error{"a.json": reporters.GenerateJSONReport, "a.junit.xml": reporters.GenerateJUnitReport} {
		if err := write(annotated, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	found, err := readFile(filepath.Join(folder, "a.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got catalogue.Entry
	entry := found[0].SpecReports[0].ReportEntries[0]
	if err := json.Unmarshal([]byte(entry.Value.AsJSON), &got); err != nil || entry.Name != "requirement" || got.Group != "A" || len(got.Sources) != len(want.Sources) {
		t.Errorf("the JSON report has %+v (%v), want %+v", got, err, want)
	}
	junit, err := os.ReadFile(filepath.Join(folder, "a.junit.xml"))
	if err != nil {
		t.Fatal(err)
	}
	if text := string(junit); !strings.Contains(text, `<property name="requirement" value="{&#34;id&#34;:&#34;MESH-001&#34;,`) ||
		!strings.Contains(text, `&#34;profile&#34;:&#34;core&#34;`) {
		t.Errorf("the JUnit report lacks the requirement:\n%s", junit)
	}
}

func TestProfiles(t *testing.T) {
	entry := func(id string, profile catalogue.Profile) catalogue.Entry {
		return catalogue.Entry{ID: id, Suite: "fullmesh", Profile: profile}
	}
	entries := []catalogue.Entry{
		entry("MESH-001", catalogue.Core), entry("MESH-002", catalogue.Core), entry("MESH-003", catalogue.Core),
		entry("MESH-004", catalogue.Extended), {ID: "TOR-001", Suite: "tor", Profile: catalogue.Core},
	}
	run := of(types.Report{SuiteDescription: "fullmesh", SpecReports: types.SpecReports{
		spec("MESH-001", types.SpecStatePassed, nil),
		spec("MESH-002", types.SpecStateSkipped, &requirement.Ruling{Verdict: requirement.Unable, Reason: "links cannot be cut"}),
		spec("MESH-003", types.SpecStateSkipped, nil),
		spec("MESH-004", types.SpecStatePassed, nil),
		// Another suite's requirement under this suite's name counts for nothing.
		spec("TOR-001", types.SpecStatePassed, nil),
	}})
	var b strings.Builder
	if err := writeProfiles(&b, profilesOf(run.Verdicts().judgeAll(entries))); err != nil {
		t.Fatal(err)
	}
	want := `
PROFILE    PROVEN   FAILED   KNOWN   UNABLE   BROKEN LAB   INCONCLUSIVE   NOT RUN
core       1 of 4   0        0       1        0            0              2
extended   1 of 1   0        0       0        0            0              0
`
	if b.String() != want {
		t.Errorf("got%swant%s", b.String(), want)
	}
}

func TestSummaryInJSONHasTheRequirementsOfItsSuites(t *testing.T) {
	var b strings.Builder
	if err := Summarise(of(types.Report{SuiteDescription: "fullmesh", SpecReports: types.SpecReports{spec("MESH-001", types.SpecStatePassed, nil)}})).WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got summaryJSON
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Requirements) == 0 || len(got.Profiles) != len(catalogue.Profiles()) || got.Profiles[0].Proven != 1 {
		t.Fatalf("got %d requirements, profiles %+v", len(got.Requirements), got.Profiles)
	}
	for _, judged := range got.Requirements {
		want := requirement.NotRun
		if judged.ID == "MESH-001" {
			want = requirement.Pass
		}
		if judged.Suite != "fullmesh" || judged.Verdict != want || judged.Group == "" || len(judged.Sources) == 0 {
			t.Errorf("got %+v, want one of fullmesh with verdict %s, a group and sources", judged, want)
		}
	}
}
