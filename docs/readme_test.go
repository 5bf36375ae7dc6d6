package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// frontPage is how many lines README.md may have.
const frontPage = 120

func TestReadmeIsOnePage(t *testing.T) {
	if lines := strings.Count(read(t, "../README.md"), "\n"); lines > frontPage {
		t.Errorf("README.md has %d lines, and %d are allowed: move the rest to docs", lines, frontPage)
	}
}

func TestEverySuiteAndModeIsListed(t *testing.T) {
	readme, modes := read(t, "../README.md"), read(t, "modes.md")
	for _, suite := range folders(t, "../suites") {
		if !strings.Contains(readme, "(suites/"+suite+")") {
			t.Errorf("README.md does not list suite %s", suite)
		}
		if !strings.Contains(modes, "`"+suite+"`") {
			t.Errorf("docs/modes.md does not list suite %s", suite)
		}
	}
	for _, mode := range folders(t, "../fixtures/modes") {
		if !strings.Contains(modes, "`"+mode+"`") {
			t.Errorf("docs/modes.md does not list mode %s", mode)
		}
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for _, path := range documents(t) {
		for _, match := range link.FindAllStringSubmatch(read(t, path), -1) {
			target := filepath.Join(filepath.Dir(path), match[1])
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", strings.TrimPrefix(path, "../"), match[1])
			}
		}
	}
}

func TestMakeTargetsExist(t *testing.T) {
	makefile := read(t, "../Makefile")
	command := regexp.MustCompile(`(?m)(?:^    |` + "`" + `)make ((?:[a-z][-a-z0-9]*)(?: [a-z][-a-z0-9]*)*)`)
	for _, path := range documents(t) {
		for _, match := range command.FindAllStringSubmatch(read(t, path), -1) {
			for target := range strings.FieldsSeq(match[1]) {
				family, _, _ := strings.Cut(target, "-")
				if !strings.Contains(makefile, "\n"+target+":") && !strings.Contains(makefile, "\n"+family+"-%:") {
					t.Errorf("%s: make has no target %s", strings.TrimPrefix(path, "../"), target)
				}
			}
		}
	}
}

// documents are the Markdown files of the repository.
func documents(t *testing.T) []string {
	t.Helper()
	var paths []string
	if err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && slices.Contains([]string{".git", "results"}, entry.Name()) {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			paths = append(paths, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return paths
}

// folders are the names of the folders in a folder.
func folders(t *testing.T, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
