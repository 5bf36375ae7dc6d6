package docs_test

import (
	"os"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/requirement/inventory"
	"github.com/rackproof/rackproof/suites"
)

// TestRequirementsAreListed compares requirements.md with the specs and the catalogue.
func TestRequirementsAreListed(t *testing.T) {
	var want strings.Builder
	if err := requirements(t).WriteMarkdown(&want); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("requirements.md", []byte(want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, wanted := strings.Split(read(t, "requirements.md"), "\n"), strings.Split(want.String(), "\n")
	for i := range max(len(got), len(wanted)) {
		if i >= len(got) || i >= len(wanted) || got[i] != wanted[i] {
			t.Fatalf("docs/requirements.md:%d is stale (renew it: go test ./docs -update)", i+1)
		}
	}
}

// requirements are those of all suites.
func requirements(t *testing.T) inventory.Inventory {
	t.Helper()
	found, err := inventory.Read(suites.Sources())
	if err != nil {
		t.Fatal(err)
	}
	return found
}
