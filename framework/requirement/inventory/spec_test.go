package inventory

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rackproof/rackproof/framework/requirement"
)

// source is a suite with containers, constants and other calls.
const source = `package mesh

const (
	first = "MESH-001"
	known = "projectcalico/calico#1"
)

func specs() {
	Requirement(first, "it MUST " + "work", func() { Other("MESH-009", "no spec") })
	Context("a container", Needs(CutLinks, EnterPods), func() {
		requirement.Requirement("MESH-002", "it MUST too", lab.KnownWhere(felix, known), requirement.Needs(requirement.CutLinks, requirement.Clients), func() {})
	})
	Requirement("MESH-003", "it MUST still", func() {})
}
`

func TestSpecsAreReadFromSources(t *testing.T) {
	got, err := Specs(fstest.MapFS{"mesh/ipip/mesh_test.go": {Data: []byte(source)}, "mesh/README": {Data: []byte("no source")}})
	if err != nil {
		t.Fatal(err)
	}
	want := []Spec{
		{"MESH-001", "mesh-ipip", "it MUST work", nil, "", "mesh/ipip/mesh_test.go:9"},
		{"MESH-002", "mesh-ipip", "it MUST too", []requirement.Need{"clients", "cut-links", "enter-pods"}, "projectcalico/calico#1", "mesh/ipip/mesh_test.go:11"},
		{"MESH-003", "mesh-ipip", "it MUST still", nil, "", "mesh/ipip/mesh_test.go:13"},
	}
	equal := func(a, b Spec) bool {
		same := slices.Equal(a.Needs, b.Needs)
		a.Needs, b.Needs = nil, nil
		return same && a.ID == b.ID && a.Suite == b.Suite && a.Must == b.Must && a.KnownIssue == b.KnownIssue && a.Place == b.Place
	}
	if !slices.EqualFunc(got, want, equal) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestSourcesThatCannotBeListed(t *testing.T) {
	tests := []struct{ name, line, want string }{
		{"a computed id", `Requirement(id(), "it MUST work")`, "mesh/a.go:3: the id or the sentence of a requirement is no literal"},
		{"a computed sentence", `Requirement("MESH-001", "it MUST " + what)`, "mesh/a.go:3: the id or the sentence"},
		{"no sentence", `Requirement("MESH-001")`, "mesh/a.go:3: a requirement has an id and a sentence"},
		{"an unknown need", `Requirement("MESH-001", "it MUST work", Needs(GoodLuck))`, `mesh/a.go:3: unknown need "GoodLuck"`},
		{"a computed issue", `Requirement("MESH-001", "it MUST work", Known(number))`, "mesh/a.go:3: the number of MESH-001's known issue"},
		{"no Go", `Requirement(`, "parse mesh/a.go:"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := "package mesh\nfunc specs() {\n" + test.line + "\n}\n"
			_, err := Specs(fstest.MapFS{"mesh/a.go": {Data: []byte(text)}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// A constant's name gives the need, so that no list of names has to follow need.go.
func TestNeedsHaveTheNamesOfTheirConstants(t *testing.T) {
	for constant, need := range map[string]requirement.Need{
		"CutLinks": requirement.CutLinks, "CaptureOnSwitches": requirement.CaptureOnSwitches, "Clients": requirement.Clients,
		"CalicoBIRD": "calico-bird",
	} {
		if got := needNamed(constant); got != need {
			t.Errorf("%s: got %s, want %s", constant, got, need)
		}
	}
}
