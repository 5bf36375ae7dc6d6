package reports

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/spread"
)

// soakOf has three rounds: one as recorded from a lab that was broken, one in which all
// passed, and one in which MESH-001 failed and MESH-003 was cut off.
func soakOf(t *testing.T) *Soak {
	t.Helper()
	s := NewSoak(SoakConditions{Parallel: 2})
	round := func(number int, report Report, seconds, cpu float64) {
		s.Add(SoakRound{
			Number: number, Commit: "1cd403b", Machine: "2 processors, Linux 6.12", Seed: int64(number) + 100, Started: began, Seconds: seconds, CPUSeconds: cpu,
			Accounting: "by a clock", Suites: []SoakSuite{{Name: "mesh", Seconds: seconds - 1, CPUSeconds: cpu}},
		}, Run{Reports: []Report{report}})
	}
	round(1, Report{Report: outcomes(t)}, 10, 20)
	sound := types.Report{SuiteDescription: "mesh", SuiteSucceeded: true}
	for _, id := range []string{"MESH-001", "MESH-002", "MESH-003", "MESH-004"} {
		sound.SpecReports = append(sound.SpecReports, ended(id, types.SpecStatePassed, began))
	}
	round(2, Report{Report: sound}, 30, 40)
	failed := ended("MESH-001", types.SpecStateFailed, began)
	failed.Failure.Message = "worker: 1 of 3 routes is missing\nmore of it"
	_, path := newPartial(t, Header{Suite: "mesh", Started: began, Specs: []string{"MESH-001", "MESH-003"}}, failed)
	cut, err := readPartial(path)
	if err != nil {
		t.Fatal(err)
	}
	round(3, Report{Report: cut, Unfinished: true}, 20, 30)
	return s
}

func TestSoak(t *testing.T) {
	s := soakOf(t)
	rows := map[string]SoakRow{}
	for _, row := range s.Rows {
		rows[row.title()] = row
	}
	want := map[string]map[requirement.Verdict]int{
		"MESH-001":                               {requirement.BrokenLab: 1, requirement.Pass: 1, requirement.Failed: 1},
		"MESH-002":                               {requirement.BrokenLab: 1, requirement.Pass: 1},
		"MESH-003":                               {requirement.Pass: 2, requirement.NotRun: 1},
		"MESH-004":                               {requirement.Inconclusive: 1, requirement.Pass: 1},
		"MESH-005":                               {requirement.Unable: 1},
		"MESH-006":                               {requirement.NotRun: 1},
		"lab leaf-spine is what its design says": {requirement.BrokenLab: 1},
		"AfterSuite":                             {requirement.BrokenLab: 1},
	}
	if len(rows) != len(want) {
		t.Errorf("got %d rows, want %d", len(rows), len(want))
	}
	for title, verdicts := range want {
		for _, verdict := range soakVerdicts() {
			if got := rows[title].Verdicts[verdict]; got != verdicts[verdict] {
				t.Errorf("%s: got %s %d times, want %d", title, verdict, got, verdicts[verdict])
			}
		}
	}
	if got, want := rows["MESH-003"].Seconds, (spread.Spread{Min: 0, Median: 0.5, Max: 1}); got != want {
		t.Errorf("MESH-003 took %v, want %v: a round in which it did not run has no time", got, want)
	}
	if got := rows["MESH-003"].Must; got != "it MUST hold" {
		t.Errorf("MESH-003 has the sentence %q", got)
	}
	if s.Outcome() != Failed || s.NextNumber() != 4 {
		t.Errorf("got outcome %v and next round %d", s.Outcome(), s.NextNumber())
	}
}

func TestASoakIsAsGoodAsItsWorstRound(t *testing.T) {
	for _, c := range []struct {
		rounds []Outcome
		want   Outcome
	}{
		{nil, NotProven}, {[]Outcome{Passed, Passed}, Passed}, {[]Outcome{Failed, Passed}, Failed},
		{[]Outcome{NotProven, LabBroken, Passed}, LabBroken}, {[]Outcome{LabBroken, Failed}, Failed},
	} {
		s := NewSoak(SoakConditions{})
		for _, outcome := range c.rounds {
			s.Rounds = append(s.Rounds, SoakRound{Outcome: outcome})
		}
		if got := s.Outcome(); got != c.want {
			t.Errorf("%v: got %v, want %v", c.rounds, got, c.want)
		}
	}
}

