package component

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTooOld(t *testing.T) {
	for _, c := range []struct {
		name, goVersion, wanted string
		want                    bool
	}{
		{"the same release", "go1.26.0", "go1.26", false},
		{"a patch release", "go1.26.8", "go1.26", false},
		{"a release before", "go1.25.9", "go1.26", true},
		{"a patch release too few", "go1.26.1", "go1.26.2", true},
		{"with experiments", "go1.26.8 X:jsonv2", "go1.26", false},
		{"a development tree", "devel go1.27-1a2b3c Mon Jan 5", "go1.26", false},
		{"an old development tree", "devel go1.25-1a2b3c Mon Jan 5", "go1.26", true},
		{"no version", "", "go1.26", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := tooOld(c.goVersion, c.wanted); got != c.want {
				t.Errorf("tooOld(%q, %q) = %v", c.goVersion, c.wanted, got)
			}
		})
	}
}

func TestGoDirective(t *testing.T) {
	for _, c := range []struct{ name, content, want string }{
		{"plain", "module m\n\ngo 1.26\n", "go1.26"},
		{"with a comment", "module m\ngo 1.26.1 // for iterators\n", "go1.26.1"},
		{"none", "module m\n\nrequire go.example/go v1.0.0\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "go.mod")
			if err := os.WriteFile(path, []byte(c.content), 0o644); err != nil {
				t.Fatal(err)
			}
			got, err := goDirective(path)
			if got != c.want || (err == nil) != (c.want != "") {
				t.Errorf("got %q (error %v), want %q", got, err, c.want)
			}
		})
	}
}

func TestLastLinesLeavesDownloadsOut(t *testing.T) {
	text := "go: downloading a v1\n" + strings.Repeat("noise\n", 30) + "go: downloading b v1\nm/x.go:3: undefined: y\n"
	got := lastLines(text, 3)
	if want := "noise\nnoise\nm/x.go:3: undefined: y"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSourceRoot(t *testing.T) {
	root, err := SourceRoot(".")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "framework", "build", "component", "tool.go")); err != nil {
		t.Errorf("found %s: %v", root, err)
	}
	if outside, err := SourceRoot(t.TempDir()); err == nil {
		t.Errorf("found the tree %s from outside of it", outside)
	}
}
