package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
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

func TestComponentsBIRD(t *testing.T) {
	cache, folder := t.TempDir(), t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	file := filepath.Join(folder, "bird")
	// It takes krt_tunnel, as Calico's does.
	for name, text := range map[string]string{"bird": "#!/bin/sh\n", "birdcl": "#!/bin/sh\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	archive := filepath.Join(folder, "root.tar")
	if output, err := exec.CommandContext(t.Context(), "tar", "-C", folder, "-cf", archive, "--transform", "s,^,usr/bin/,", "bird", "birdcl").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	text, err := execute(t, "components", "bird", archive)
	if want := filepath.Join(cache, "rackproof", "calico-bird"); err != nil || !strings.Contains(text, want) {
		t.Errorf("got %q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(cache, "rackproof", "calico-bird", "birdc")); err != nil {
		t.Error(err)
	}
	for _, tt := range []struct{ argument, want string }{
		{file, "use one of an image, of a root file system, or the program itself"},
		{"calico/node:v3.31.0", "name it by its digest"},
	} {
		if _, err := execute(t, "components", "bird", tt.argument); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one that says %q", tt.argument, err, tt.want)
		}
	}
	if _, err := execute(t, "lab", "up", "--topology", "two-racks", "--mode", "vxlan", "--route-owner", "bird"); err == nil || !strings.Contains(err.Error(), "is for modes with IPIP") {
		t.Errorf("an owner that a mode cannot have: %v", err)
	}
}
