// Package docs_test keeps the documents true: it generates the tables that follow from
// the code, and finds phrases that docs/style.md rules out.
package docs_test

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what is generated into the documents")

// checkGenerated compares a document's part between the lines "<!-- begin NAME" and
// "<!-- end NAME" with what it has to be. With -update it writes that part.
func checkGenerated(t *testing.T, path, name, want string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(content), "<!-- begin "+name)
	begin, rest, complete := strings.Cut(rest, "\n")
	got, after, closed := strings.Cut(rest, "<!-- end "+name)
	if !found || !complete || !closed {
		t.Fatalf("%s has no part between <!-- begin %s … --> and <!-- end %s -->", path, name, name)
	}
	if got == want {
		return
	}
	if !*update {
		t.Fatalf("%s: part %s is stale (renew it: go test ./docs -update); it has to be:\n%s", path, name, want)
	}
	renewed := before + "<!-- begin " + name + begin + "\n" + want + "<!-- end " + name + after
	if err := os.WriteFile(path, []byte(renewed), 0o644); err != nil {
		t.Fatal(err)
	}
}
