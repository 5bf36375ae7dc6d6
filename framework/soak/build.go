package soak

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// Suite is the test program of one suite.
type Suite struct {
	// Name is that of the suite's folder.
	Name string
	// Program is the path of the test program.
	Program string
	// Folder is that of the suite's sources, in which the program runs.
	Folder string
}

// testPackage is what `go list -json` says of a package, as far as it matters here.
type testPackage struct {
	ImportPath, Dir           string
	TestGoFiles, XTestGoFiles []string
}

// Build builds the test programs of packages into a folder. Patterns are those of go. All
// rounds run the same programs: a change of the sources meanwhile is in none of them, and
// no measured time has a compiler's in it.
func Build(ctx context.Context, patterns []string, folder string) ([]Suite, error) {
	listed, err := goTool(ctx, append([]string{"list", "-json=ImportPath,Dir,TestGoFiles,XTestGoFiles"}, patterns...)...)
	if err != nil {
		return nil, err
	}
	suites, paths, err := suitesOf(listed, folder)
	if err != nil {
		return nil, err
	}
	if len(suites) == 0 {
		return nil, fmt.Errorf("build the suites: no package of %s has tests", strings.Join(patterns, " "))
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("build the suites: %w", err)
	}
	// One by one: with a folder as output go names programs by the last part of a package's
	// path alone, which two may share.
	for i, suite := range suites {
		if _, err := goTool(ctx, "test", "-c", "-o", suite.Program, paths[i]); err != nil {
			return nil, err
		}
	}
	return suites, nil
}

// suitesOf reads what go lists: the packages with tests.
func suitesOf(listed []byte, folder string) (suites []Suite, paths []string, err error) {
	decoder := json.NewDecoder(bytes.NewReader(listed))
	from := map[string]string{}
	for {
		var p testPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return suites, paths, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read the list of suites: %w", err)
		}
		if len(p.TestGoFiles)+len(p.XTestGoFiles) == 0 {
			continue
		}
		name := suiteName(p.ImportPath)
		if other, taken := from[name]; taken {
			return nil, nil, fmt.Errorf("build the suites: %s and %s have the same name %s, and so would their reports", other, p.ImportPath, name)
		}
		from[name] = p.ImportPath
		suites = append(suites, Suite{Name: name, Program: filepath.Join(folder, name+".test"), Folder: p.Dir})
		paths = append(paths, p.ImportPath)
	}
}

// suiteName is the name of a package's suite, as in its report: the path below the folder
// suites, with a hyphen between its parts.
func suiteName(importPath string) string {
	if _, below, ok := strings.Cut(importPath, "/suites/"); ok {
		return strings.ReplaceAll(below, "/", "-")
	}
	return path.Base(importPath)
}

// goTool runs go and returns its standard output.
func goTool(ctx context.Context, arguments ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "go", arguments...)
	var output, messages bytes.Buffer
	command.Stdout, command.Stderr = &output, &messages
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("go %s: %w: %s", arguments[0], err, strings.TrimSpace(messages.String()))
	}
	return output.Bytes(), nil
}

// Commit names the commit of the sources in the current folder. A plus sign marks
// sources that were changed since; without git it is "unknown".
func Commit(ctx context.Context) string {
	commit, err := exec.CommandContext(ctx, "git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	name := strings.TrimSpace(string(commit))
	if changed, err := exec.CommandContext(ctx, "git", "status", "--porcelain", "--untracked-files=no").Output(); err != nil || len(changed) > 0 {
		name += "+"
	}
	return name
}
