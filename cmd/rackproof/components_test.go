package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/build/component"
)

// execute runs a command line and returns its standard output.
func execute(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	var output bytes.Buffer
	root := newRootCommand()
	root.SetArgs(arguments)
	root.SetOut(&output)
	root.SetErr(t.Output())
	err := root.ExecuteContext(t.Context())
	return output.String(), err
}

func TestComponentsList(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	text, err := execute(t, "components", "list", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	var entries []component.Entry
	if err := json.Unmarshal([]byte(text), &entries); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, entry := range entries {
		if entry.Name != component.APIServer {
			continue
		}
		found = true
		if entry.Built || !strings.HasPrefix(entry.Path, filepath.Join(cache, "rackproof", "components")) {
			t.Errorf("in an empty cache kube-apiserver is %+v", entry)
		}
	}
	if !found {
		t.Errorf("no kube-apiserver in %s", text)
	}
	table, err := execute(t, "components", "list")
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(table, "\n"); lines != len(entries)+1 || !strings.HasPrefix(table, "NAME ") {
		t.Errorf("the table has %d lines for %d components:\n%s", lines, len(entries), table)
	}
	if _, err := execute(t, "components", "list", "-o", "xml"); err == nil || !strings.Contains(err.Error(), "table or json") {
		t.Errorf("-o xml gives error %v", err)
	}
}

func TestComponentsBuildNeedsTheSourceTree(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	_, err := execute(t, "components", "build", "--source", t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "source tree") {
		t.Errorf("outside of the tree: got error %v, want one about the source tree", err)
	}
}
