package component

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// tool is the go command.
type tool struct {
	path string
	// buildCache and moduleCache are go's own cache folders.
	buildCache, moduleCache string
}

// findTool finds a go command that can build the modules.
func findTool(ctx context.Context, sourceRoot string, modules []installed) (tool, error) {
	var wanted, folder string
	for _, place := range modules {
		source := filepath.Join(sourceRoot, filepath.FromSlash(place.module.Folder))
		directive, err := goDirective(filepath.Join(source, "go.mod"))
		if err != nil {
			return tool{}, err
		}
		if version.Compare(directive, wanted) > 0 {
			wanted, folder = directive, source
		}
	}
	needs := fmt.Sprintf("the components need Go %s or newer", strings.TrimPrefix(wanted, "go"))

	path, err := exec.LookPath("go")
	if err != nil {
		return tool{}, fmt.Errorf("%s: %w; install it or add it to PATH", needs, err)
	}
	found := tool{path: path}
	// In the module's folder, so that a go that switches to the toolchain that
	// a go.mod asks for tells the one that it will build with.
	output, err := found.run(ctx, folder, "env", "-json", "GOVERSION", "GOCACHE", "GOMODCACHE")
	if err != nil {
		return tool{}, fmt.Errorf("%s: ask %s for its version: %w", needs, path, err)
	}
	var environment struct{ GOVERSION, GOCACHE, GOMODCACHE string }
	if err := json.Unmarshal(output, &environment); err != nil {
		return tool{}, fmt.Errorf("read the answer of `go env -json`: %w", err)
	}
	if tooOld(environment.GOVERSION, wanted) {
		return tool{}, fmt.Errorf("%s: %s is %s; install a newer one or put it first in PATH",
			needs, path, environment.GOVERSION)
	}
	found.buildCache, found.moduleCache = environment.GOCACHE, environment.GOMODCACHE
	return found, nil
}

// goDirective reads the Go version that a go.mod file asks for, as go1.26.
func goDirective(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the Go version that a component module needs: %w", err)
	}
	for line := range strings.Lines(string(content)) {
		if fields := strings.Fields(line); len(fields) >= 2 && fields[0] == "go" && version.IsValid("go"+fields[1]) {
			return "go" + fields[1], nil
		}
	}
	return "", fmt.Errorf("%s has no go directive", path)
}

// tooOld compares what `go env GOVERSION` says with a go directive. Builds from
// a development tree ("devel go1.27-1a2b3c …") count as their next release.
func tooOld(goVersion, wanted string) bool {
	for field := range strings.FieldsSeq(goVersion) {
		release, _, _ := strings.Cut(field, "-")
		if version.IsValid(release) {
			return version.Compare(release, wanted) < 0
		}
	}
	return true
}

// run runs go in a folder and returns its standard output. The user's settings
// that would change what is built are overruled; those about where modules come
// from stay. A failure carries the end of go's messages.
func (t tool) run(ctx context.Context, folder string, arguments ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, t.path, arguments...)
	command.Dir = folder
	command.Env = append(os.Environ(),
		"CGO_ENABLED=0",
		"GO111MODULE=on",
		"GOARCH="+runtime.GOARCH,
		"GOFLAGS=-mod=readonly",
		"GOOS="+runtime.GOOS,
		"GOWORK=off",
	)
	var output, messages bytes.Buffer
	command.Stdout, command.Stderr = &output, &messages
	// A group of its own, so that the compilers end with go; and go ends when
	// this process is killed. The latter counts from the thread that starts it,
	// which must therefore stay.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	command.Cancel = func() error {
		return syscall.Kill(-command.Process.Pid, syscall.SIGTERM)
	}
	command.WaitDelay = 5 * time.Second
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, &toolError{arguments: arguments, messages: messages.String(), err: err}
	}
	return output.Bytes(), nil
}

// toolError is a go command that failed.
type toolError struct {
	arguments []string
	messages  string
	err       error
}

func (e *toolError) Error() string {
	what := fmt.Sprintf("go %s: %v", e.arguments[0], e.err)
	if lines := lastLines(e.messages, 20); lines != "" {
		return what + "; its last lines:\n" + lines
	}
	return what
}

func (e *toolError) Unwrap() error { return e.err }

// lastLines is the end of a text, without what go says of each download.
func lastLines(text string, count int) string {
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(text), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "go: downloading ")
	})
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}

// SourceRoot finds the source tree that a folder lies in: the nearest folder
// upwards that has the component modules.
func SourceRoot(folder string) (string, error) {
	start, err := filepath.Abs(folder)
	if err != nil {
		return "", fmt.Errorf("find Rackproof's source tree: %w", err)
	}
	for candidate := start; ; candidate = filepath.Dir(candidate) {
		_, err := os.Stat(filepath.Join(candidate, "fixtures", "components", "components.yaml"))
		if err == nil {
			return candidate, nil
		}
		if !errors.Is(err, os.ErrNotExist) || candidate == filepath.Dir(candidate) {
			return "", fmt.Errorf("find Rackproof's source tree: %s is not inside of it", start)
		}
	}
}
