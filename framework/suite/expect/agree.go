package expect

import (
	"fmt"

	"github.com/onsi/gomega/types"
)

// Agree succeeds when what was observed is exactly what is expected. It fails
// when nothing is expected, because then it could not fail.
func Agree() types.GomegaMatcher { return agree{} }

type agree struct{}

// Match implements types.GomegaMatcher.
func (agree) Match(actual any) (bool, error) {
	comparison, ok := actual.(Comparison)
	if !ok {
		return false, fmt.Errorf("Agree needs a Comparison, not %T", actual)
	}
	return comparison.Expected > 0 && comparison.Difference == "", nil
}

// FailureMessage implements types.GomegaMatcher.
func (agree) FailureMessage(actual any) string {
	comparison := actual.(Comparison)
	if comparison.Expected == 0 {
		return "Nothing is expected in this scope, so the check could not fail: widen its scope."
	}
	return "The observed table differs from the expected one:\n" + comparison.Difference
}

// NegatedFailureMessage implements types.GomegaMatcher.
func (agree) NegatedFailureMessage(any) string {
	return "The observed table is exactly the expected one, and should differ."
}
