package suite

import (
	"slices"
	"testing"

	"github.com/onsi/ginkgo/v2/types"
)

func TestVerdictsOf(t *testing.T) {
	spec := func(id string, state types.SpecState) types.SpecReport {
		return types.SpecReport{LeafNodeType: types.NodeTypeIt, LeafNodeLabels: []string{id, "routes"}, State: state}
	}
	got := verdictsOf(types.SpecReports{
		spec("LEAF-021", types.SpecStatePassed), spec("LEAF-022", types.SpecStateFailed), spec("SVC-001", types.SpecStateSkipped),
		spec("SVC-002", types.SpecStatePending), {LeafNodeType: types.NodeTypeBeforeSuite, State: types.SpecStatePassed},
	})
	if want := []string{"LEAF-021", "LEAF-022"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
