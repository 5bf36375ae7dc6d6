package oracle_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/snapshot"
)

// recordedStates is where the states of real labs are (fixtures/README.md).
const recordedStates = "../../fixtures/labs"

// knownDifferences has the issue of each state in which hosts have something else than the
// oracle computes, by its file. No other state may be marked so, and there is none now.
func knownDifferences() map[string]string { return nil }

const (
	// leastStates is how many there are at least: fewer would prove less.
	leastStates = 40
	// mostBytes bounds the folder, which everybody clones.
	mostBytes = 3 << 20
)

// The oracle computes what the hosts of real labs had. A state with a known issue is one in
// which they have something else, because of a defect of Calico; the day that they agree
// the mark has to go.
func TestRecordedStates(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(recordedStates, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	modes, rows, size := map[string]int{}, 0, 0
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			record, err := snapshot.Decode(filepath.Base(path), data, fixtures.Topology, drivers.Software())
			if err != nil {
				t.Fatal(err)
			}
			modes[record.Mode]++
			size += len(data)
			for _, table := range record.Seen["routes"] {
				rows += len(table)
			}
			if known := knownDifferences()[filepath.Base(path)]; record.KnownIssue != known {
				t.Errorf("its mark is %q, want %q: knownDifferences has the states that may have one", record.KnownIssue, known)
			}
			difference, err := record.Difference()
			switch {
			case err != nil:
				t.Error(err)
			case record.KnownIssue == "" && difference != "":
				t.Errorf("recorded after %s in mode %s with Calico %s (-: the oracle's alone, +: the lab's alone):\n%s", record.Source, record.Mode, record.Calico, difference)
			case record.KnownIssue != "" && difference == "":
				t.Errorf("the oracle agrees with a state of known issue %s: remove its mark", record.KnownIssue)
			}
		})
	}
	if len(files) < leastStates {
		t.Errorf("%s has %d states, want at least %d", recordedStates, len(files), leastStates)
	}
	if size > mostBytes {
		t.Errorf("%s has %d bytes, want at most %d: leave out states that are nearly alike", recordedStates, size, mostBytes)
	}
	for _, mode := range fixtures.Modes() {
		if modes[mode] == 0 {
			t.Errorf("no state of mode %s: record one (CONTRIBUTING.md)", mode)
		}
	}
	for name := range knownDifferences() {
		if _, err := os.Stat(filepath.Join(recordedStates, name)); err != nil {
			t.Errorf("knownDifferences has a state that is not there: %v", err)
		}
	}
	t.Logf("%d routes in %d states of %d modes", rows, len(files), len(modes))
}
