package sabotage

import (
	"slices"
	"strings"
	"testing"
)

// fewest is how many defects there are at least.
const fewest = 45

func TestTablesAreInOrder(t *testing.T) {
	all := All()
	if len(all) < fewest {
		t.Errorf("%d defects, and %d at least", len(all), fewest)
	}
	seen := map[string]bool{Canary().ID: true, AllDefects: true}
	for _, d := range all {
		switch {
		case seen[d.ID]:
			t.Errorf("%s: the id is taken", d.ID)
		case !strings.HasPrefix(d.ID, string(d.Kind)+"-"):
			t.Errorf("%s: the id does not begin with its kind %s", d.ID, d.Kind)
		case d.What == "" || strings.HasSuffix(d.What, "."):
			t.Errorf("%s: one line without a full stop has to say what it is: %q", d.ID, d.What)
		case d.Aim == nil:
			t.Errorf("%s: it aims at nothing", d.ID)
		case slices.ContainsFunc(d.Red, func(word string) bool { return slices.Contains(d.Green, word) }):
			t.Errorf("%s: %v must die, and %v must not", d.ID, d.Red, d.Green)
		}
		seen[d.ID] = true
	}
}

func TestChoose(t *testing.T) {
	all, err := Choose([]string{AllDefects})
	if err != nil || len(all) != len(All()) {
		t.Errorf("all: %d, %v", len(all), err)
	}
	some, err := Choose([]string{"table-blackhole", "session-shut"})
	if err != nil || !slices.Equal(IDs(some), []string{"session-shut", "table-blackhole"}) {
		t.Errorf("two: %v, %v", IDs(some), err)
	}
	if _, err := Choose([]string{"table-blackhole", "table-none"}); err == nil {
		t.Error("an unknown defect is chosen")
	}
}
