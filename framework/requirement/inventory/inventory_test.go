package inventory

import (
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/requirement/catalogue"
	"github.com/rackproof/rackproof/suites"
)

func TestEveryRequirementHasOneSpec(t *testing.T) {
	found, err := Read(suites.Sources())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range found.Requirements {
		if !strings.Contains(r.Must, "MUST") && !strings.Contains(r.Must, "MAY") {
			t.Errorf("%s is not a sentence with MUST: %q", r.ID, r.Must)
		}
	}
}

func TestJoin(t *testing.T) {
	entries := []catalogue.Entry{{ID: "MESH-001", Suite: "mesh", Where: "Felix owns the routes"}, {ID: "TOR-001", Suite: "tor"}}
	withdrawn := []catalogue.Withdrawn{{ID: "MESH-003", Reason: "it proved nothing"}}
	mesh := Spec{ID: "MESH-001", Suite: "mesh", Must: "it MUST work", Place: "mesh/a.go:1"}
	tor := Spec{ID: "TOR-001", Suite: "tor", Must: "it MUST too", Place: "tor/a.go:1"}
	tests := []struct {
		name  string
		specs []Spec
		want  string
	}{
		{"in order", []Spec{mesh, tor}, ""},
		{"an id in two suites", []Spec{mesh, tor, {ID: "MESH-001", Suite: "tor", Place: "tor/a.go:2"}}, "tor/a.go:2: MESH-001 is used at mesh/a.go:1 already"},
		{"no spec", []Spec{mesh}, "TOR-001 has an entry in the catalogue and no spec"},
		{"no spec, not even in some labs", []Spec{tor}, "MESH-001 has an entry in the catalogue and no spec, not even where Felix owns the routes"},
		{"no entry", []Spec{mesh, tor, {ID: "MESH-002", Suite: "mesh", Place: "mesh/a.go:2"}}, "mesh/a.go:2: MESH-002 has no entry"},
		{"a new suite without entries", []Spec{mesh, tor, {ID: "NEW-001", Suite: "new", Place: "new/a.go:1"}}, "new/a.go:1: NEW-001 has no entry"},
		{"withdrawn", []Spec{mesh, tor, {ID: "MESH-003", Suite: "mesh", Place: "mesh/a.go:3"}}, "mesh/a.go:3: MESH-003 is withdrawn (it proved nothing)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := join(test.specs, entries, withdrawn)
			if test.want != "" {
				if err == nil || err.Error() == "" || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want %s", err, test.want)
				}
				return
			}
			if err != nil || len(got) != 2 || got[1].ID != "TOR-001" || got[1].Must != "it MUST too" {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
