package reports

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement"
)

// ended is the result of a spec that ran for a second.
func ended(id string, state types.SpecState, after time.Time, entries ...types.ReportEntry) types.SpecReport {
	return types.SpecReport{
		LeafNodeType: types.NodeTypeIt, LeafNodeText: id + ": it MUST hold", LeafNodeLabels: []string{id}, State: state,
		StartTime: after, EndTime: after.Add(time.Second), RunTime: time.Second, ReportEntries: entries,
	}
}

func newPartial(t *testing.T, header Header, specs ...types.SpecReport) (*Partial, string) {
	t.Helper()
	path := PartialPath(filepath.Join(t.TempDir(), "results"), header.Suite)
	p, err := NewPartial(path, header)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range specs {
		if err := p.Add(spec); err != nil {
			t.Fatal(err)
		}
	}
	return p, path
}

var began = time.Date(2026, 11, 29, 23, 10, 0, 123456789, time.UTC)

func mesh() Header {
	return Header{Suite: "mesh", Started: began, Seed: 7, Specs: []string{"MESH-001", "MESH-002", "MESH-003"}, Environment: []string{"kernel: Linux 6.12"}}
}

func TestPartial(t *testing.T) {
	ruling := requirement.Ruling{Verdict: requirement.Inconclusive, Reason: "the machine stood still for 3.2 s"}
	p, path := newPartial(t, mesh(),
		ended("MESH-002", types.SpecStatePassed, began.Add(4*time.Second)),
		ended("MESH-001", types.SpecStateSkipped, began.Add(5*time.Second), types.ReportEntry{Name: requirement.VerdictEntry, Value: types.WrapEntryValue(ruling)}))
	report, err := readPartial(path)
	if err != nil {
		t.Fatal(err)
	}
	if report.SuiteDescription != "mesh" || !report.StartTime.Equal(began) || report.SuiteConfig.RandomSeed != 7 || report.RunTime != 6*time.Second ||
		report.SuiteSucceeded || len(report.SuiteLabels) != 1 {
		t.Errorf("got %+v", report)
	}
	var got []string
	for _, spec := range report.SpecReports {
		got = append(got, requirement.ID(spec.Labels())+" "+spec.State.String())
	}
	if want := "MESH-002 passed, MESH-001 skipped, MESH-003 skipped"; strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %s", got, want)
	}
	if found, ok := requirement.RulingOf(report.SpecReports[1]); !ok || found != ruling {
		t.Errorf("got ruling %+v (%v), want %+v", found, ok, ruling)
	}
	if err := p.Done(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the file of a suite that ended is still there: %v", err)
	}
}

func TestPartialOfASuiteWithoutResults(t *testing.T) {
	var p *Partial
	if err := p.Add(types.SpecReport{}); err != nil {
		t.Error(err)
	}
	if err := p.Done(); err != nil {
		t.Error(err)
	}
}

func TestPartialThatIsCutOff(t *testing.T) {
	_, path := newPartial(t, mesh(), ended("MESH-001", types.SpecStatePassed, began), ended("MESH-002", types.SpecStateFailed, began))
	all, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	header, first := bytes.IndexByte(all, '\n'), bytes.LastIndexByte(all[:len(all)-1], '\n')
	for _, c := range []struct {
		name    string
		content []byte
		states  string // of the three specs; empty for a damaged file
	}{
		{"whole", all, "passed failed skipped"},
		{"without the last end of line", all[:len(all)-1], "passed failed skipped"},
		{"in the last result", all[:len(all)-20], "passed skipped skipped"},
		{"after the first result", all[:first+1], "passed skipped skipped"},
		{"after the header", all[:header+1], "skipped skipped skipped"},
		{"in the header", all[:header-5], ""},
		{"empty", nil, ""},
		{"in the middle", append(append([]byte{}, all[:first-20]...), all[first:]...), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := os.WriteFile(path, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			report, err := readPartial(path)
			if c.states == "" {
				if err == nil {
					t.Errorf("got no error and %d results", len(report.SpecReports))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var states []string
			for _, spec := range report.SpecReports {
				states = append(states, spec.State.String())
			}
			if got := strings.Join(states, " "); got != c.states {
				t.Errorf("got %s, want %s", got, c.states)
			}
		})
	}
}

func TestPartialTakesThePlaceOfAnEarlierRuns(t *testing.T) {
	_, path := newPartial(t, mesh(), ended("MESH-001", types.SpecStateFailed, began))
	later := mesh()
	later.Started = began.Add(time.Hour)
	if _, err := NewPartial(path, later); err != nil {
		t.Fatal(err)
	}
	report, err := readPartial(path)
	if err != nil || !report.StartTime.Equal(later.Started) || report.SpecReports.CountWithState(types.SpecStateFailed) != 0 {
		t.Errorf("got error %v, start %v and %d results, want those of the later run alone", err, report.StartTime, len(report.SpecReports))
	}
}

func TestHeaderOf(t *testing.T) {
	spec := func(id string, state types.SpecState) types.SpecReport {
		return types.SpecReport{LeafNodeType: types.NodeTypeIt, LeafNodeLabels: []string{id}, State: state}
	}
	preview := types.Report{SuiteConfig: types.SuiteConfig{RandomSeed: 42}, SpecReports: types.SpecReports{
		spec("MESH-001", types.SpecStatePassed), spec("MESH-002", types.SpecStateSkipped), spec("baseline", types.SpecStatePassed), spec("MESH-004", types.SpecStatePending),
	}}
	if got := HeaderOf("mesh", began, preview, nil); strings.Join(got.Specs, " ") != "MESH-001" || got.Seed != 42 || got.Suite != "mesh" {
		t.Errorf("got %+v", got)
	}
}
