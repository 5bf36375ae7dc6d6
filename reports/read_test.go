package reports

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2/types"
)

func TestRead(t *testing.T) {
	run, err := Read("testdata/mixed")
	if err != nil {
		t.Fatal(err)
	}
	if found := run.Reports; len(found) != 2 || found[0].SuiteDescription != "fullmesh" || found[1].SuiteDescription != "leafreflector" || len(run.Faults)+len(run.Notes) > 0 {
		t.Errorf("got %d reports, faults %q, notes %q, want the reports of fullmesh and leafreflector", len(found), run.Faults, run.Notes)
	}
}

// fill makes a folder with files.
func fill(t *testing.T, files map[string]string) string {
	t.Helper()
	// A folder's name is no pattern.
	folder := filepath.Join(t.TempDir(), "results [1]")
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func passed(t *testing.T) string {
	t.Helper()
	good, err := os.ReadFile("testdata/passed/leafreflector.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(good)
}

func TestADamagedReportHidesNoOther(t *testing.T) {
	good := passed(t)
	cases := []struct {
		name    string
		content string
		says    string
	}{
		{"cut off", good[:len(good)/2], "unexpected end"},
		{"empty file", "", "unexpected end"},
		{"no suite", "[]", "no suite"},
		{"something else", `[{"name": "node0"}]`, "not a report of Ginkgo's"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			run, err := Read(fill(t, map[string]string{"bad.json": c.content, "good.json": good}))
			if err != nil {
				t.Fatal(err)
			}
			if len(run.Reports) != 1 || len(run.Faults) != 1 || !strings.Contains(run.Faults[0], "bad.json is damaged") || !strings.Contains(run.Faults[0], c.says) {
				t.Errorf("got %d reports and faults %q, want 1 report, and a fault that names bad.json and says %q", len(run.Reports), run.Faults, c.says)
			}
			if s := Summarise(run); s.Outcome() != Failed || s.Verdict() != "FAIL: 1 report is damaged or missing, 1 passed in 1 suite" {
				t.Errorf("got verdict %q", s.Verdict())
			}
		})
	}
}

func TestAMissingReportIsAFault(t *testing.T) {
	run, err := Read(fill(t, map[string]string{
		"leafreflector.json": passed(t), "leafreflector.junit.xml": "<testsuites/>", "mesh.junit.xml": "<testsuites/>",
		"evidence/tor/TOR-001/what.txt": "a", "evidence/leafreflector/LEAF-001/what.txt": "a", "evidence/mesh/MESH-001/what.txt": "a",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Faults) != 2 || !strings.Contains(run.Faults[0], "mesh.json is missing beside") || !strings.Contains(run.Faults[1], "tor.json is missing beside") {
		t.Errorf("got faults %q, want those of mesh and tor", run.Faults)
	}
	s := Summarise(run)
	if s.Passed() || s.Verdict() != "FAIL: 2 reports are damaged or missing, 1 passed in 1 suite" {
		t.Errorf("got verdict %q", s.Verdict())
	}
	var text strings.Builder
	if err := s.WriteText(&text); err != nil || !strings.Contains(text.String(), "\nREPORT  "+run.Faults[1]+"\n") {
		t.Errorf("error %v, and the fault is not named in\n%s", err, text.String())
	}
}

func TestACopyCountsOnce(t *testing.T) {
	good := passed(t)
	var reports []types.Report
	if err := json.Unmarshal([]byte(good), &reports); err != nil {
		t.Fatal(err)
	}
	reports[0].StartTime = reports[0].StartTime.Add(time.Second)
	again, err := json.Marshal(reports)
	if err != nil {
		t.Fatal(err)
	}
	run, err := Read(fill(t, map[string]string{"a.json": good, "b.json": good, "c.json": string(again)}))
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Reports) != 2 || len(run.Notes) != 1 || !strings.Contains(run.Notes[0], "b.json of suite leafreflector is a copy of ") {
		t.Errorf("got %d reports and notes %q", len(run.Reports), run.Notes)
	}
	s := Summarise(run)
	var text strings.Builder
	if err := s.WriteText(&text); err != nil || !s.Passed() || s.counts().passed != 2 || !strings.Contains(text.String(), "is a copy of") {
		t.Errorf("error %v, got\n%s", err, text.String())
	}
}

func TestASuiteThatDidNotEnd(t *testing.T) {
	p, path := newPartial(t, mesh(), ended("MESH-001", types.SpecStatePassed, began), ended("MESH-002", types.SpecStatePassed, began))
	partial, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Done(); err != nil {
		t.Fatal(err)
	}
	finished, err := json.Marshal([]types.Report{{SuiteDescription: "mesh", StartTime: began.Add(time.Millisecond), SuiteSucceeded: true}})
	if err != nil {
		t.Fatal(err)
	}
	earlier, err := json.Marshal([]types.Report{{SuiteDescription: "mesh", StartTime: began.Add(-time.Hour), SuiteSucceeded: true}})
	if err != nil {
		t.Fatal(err)
	}
	const unfinished = "FAIL: suite mesh did not end, 2 passed, 1 not run in "
	for _, c := range []struct {
		name    string
		files   map[string]string
		verdict string
	}{
		{"killed", map[string]string{"mesh.partial.jsonl": string(partial)}, unfinished + "1 suite"},
		{"killed after it wrote a part of JUnit", map[string]string{"mesh.partial.jsonl": string(partial), "mesh.junit.xml": "<"}, unfinished + "1 suite"},
		{"killed after an earlier run", map[string]string{"mesh.partial.jsonl": string(partial), "mesh.json": string(earlier)}, unfinished + "2 suites"},
		{"killed after it wrote its report", map[string]string{"mesh.partial.jsonl": string(partial), "mesh.json": string(finished)}, "NOT PROVEN: nothing passed in 1 suite"},
		{"killed before its header", map[string]string{"mesh.partial.jsonl": `{"sui`}, "FAIL: 1 report is damaged or missing, 0 passed in 0 suites"},
	} {
		t.Run(c.name, func(t *testing.T) {
			run, err := Read(fill(t, c.files))
			if err != nil {
				t.Fatal(err)
			}
			s := Summarise(run)
			if got := s.Verdict(); got != c.verdict {
				t.Errorf("got verdict %q, want %q; faults %q", got, c.verdict, run.Faults)
			}
			var text strings.Builder
			if err := s.WriteText(&text); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(text.String(), "\nSuite mesh did not end: "); got != strings.HasPrefix(c.verdict, unfinished) {
				t.Errorf("the summary names a suite that did not end: %v\n%s", got, text.String())
			}
		})
	}
}

func TestReadNeedsReports(t *testing.T) {
	if _, err := Read(t.TempDir()); !errors.Is(err, ErrNoReport) {
		t.Errorf("an empty folder gives error %v, want ErrNoReport", err)
	}
	if _, err := Read(filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that does not exist gives error %v", err)
	}
}
