package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rackproof/rackproof/framework/soak"
	"github.com/rackproof/rackproof/reports"
)

// aSuite is a suite that writes a report, with a requirement that passes, or fails if a
// file says so. It knows no Ginkgo, so that it is built in a moment.
const aSuite = `package NAME

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	results := flag.String("rackproof.results", "", "")
	seed := flag.Int64("ginkgo.seed", 0, "")
	flag.Bool("ginkgo.randomize-all", false, "")
	flag.Bool("rackproof.nothing", false, "")
	flag.Parse()
	state, succeeded := "passed", true
	if _, err := os.Stat("red"); err == nil {
		state, succeeded = "failed", false
	}
	report := fmt.Sprintf(` + "`" + `[{"SuiteDescription": "NAME", "StartTime": %q, "SuiteSucceeded": %v, "SuiteConfig": {"RandomSeed": %d},
		"SpecReports": [{"LeafNodeType": "It", "LeafNodeText": "ID-001: it MUST hold", "LeafNodeLabels": ["ID-001"], "State": %q, "RunTime": 1500000000}]}]` + "`" + `,
		time.Now().Format(time.RFC3339Nano), succeeded, *seed, state)
	if err := os.WriteFile(*results+"/NAME.json", []byte(report), 0o600); err != nil {
		panic(err)
	}
	if !succeeded {
		os.Exit(1)
	}
	os.Exit(m.Run())
}
`

// suitesModule makes a module with suites.
func suitesModule(t *testing.T, names ...string) (folder string) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no go here to build a suite with")
	}
	folder = t.TempDir()
	write(t, filepath.Join(folder, "go.mod"), "module example.com/suites\n\ngo 1.24\n")
	for _, name := range names {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o755); err != nil {
			t.Fatal(err)
		}
		id := strings.ToUpper(name) + "-001"
		write(t, filepath.Join(folder, name, name+"_test.go"), strings.NewReplacer("NAME", name, "ID-001", id).Replace(aSuite))
	}
	return folder
}

func TestSoakCommand(t *testing.T) {
	t.Chdir(suitesModule(t, "mesh", "tor"))
	t.Setenv("GOFLAGS", "")
	line := []string{"soak", "--suites", "./...", "--results", "soak", "--timeout", "1m", "-n"}

	text, err := execute(t, append(line, "2")...)
	if err != nil || !strings.Contains(text, "\nPASS: 4 pass in 2 rounds\n") {
		t.Fatalf("got error %v and\n%s", err, text)
	}
	table, err := reports.ReadSoak(filepath.Join("soak", reports.SoakFile))
	if err != nil {
		t.Fatal(err)
	}
	if table.Rounds[0].Seed == table.Rounds[1].Seed || len(table.Rounds[0].Suites) != 2 || table.Rounds[0].CPUSeconds <= 0 {
		t.Errorf("got rounds %+v", table.Rounds)
	}
	if left, err := os.Stat(filepath.Join("soak", soakPrograms)); err == nil {
		t.Errorf("%s is left", left.Name())
	}

	if _, err := execute(t, append(line, "1")...); err == nil || !strings.Contains(err.Error(), "add to it by --append") {
		t.Errorf("a soak instead of another gives error %v", err)
	}
	if _, err := execute(t, append(line, "1", "--append", "--", "-rackproof.nothing")...); err == nil || !strings.Contains(err.Error(), `not ["-rackproof.nothing"]`) {
		t.Errorf("a round with other flags gives error %v", err)
	}

	write(t, filepath.Join("mesh", "red"), "")
	text, err = execute(t, append(line, "1", "--append", "--seed", "77")...)
	if status, ok := errors.AsType[exitStatus](err); !ok || status != exitFailure {
		t.Errorf("a red round gives error %v", err)
	}
	for _, want := range []string{"\n  round 3 (seed 77): FAIL: 1 failed, 1 passed in 2 suites\n", "\nMESH-001      mesh    2      1 ", "\nFAIL: 5 pass, 1 fail in 3 rounds\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %q:\n%s", want, text)
		}
	}

	again, err := execute(t, "report", "soak", "soak")
	if status, ok := errors.AsType[exitStatus](err); !ok || status != exitFailure || !strings.HasSuffix(text, again) {
		t.Errorf("the table shown again gives error %v and\n%s", err, again)
	}
	text, err = execute(t, "report", "compare", "soak", filepath.Join("soak", "round-001"))
	if status, ok := errors.AsType[exitStatus](err); !ok || status != exitFailure || !strings.Contains(text, "mesh MESH-001: fail (1 of 3 rounds) in soak, pass in ") {
		t.Errorf("a comparison gives error %v and\n%s", err, text)
	}
}

func TestASuiteWithoutAReportIsAFault(t *testing.T) {
	folder := t.TempDir()
	green := `[{"SuiteDescription": "NAME", "SuiteSucceeded": true, "SpecReports": [{"LeafNodeType": "It", "LeafNodeText": "A-001: it MUST hold", "LeafNodeLabels": ["A-001"], "State": "passed"}]}]`
	for _, name := range []string{"mesh", "tor", "cut"} {
		write(t, filepath.Join(folder, name+".json"), strings.ReplaceAll(green, "NAME", name))
	}
	ended := []soak.Ended{{Name: "mesh"}, {Name: "tor", Status: 1, Output: "tor.txt"}, {Name: "vxlan", Status: 1, Output: "vxlan.txt"}, {Name: "cut", Cut: true}}
	table := reports.NewSoak(reports.SoakConditions{})
	if !addRound(table, reports.SoakRound{Number: 1}, soak.Measured{Suites: ended, Took: time.Second}, folder) {
		t.Fatal("the round was not added")
	}
	round := table.Rounds[0]
	want := []string{
		"suite tor ended with status 1, and its report is green: tor.txt has what it printed",
		"suite vxlan ended with status 1 and has no report: vxlan.txt has what it printed",
	}
	if strings.Join(round.Faults, "\n") != strings.Join(want, "\n") || round.Outcome != reports.Failed || !round.Interrupted || len(table.Rows) != 2 {
		t.Errorf("got %+v and %d rows, want the faults %q", round, len(table.Rows), want)
	}
	if addRound(table, reports.SoakRound{Number: 2}, soak.Measured{Suites: ended[3:]}, folder) {
		t.Error("a round in which no suite ended was added")
	}
}
