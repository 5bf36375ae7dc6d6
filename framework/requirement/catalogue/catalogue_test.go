package catalogue

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestIDsAreUnique(t *testing.T) {
	seen := map[string]string{}
	note := func(id, place string) {
		if !regexp.MustCompile(`^[A-Z]+-[0-9]{3}$`).MatchString(id) {
			t.Errorf("%s: %q is no id", place, id)
		}
		if before, twice := seen[id]; twice {
			t.Errorf("%s: %s is taken (%s)", place, id, before)
		}
		seen[id] = place
	}
	var before Entry
	for _, entry := range All() {
		note(entry.ID, entry.Suite)
		if entry.Suite == before.Suite && entry.ID < before.ID {
			t.Errorf("%s comes after %s: order the entries by id", entry.ID, before.ID)
		}
		before = entry
	}
	for _, withdrawn := range WithdrawnIDs() {
		note(withdrawn.ID, "withdrawn")
		if withdrawn.Reason == "" {
			t.Errorf("%s is withdrawn without a reason", withdrawn.ID)
		}
	}
}

func TestEntriesAreComplete(t *testing.T) {
	promises := Promises()
	for _, e := range All() {
		if e.Title == "" || strings.ContainsAny(e.Title, "|\n") || len(e.Title) > 60 {
			t.Errorf("%s: the title %q does not go into a table", e.ID, e.Title)
		}
		if !slices.ContainsFunc(Profiles(), func(p ProfileMeaning) bool { return p.Profile == e.Profile }) {
			t.Errorf("%s: unknown profile %q", e.ID, e.Profile)
		}
		if len(e.Promises) == 0 || len(e.Sources) == 0 {
			t.Errorf("%s has no promise or no source", e.ID)
		}
		for _, id := range e.Promises {
			if !slices.ContainsFunc(promises, func(p Promise) bool { return p.ID == id }) {
				t.Errorf("%s: unknown promise %q", e.ID, id)
			}
		}
		for _, version := range []string{e.Since, e.Until} {
			if version != "" && !regexp.MustCompile(`^v3\.[0-9]+$`).MatchString(version) {
				t.Errorf("%s: %q is no version of Calico such as v3.31", e.ID, version)
			}
		}
		if again, ok := Of(e.ID); !ok || again.Title != e.Title || !slices.Equal(again.Sources, e.Sources) {
			t.Errorf("%s: Of gives %+v", e.ID, again)
		}
	}
}

func TestPromisesAreProven(t *testing.T) {
	all := All()
	var before Promise
	for _, promise := range Promises() {
		if promise.ID == before.ID || promise.Text == "" || strings.Contains(promise.Text, "|") {
			t.Errorf("promise %s is there twice, or has no text for a table: %q", promise.ID, promise.Text)
		}
		before = promise
		if !slices.ContainsFunc(Groups(), func(g Group) bool { return g.Letter == promise.Group() }) {
			t.Errorf("promise %s has no group", promise.ID)
		}
		if len(promise.Sources) == 0 {
			t.Errorf("promise %s has no source: one that only the fabric of labs makes has the source design", promise.ID)
		}
		for _, source := range promise.Sources {
			if (source.Reference == "") != (source.Kind == Design) || strings.Contains(source.Reference, "|") {
				t.Errorf("promise %s: %q is no source", promise.ID, source)
			}
		}
		if !slices.ContainsFunc(all, func(e Entry) bool { return slices.Contains(e.Promises, promise.ID) }) {
			t.Errorf("no requirement proves promise %s: remove it, or name it in an entry", promise.ID)
		}
	}
	for _, group := range Groups() {
		if !slices.ContainsFunc(Promises(), func(p Promise) bool { return p.Group() == group.Letter }) {
			t.Errorf("group %s has no promise", group.Letter)
		}
	}
}

func TestSourcesOfPromisesAreAdded(t *testing.T) {
	entry := Entry{Promises: []string{"A1", "A2"}, Sources: []Source{rfc(4271)}}.complete(Promises())
	want := []Source{rfc(4271), peeringPage(), test("node/tests/k8st/tests/test_node_status.py"), template("bird.cfg.template")}
	if entry.Group != "A" || !slices.Equal(entry.Sources, want) {
		t.Errorf("group %s, sources %v, want A and %v", entry.Group, entry.Sources, want)
	}
}
