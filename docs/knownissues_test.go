package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/requirement"
)

func TestKnownIssuesAreListed(t *testing.T) {
	specs := markedSpecs(t)
	var b strings.Builder
	fmt.Fprint(&b, "\n| number | what Calico does | specs | affects | fixed in |\n|---|---|---|---|---|\n")
	for _, known := range requirement.Issues() {
		summary := known.Summary
		if known.Note != "" {
			summary += " (" + known.Note + ")"
		}
		fixed := known.FixedIn
		if fixed == "" {
			fixed = "not yet"
		}
		ids := specs[known.Number]
		if len(ids) == 0 {
			t.Errorf("no spec is marked with %s: remove the issue from requirement.Issues", known.Number)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", known.Number, summary, strings.Join(ids, ", "), known.Affects, fixed)
	}
	b.WriteByte('\n')
	checkGenerated(t, "known-issues.md", "known-issues", b.String())
}

// markedSpecs finds the specs that are marked with an issue, by its number.
func markedSpecs(t *testing.T) map[string][]string {
	t.Helper()
	specs := map[string][]string{}
	var folders []string
	if err := filepath.WalkDir("../suites", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			folders = append(folders, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		files := make([]*ast.File, len(paths))
		constants := map[string]string{}
		for i, path := range paths {
			if files[i], err = parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution); err != nil {
				t.Fatal(err)
			}
			collectConstants(files[i], constants)
		}
		for i, file := range files {
			ast.Inspect(file, func(node ast.Node) bool {
				call, ok := node.(*ast.CallExpr)
				if !ok || nameOf(call.Fun) != "Requirement" || len(call.Args) == 0 {
					return true
				}
				for _, argument := range call.Args[1:] {
					mark, ok := argument.(*ast.CallExpr)
					if !ok || nameOf(mark.Fun) != "Known" || len(mark.Args) != 1 {
						continue
					}
					id, number := textOf(call.Args[0], constants), textOf(mark.Args[0], constants)
					if id == "" || number == "" {
						t.Errorf("%s: the id or the issue of a requirement is neither a literal nor a constant of its package", paths[i])
					}
					specs[number] = append(specs[number], id)
				}
				return true
			})
		}
	}
	return specs
}

// collectConstants adds a file's constants that are string literals.
func collectConstants(file *ast.File, constants map[string]string) {
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok || general.Tok != token.CONST {
			continue
		}
		for _, spec := range general.Specs {
			value := spec.(*ast.ValueSpec)
			for i, expression := range value.Values {
				constants[value.Names[i].Name] = textOf(expression, nil)
			}
		}
	}
}

// nameOf is the name of a function that is called, with or without its package.
func nameOf(function ast.Expr) string {
	switch function := function.(type) {
	case *ast.Ident:
		return function.Name
	case *ast.SelectorExpr:
		return function.Sel.Name
	}
	return ""
}

// textOf is the value of a string literal or of a constant; empty for anything else.
func textOf(expression ast.Expr, constants map[string]string) string {
	switch expression := expression.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(expression.Value)
		if err != nil {
			return ""
		}
		return text
	case *ast.Ident:
		return constants[expression.Name]
	}
	return ""
}
