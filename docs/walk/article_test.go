package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/docs/transcript"
)

// document has a command of each kind, with the wrong output for one.
const document = "Before.\n\n```console\n$ echo 1; echo to standard error >&2\n1\n```\n\n" +
	"```console\n$ read -r x <<E\n> four\n> E\n$ echo $x\nfive\n```\n"

// written are a document and its twin in a folder.
func written(t *testing.T, document, twin string) (paths []string) {
	t.Helper()
	folder := t.TempDir()
	for _, one := range []struct{ name, text string }{{"a.md", document}, {"a.zh.md", twin}} {
		path := filepath.Join(folder, one.name)
		if err := os.WriteFile(path, []byte(one.text), 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func loaded(t *testing.T, paths []string) *article {
	t.Helper()
	a, err := load(paths...)
	if err != nil {
		t.Fatal(err)
	}
	a.out = t.Output()
	return a
}

func TestWalk(t *testing.T) {
	paths := written(t, document, "之前。\n\n"+strings.TrimPrefix(document, "Before.\n\n"))
	err := loaded(t, paths).walk(t.Context())
	for _, path := range paths {
		if err == nil || !strings.Contains(err.Error(), path+":12: echo $x: the output has another shape") || !strings.Contains(err.Error(), "- five\n+ four") {
			t.Errorf("got error %v", err)
		}
	}
	accepting := loaded(t, paths)
	accepting.accept = true
	if err := accepting.walk(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if text, err := os.ReadFile(path); err != nil || !strings.HasSuffix(string(text), "$ echo $x\nfour\n```\n") || !strings.Contains(string(text), ">&2\n1\n```") {
			t.Errorf("error %v, and the document is\n%s", err, text)
		}
	}
	if err := loaded(t, paths).walk(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWalkEndsWithAFailure(t *testing.T) {
	for command, says := range map[string]string{
		"false | true":        "exit status 1",
		"echo why >&2; (":     "run the block",
		"exit 0":              "0 of 1 commands ended",
		"echo why >&2; false": "a.md:2: echo why >&2; false: exit status 1: why",
	} {
		text := "```console\n$ " + command + "\n```\n```console\n$ touch \"$LATER\"\n```\n"
		later := filepath.Join(t.TempDir(), "later")
		t.Setenv("LATER", later)
		a := loaded(t, written(t, text, text))
		a.accept = true
		if err := a.walk(t.Context()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got error %v, want %q", command, err, says)
		}
		if _, err := os.Stat(later); err == nil {
			t.Errorf("%s: the walk went on", command)
		}
	}
}

func TestEventually(t *testing.T) {
	count := filepath.Join(t.TempDir(), "count")
	t.Setenv("COUNT", count)
	text := "```console eventually\n$ echo x >>\"$COUNT\"; wc -l <\"$COUNT\"\n3\n```\n"
	if err := loaded(t, written(t, text, text)).walk(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLoadRefusesTwinsThatDiffer(t *testing.T) {
	for _, twin := range []string{"", strings.ReplaceAll(document, "echo 1", "echo 2"), strings.Replace(document, "console", "console eventually", 1)} {
		if _, err := load(written(t, document, twin)...); err == nil || !strings.Contains(err.Error(), "differ in their commands") {
			t.Errorf("got error %v", err)
		}
	}
}

func TestNote(t *testing.T) {
	a := &article{}
	for _, c := range []struct {
		command string
		up      []string
	}{
		{"rackproof lab up --mode tor --name a", []string{"a"}},
		{"rackproof lab up --name b --mode tor", []string{"a", "b"}},
		{"rackproof lab exec -n a leaf0 -- rackproof lab down a", []string{"a", "b"}},
		{"rackproof lab down a", []string{"b"}},
	} {
		a.note(transcript.Block{Steps: []transcript.Step{{Command: c.command}}})
		if !slices.Equal(a.up, c.up) {
			t.Errorf("after %s: got %q, want %q", c.command, a.up, c.up)
		}
	}
}
