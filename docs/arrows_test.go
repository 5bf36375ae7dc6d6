package docs_test

import (
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// module is this repository's module path.
const module = "github.com/rackproof/rackproof/"

// TestArrowsPointDown verifies architecture.md's table of packages: it has every package of
// the repository, and each imports from its own row and the rows above alone.
func TestArrowsPointDown(t *testing.T) {
	rows := packageRows(t)
	seen := map[string]bool{}
	for _, folder := range goFolders(t) {
		seen[folder] = true
		row, ok := rowOf(rows, folder)
		if !ok {
			t.Errorf("docs/architecture.md: no row has the package %s", folder)
			continue
		}
		for imported, file := range importsOf(t, folder) {
			if above, ok := rowOf(rows, imported); ok && above > row {
				t.Errorf("%s imports %s, which is below it in the table of docs/architecture.md", file, imported)
			}
		}
	}
	for name := range rows {
		if folder, all := strings.CutSuffix(name, "/…"); !all && !seen[folder] {
			t.Errorf("docs/architecture.md: there is no package %s", name)
		}
	}
}

// packageRows reads the table: the number of each package's row, from the top.
func packageRows(t *testing.T) map[string]int {
	t.Helper()
	_, text, _ := strings.Cut(read(t, "architecture.md"), "\n## Packages\n")
	text, _, _ = strings.Cut(text, "\n## ")
	rows := map[string]int{}
	name := regexp.MustCompile("`([-a-z0-9/…]+)`")
	for number, line := range strings.Split(text, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 4 {
			continue
		}
		for _, match := range name.FindAllStringSubmatch(cells[2], -1) {
			if _, twice := rows[match[1]]; twice {
				t.Errorf("docs/architecture.md: %s is in two rows", match[1])
			}
			rows[match[1]] = number
		}
	}
	if len(rows) == 0 {
		t.Fatal("docs/architecture.md has no table of packages")
	}
	return rows
}

// rowOf finds a package's row: its own, or that of `FOLDER/…` above it.
func rowOf(rows map[string]int, folder string) (int, bool) {
	if row, ok := rows[folder]; ok {
		return row, true
	}
	for above := path.Dir(folder); above != "."; above = path.Dir(above) {
		if row, ok := rows[above+"/…"]; ok {
			return row, true
		}
	}
	return 0, false
}

// goFolders lists the folders with Go files, without modules of their own.
func goFolders(t *testing.T) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir("..", func(name string, entry os.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if _, err := os.Stat(filepath.Join(name, "go.mod")); name != ".." && (err == nil || strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata") {
			return filepath.SkipDir
		}
		if files, err := filepath.Glob(filepath.Join(name, "*.go")); err != nil {
			return err
		} else if len(files) > 0 {
			list = append(list, filepath.ToSlash(strings.TrimPrefix(name, "../")))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// importsOf lists the repository's packages that a package imports, each with a file that
// does. Tests of a framework's package may import what they like; a suite is all tests.
func importsOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	imports := map[string]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") && !strings.HasPrefix(folder, "suites/") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if own, ok := strings.CutPrefix(imported, module); ok {
				imports[own] = strings.TrimPrefix(file, "../")
			}
		}
	}
	return imports
}
