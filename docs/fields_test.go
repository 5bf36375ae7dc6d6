package docs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/oracle"
)

// TestFieldsAreListed generates fields.md from the list by which the oracle refuses.
func TestFieldsAreListed(t *testing.T) {
	var b strings.Builder
	kind := ""
	for _, f := range slices.Concat(oracle.Fields(), oracle.Variables()) {
		if f.Kind != kind {
			kind = f.Kind
			fmt.Fprintf(&b, "\n### %s\n\n| name | treatment | how, or why |\n|---|---|---|\n", kind)
		}
		treatment := string(f.Treatment)
		if len(f.Passes) > 0 {
			treatment += ", but for `" + strings.Join(f.Passes, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Path, treatment, f.Reason)
	}
	b.WriteByte('\n')
	checkGenerated(t, "fields.md", "fields", b.String())
}