func TestSoakText(t *testing.T) {
	s := soakOf(t)
	for _, c := range []struct {
		name  string
		write func(*strings.Builder) error
		parts []string
	}{
		{"text", func(b *strings.Builder) error { return s.WriteText(b) }, []string{
			"3 rounds at commit 1cd403b, specs and suites in random order, 2 suites side by side\n",
			"a round took 10 to 30 (median 20) s and 20 to 40 (median 30) CPU seconds (by a clock)\n",
			"\n  round 1 (seed 101): BROKEN LAB: 4 broken-lab (2 faults), 1 passed,", "\n  round 3 (seed 103): FAIL: 1 failed, suite mesh did not end, 0 passed, 1 not run in 1 suite\n",
			"REQUIREMENT                              SUITE   PASS   FAIL   KNOWN-ISSUE   UNABLE   BROKEN-LAB   INCONCLUSIVE   NOT-RUN   MIN S   MEDIAN S   MAX S\n",
			"\nMESH-001                                 mesh    1      1      0             0        1            0              0         0.0     1.0        1.0\n",
			"\n  mesh lab leaf-spine is what its design says (round 1), MESH-001 (round 1), MESH-002 (round 1): broken-lab: bird-runs-its-file: worker: BIRD has 2 services, its file 3\n",
			"\n  mesh MESH-001 (round 3): fail: worker: 1 of 3 routes is missing\n",
			"\nmesh    3        5              5      1      0             1        4            1              1         19         30\n",
			"\nFAIL: 5 pass, 1 fail, 1 unable, 4 broken-lab, 1 inconclusive, 1 not-run in 3 rounds\n",
		}},
		{"markdown", func(b *strings.Builder) error { return s.WriteMarkdown(b) }, []string{
			"- machine: 2 processors, Linux 6.12\n", "\n### Requirements that did not pass in all rounds\n\n| requirement | suite | pass |",
			"\n| MESH-001 | mesh | 1 | 1 | 0 | 0 | 1 | 0 | 0 | 0.0 | 1.0 | 1.0 |\n", "\n| mesh | 3 | 5 | 5 |",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			if err := c.write(&b); err != nil {
				t.Fatal(err)
			}
			for _, part := range c.parts {
				if !strings.Contains(b.String(), part) {
					t.Errorf("it lacks %q:\n%s", part, b.String())
				}
			}
			if strings.Contains(b.String(), "MESH-006") {
				t.Errorf("it names a requirement that was filtered out:\n%s", b.String())
			}
		})
	}
}

func TestASteadySoakNamesNoRequirement(t *testing.T) {
	s := NewSoak(SoakConditions{Disturbance: "a hog"})
	green := run("mesh", map[string]types.SpecState{"MESH-001": types.SpecStatePassed})
	green.SuiteSucceeded = true
	s.Add(SoakRound{Number: 1, DisturbanceCPUSeconds: 12}, of(green))
	var b strings.Builder
	if err := s.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	if s.Outcome() != Passed || strings.Contains(b.String(), "MESH-001") || !strings.Contains(b.String(), "\nbeside the suites: a hog; it took 12 CPU seconds a round\n") ||
		!strings.HasSuffix(b.String(), "\nPASS: 1 pass in 1 round\n") {
		t.Errorf("got outcome %v and\n%s", s.Outcome(), b.String())
	}
}

func TestSoakFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, SoakFile)
	written := soakOf(t)
	if err := written.Write(path); err != nil {
		t.Fatal(err)
	}
	read, err := ReadSoak(path)
	if err != nil {
		t.Fatal(err)
	}
	var before, after strings.Builder
	if err := written.WriteText(&before); err != nil {
		t.Fatal(err)
	}
	if err := read.WriteText(&after); err != nil || before.String() != after.String() {
		t.Errorf("error %v, wrote\n%s\nread\n%s", err, before.String(), after.String())
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
		t.Errorf("the folder has %v, error %v", left, err)
	}
	if _, err := Read(folder); err == nil || !strings.Contains(err.Error(), "rackproof report soak") {
		t.Errorf("a summary of the folder gives error %v", err)
	}
	for _, content := range []string{"{", `{"rounds": []}`, "[]"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadSoak(path); err == nil {
			t.Errorf("%s is read as a table", content)
		}
	}
}

func TestCompareSoakWithARun(t *testing.T) {
	folder := t.TempDir()
	if err := soakOf(t).Write(filepath.Join(folder, SoakFile)); err != nil {
		t.Fatal(err)
	}
	soak, err := ReadVerdicts(folder)
	if err != nil {
		t.Fatal(err)
	}
	once := verdicts(run("mesh", map[string]types.SpecState{
		"MESH-001": types.SpecStatePassed, "MESH-002": types.SpecStatePassed, "MESH-003": types.SpecStatePassed, "MESH-004": types.SpecStatePassed, "MESH-005": types.SpecStateSkipped,
	}))
	c := Compare(soak, once, false)
	var text strings.Builder
	if err := c.WriteText(&text, "soak", "once"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"mesh MESH-001: fail (1 of 3 rounds) in soak, pass in once\n", "mesh MESH-002: broken-lab (1 of 2 rounds) in soak, pass in once\n",
		"2 requirements have the same verdict in both, 3 have not\n", "soak: round 3: suite mesh did not end\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("got:\n%s\nwant %q", text.String(), want)
		}
	}
	if _, err := ReadVerdicts(filepath.Join(folder, "nowhere")); err == nil {
		t.Error("a run that does not exist has verdicts")
	}
}

func TestSoakConditions(t *testing.T) {
	conditions := SoakConditions{Arguments: []string{"-rackproof.leaves=bird"}, Parallel: 2}
	if err := conditions.CheckSame(conditions); err != nil {
		t.Error(err)
	}
	for says, other := range map[string]SoakConditions{
		"flags":        {Parallel: 2},
		"beside a hog": {Arguments: conditions.Arguments, Parallel: 2, Disturbance: "a hog"},
		"side by side": {Arguments: conditions.Arguments, Parallel: 1},
	} {
		if err := conditions.CheckSame(other); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got error %v, want one that says %q", err, says)
		}
	}
}
