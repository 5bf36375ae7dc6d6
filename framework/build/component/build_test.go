package component_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/build/component"
)

const helloSource = `package main

import "os"

var greeting = "none"

func main() { os.Stdout.WriteString(greeting) }
`

// tree makes a source tree with one small module and gives its manifest.
func tree(t *testing.T, source string) (root string, manifest component.Manifest) {
	t.Helper()
	root = t.TempDir()
	folder := filepath.Join(root, "hello")
	for name, content := range map[string]string{
		"go.mod":               "module example.test/hello\n\ngo 1.21\n",
		"go.sum":               "",
		"main.go":              source,
		"config/crd/one.yaml":  "one",
		"config/crd/README.md": "not wanted",
	} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sum, err := component.Sum(folder)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err = component.Parse("manifest.yaml", `
modules:
  - name: hello
    version: v1.2.3
    folder: hello
    sum: `+sum+`
    variables: {main.greeting: hi}
    programs:
      - {name: hello, package: example.test/hello, aliases: [hallo]}
    share:
      - {name: manifests, module: example.test/hello, folder: config/crd, files: ["*.yaml"]}
`)
	if err != nil {
		t.Fatal(err)
	}
	return root, manifest
}

// withoutGo makes a PATH in which no go is found, or only the given script.
func withoutGo(t *testing.T, script string) {
	t.Helper()
	folder := t.TempDir()
	if script != "" {
		if err := os.WriteFile(filepath.Join(folder, "go"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder)
}

// contents lists what lies in the cache's components folder, the lock aside.
func contents(t *testing.T, cache string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(cache, "components"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if entry.Name() != ".lock" {
			names = append(names, entry.Name())
		}
	}
	return names
}

func TestBuildMakesWhatLocateFinds(t *testing.T) {
	root, manifest := tree(t, helloSource)
	cache := t.TempDir()
	options := component.Options{SourceRoot: root, CacheDir: cache}

	_, err := manifest.Locate(cache)
	var missing *component.MissingError
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), "hello v1.2.3") || !strings.Contains(err.Error(), "make components") {
		t.Fatalf("before the build: got error %v, want one that names the module and the command", err)
	}
	// The rest of a killed build must neither count nor stay.
	if err := os.MkdirAll(filepath.Join(cache, "components", ".partial-123", "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	var progress bytes.Buffer
	options.Progress = &progress
	if err := manifest.Build(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"[1/1] hello v1.2.3: building\n", "[1/1] hello v1.2.3: built in "} {
		if !strings.Contains(progress.String(), line) {
			t.Errorf("progress has no %q:\n%s", line, progress.String())
		}
	}
	set, err := manifest.Locate(cache)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []component.Name{"hello", "hallo"} {
		output, err := exec.Command(set.Program(name)).Output()
		if err != nil || string(output) != "hi" {
			t.Errorf("%s prints %q (error %v), want what the linker was to set", name, output, err)
		}
		if set.Version(name) != "v1.2.3" {
			t.Errorf("%s has version %q", name, set.Version(name))
		}
	}
	shared, err := os.ReadDir(set.Manifests())
	if err != nil || len(shared) != 1 || shared[0].Name() != "one.yaml" {
		t.Errorf("shared files are %v (error %v), want one.yaml alone", shared, err)
	}
	if names := contents(t, cache); len(names) != 1 {
		t.Errorf("the cache has %v, want the module's folder alone", names)
	}

	t.Run("again, without go and source tree", func(t *testing.T) {
		withoutGo(t, "")
		if err := manifest.Build(t.Context(), component.Options{SourceRoot: "/nowhere", CacheDir: cache}); err != nil {
			t.Error(err)
		}
	})
	t.Run("what was deleted is built again", func(t *testing.T) {
		if err := os.Remove(set.Program("hello")); err != nil {
			t.Fatal(err)
		}
		if _, err := manifest.Locate(cache); !errors.As(err, &missing) {
			t.Fatalf("with a program deleted: got error %v, want a MissingError", err)
		}
		if err := manifest.Build(t.Context(), options); err != nil {
			t.Fatal(err)
		}
		if _, err := manifest.Locate(cache); err != nil {
			t.Error(err)
		}
	})
}

func TestBuildFailsAndLeavesNothing(t *testing.T) {
	for _, c := range []struct {
		name    string
		source  string
		arrange func(t *testing.T, root string)
		want    string
	}{
		{
			name:   "code that does not compile",
			source: "package main\n\nfunc main() { undefinedThing() }\n",
			want:   "undefinedThing",
		},
		{
			name:   "a module that the manifest does not know",
			source: helloSource,
			arrange: func(t *testing.T, root string) {
				if err := os.WriteFile(filepath.Join(root, "hello", "go.sum"), []byte("other"), 0o644); err != nil {
					t.Fatal(err)
				}
			},
			want: "-update",
		},
		{
			name:   "no source tree",
			source: helloSource,
			arrange: func(t *testing.T, root string) {
				if err := os.RemoveAll(filepath.Join(root, "hello")); err != nil {
					t.Fatal(err)
				}
			},
			want: "run this inside of it",
		},
		{
			name:    "no go",
			source:  helloSource,
			arrange: func(t *testing.T, _ string) { withoutGo(t, "") },
			want:    "need Go 1.21 or newer",
		},
		{
			name:   "a go that is too old",
			source: helloSource,
			arrange: func(t *testing.T, _ string) {
				withoutGo(t, `echo '{"GOVERSION": "go1.20.3", "GOCACHE": "/", "GOMODCACHE": "/"}'`)
			},
			want: "is go1.20.3",
		},
		{
			name:   "a go that refuses the module",
			source: helloSource,
			arrange: func(t *testing.T, _ string) {
				withoutGo(t, `echo 'go: go.mod requires go >= 1.21' >&2; exit 1`)
			},
			want: "go: go.mod requires go >= 1.21",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			root, manifest := tree(t, c.source)
			if c.arrange != nil {
				c.arrange(t, root)
			}
			cache := t.TempDir()
			err := manifest.Build(t.Context(), component.Options{SourceRoot: root, CacheDir: cache})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
			if left := contents(t, cache); len(left) > 0 {
				t.Errorf("left in the cache: %v", left)
			}
		})
	}
}

func TestBuildStopsWhenCancelled(t *testing.T) {
	root, manifest := tree(t, helloSource)
	// This go answers the questions before a build, then hangs in it, in a
	// process of its own as a compiler would be.
	withoutGo(t, `case $1 in
env) echo '{"GOVERSION": "go1.26", "GOCACHE": "/", "GOMODCACHE": "/"}' ;;
*) /bin/sleep 60 & echo $! >compiler; wait ;;
esac`)
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("somebody pressed ^C")
	cache := t.TempDir()
	result := make(chan error, 1)
	go func() {
		result <- manifest.Build(ctx, component.Options{SourceRoot: root, CacheDir: cache})
	}()
	compiler := readNumber(t, filepath.Join(root, "hello", "compiler"))
	cancel(reason)
	if err := <-result; !errors.Is(err, reason) {
		t.Errorf("got error %v, want %v", err, reason)
	}
	// The compiler's last moment is its new parent's business; here it only
	// must not go on.
	deadline := time.Now().Add(10 * time.Second)
	for running(compiler) {
		if time.Now().After(deadline) {
			t.Fatalf("go's child, process %d, still runs", compiler)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if left := contents(t, cache); len(left) > 0 {
		t.Errorf("left in the cache: %v", left)
	}
}

// readNumber waits for a file that has a whole line, a number.
func readNumber(t *testing.T, path string) int {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		content, err := os.ReadFile(path)
		if line, _, whole := strings.Cut(string(content), "\n"); whole {
			number, err := strconv.Atoi(line)
			if err != nil {
				t.Fatal(err)
			}
			return number
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing in %s (error %v)", path, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// running reports whether a process exists and has not ended (state Z).
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestBuildWaitsForAnother(t *testing.T) {
	root, manifest := tree(t, helloSource)
	cache := t.TempDir()
	if err := os.MkdirAll(filepath.Join(cache, "components"), 0o755); err != nil {
		t.Fatal(err)
	}
	other, err := os.Create(filepath.Join(cache, "components", ".lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := unix.Flock(int(other.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintln(other, 4711); err != nil {
		t.Fatal(err)
	}
	var waited bool
	progress := &watch{text: "another build is running (process 4711), waiting", seen: func() {
		waited = true
		if left := contents(t, cache); len(left) > 0 {
			t.Errorf("made %v before it had the lock", left)
		}
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	}}
	if err := manifest.Build(t.Context(), component.Options{SourceRoot: root, CacheDir: cache, Progress: progress}); err != nil {
		t.Fatal(err)
	}
	if !waited {
		t.Error("did not say that it waits for the other build")
	}
	if _, err := manifest.Locate(cache); err != nil {
		t.Error(err)
	}
}

// watch is a writer that calls seen when it first sees a text.
type watch struct {
	text string
	seen func()
	once sync.Once
}

func (w *watch) Write(written []byte) (int, error) {
	if strings.Contains(string(written), w.text) {
		w.once.Do(w.seen)
	}
	return len(written), nil
}

func TestTwoBuildsAtOnce(t *testing.T) {
	root, manifest := tree(t, helloSource)
	cache := t.TempDir()
	results := make(chan error)
	for range 2 {
		go func() {
			results <- manifest.Build(t.Context(), component.Options{SourceRoot: root, CacheDir: cache})
		}()
	}
	for range 2 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if _, err := manifest.Locate(cache); err != nil {
		t.Error(err)
	}
	if names := contents(t, cache); len(names) != 1 {
		t.Errorf("the cache has %v, want the module's folder alone", names)
	}
}

func TestAnotherVersionIsAnotherFolder(t *testing.T) {
	_, manifest := tree(t, helloSource)
	cache := t.TempDir()
	path := func(change func(*component.Module)) string {
		t.Helper()
		module := manifest.Modules[0]
		change(&module)
		entries, err := component.Manifest{Modules: []component.Module{module}}.List(cache)
		if err != nil {
			t.Fatal(err)
		}
		return entries[0].Path
	}
	seen := map[string]string{}
	for name, change := range map[string]func(*component.Module){
		"as it is":         func(*component.Module) {},
		"another version":  func(m *component.Module) { m.Version = "v1.2.4" },
		"another sum":      func(m *component.Module) { m.Sum = "other" },
		"another variable": func(m *component.Module) { m.Variables = map[string]string{"main.greeting": "ho"} },
		"no shared files":  func(m *component.Module) { m.Share = nil },
		"another program": func(m *component.Module) {
			m.Programs = append(m.Programs[:1:1], component.Program{Name: "b", Package: "b"})
		},
	} {
		p := path(change)
		if other, taken := seen[p]; taken {
			t.Errorf("%q and %q share %s", name, other, p)
		}
		seen[p] = name
	}
}
