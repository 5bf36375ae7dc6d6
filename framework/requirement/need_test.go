package requirement

import (
	"slices"
	"strings"
	"testing"
)

func TestNeedsOf(t *testing.T) {
	labels := slices.Concat([]string{"MESH-001"}, Needs(EnterPods, CutLinks), []string{"traffic"}, Needs(EnterPods))
	if got, want := NeedsOf(labels), []Need{CutLinks, EnterPods}; !slices.Equal(got, want) {
		t.Errorf("got %v of %q, want %v", got, labels, want)
	}
}

// TestNeedsAreLabels: Ginkgo refuses labels with these letters.
func TestNeedsAreLabels(t *testing.T) {
	for need, sentence := range AllNeeds() {
		if strings.ContainsAny(Needs(need)[0], "&|!,()/") || sentence == "" {
			t.Errorf("%q: %q", need, sentence)
		}
	}
}

func TestUndeclared(t *testing.T) {
	declared := append(Needs(CutLinks), "LEAF-030")
	if fault := undeclared(declared, CutLinks); fault != "" {
		t.Error(fault)
	}
	if fault := undeclared(nil, CutLinks); fault != "" {
		t.Error("what is no requirement declares nothing: ", fault)
	}
	fault := undeclared(declared, CutEnds)
	if !strings.Contains(fault, "LEAF-030") || !strings.Contains(fault, "cut-ends") {
		t.Errorf("got %q", fault)
	}
}
