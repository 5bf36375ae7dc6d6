package inventory

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rackproof/rackproof/framework/requirement"
)

// Spec is everything that the source of a spec says of its requirement.
type Spec struct {
	ID string
	// Suite is the name of the suite's folder, with a hyphen between its parts.
	Suite string
	// Must is the sentence.
	Must string
	// Needs are the spec's own and those of the containers around it.
	Needs []requirement.Need
	// KnownIssue is the number of the issue that the spec is marked with; empty for none.
	KnownIssue string
	// Place is the spec's file and line, from the suites' folder on.
	Place string
}

// Specs reads the specs of all suites from their sources: the calls of Requirement. Ids,
// sentences and numbers of issues are literals or constants of the suite's package, so that
// nothing has to be compiled or run to list them.
func Specs(sources fs.FS) ([]Spec, error) {
	folders, err := packages(sources)
	if err != nil {
		return nil, fmt.Errorf("list the suites' sources: %w", err)
	}
	var specs []Spec
	var faults []error
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		found, err := specsOf(sources, folder, folders[folder])
		specs = append(specs, found...)
		faults = append(faults, err)
	}
	return specs, errors.Join(faults...)
}

// packages lists the Go files below a folder, by their own folders.
func packages(sources fs.FS) (map[string][]string, error) {
	folders := map[string][]string{}
	err := fs.WalkDir(sources, ".", func(name string, _ fs.DirEntry, err error) error {
		if err == nil && path.Ext(name) == ".go" {
			folders[path.Dir(name)] = append(folders[path.Dir(name)], name)
		}
		return err
	})
	return folders, err
}

// specsOf reads the specs of one suite.
func specsOf(sources fs.FS, folder string, names []string) ([]Spec, error) {
	r := &reader{suite: strings.ReplaceAll(folder, "/", "-"), places: token.NewFileSet(), constants: map[string]string{}}
	var files []*ast.File
	for _, name := range names {
		text, err := fs.ReadFile(sources, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		file, err := parser.ParseFile(r.places, name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("parse %w", err)
		}
		r.collectConstants(file)
		files = append(files, file)
	}
	for _, file := range files {
		ast.Walk(scope{reader: r}, file)
	}
	return r.specs, errors.Join(r.faults...)
}

// reader reads the sources of one package.
type reader struct {
	suite     string
	places    *token.FileSet
	constants map[string]string
	specs     []Spec
	faults    []error
}

// scope visits what is inside a call with the needs of all calls around it.
type scope struct {
	*reader
	needs []requirement.Need
}

// Visit implements ast.Visitor.
func (s scope) Visit(node ast.Node) ast.Visitor {
	call, ok := node.(*ast.CallExpr)
	if !ok {
		return s
	}
	s.needs = slices.Concat(s.needs, s.needsIn(call))
	if nameOf(call.Fun) == "Requirement" {
		s.note(call)
	}
	return s
}

// note adds the spec that a call of Requirement makes.
func (s scope) note(call *ast.CallExpr) {
	place := s.places.Position(call.Pos())
	fault := func(format string, arguments ...any) {
		s.faults = append(s.faults, fmt.Errorf("%s:%d: %s", place.Filename, place.Line, fmt.Sprintf(format, arguments...)))
	}
	if len(call.Args) < 2 {
		fault("a requirement has an id and a sentence")
		return
	}
	needs := slices.Clone(s.needs)
	slices.Sort(needs)
	spec := Spec{
		ID: s.text(call.Args[0]), Suite: s.suite, Must: s.text(call.Args[1]), Needs: slices.Compact(needs),
		Place: fmt.Sprintf("%s:%d", place.Filename, place.Line),
	}
	if spec.ID == "" || spec.Must == "" {
		fault("the id or the sentence of a requirement is no literal and no constant of its package: write it there, so that it can be listed")
		return
	}
	for _, argument := range call.Args[2:] {
		// Known(number), or a function with a condition before the number.
		if mark, ok := argument.(*ast.CallExpr); ok && strings.HasPrefix(nameOf(mark.Fun), "Known") && len(mark.Args) > 0 {
			if spec.KnownIssue = s.text(mark.Args[len(mark.Args)-1]); spec.KnownIssue == "" {
				fault("the number of %s's known issue is no literal and no constant of its package", spec.ID)
			}
		}
	}
	s.specs = append(s.specs, spec)
}

// needsIn finds the needs among the arguments of a call.
func (r *reader) needsIn(call *ast.CallExpr) []requirement.Need {
	var needs []requirement.Need
	for _, argument := range call.Args {
		declared, ok := argument.(*ast.CallExpr)
		if !ok || nameOf(declared.Fun) != "Needs" {
			continue
		}
		for _, name := range declared.Args {
			need := needNamed(nameOf(name))
			if requirement.AllNeeds()[need] == "" {
				place := r.places.Position(name.Pos())
				r.faults = append(r.faults, fmt.Errorf("%s:%d: unknown need %q: name one of framework/requirement/need.go", place.Filename, place.Line, nameOf(name)))
			}
			needs = append(needs, need)
		}
	}
	return needs
}

// needNamed is the need of a constant: CutLinks is cut-links, and CalicoBIRD calico-bird.
func needNamed(constant string) requirement.Need {
	hyphened := regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(constant, "$1-$2")
	return requirement.Need(strings.ToLower(hyphened))
}

// collectConstants adds a file's constants that are texts.
func (r *reader) collectConstants(file *ast.File) {
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok || general.Tok != token.CONST {
			continue
		}
		for _, spec := range general.Specs {
			value := spec.(*ast.ValueSpec)
			for i, expression := range value.Values {
				r.constants[value.Names[i].Name] = r.text(expression)
			}
		}
	}
}

// nameOf is a name with or without its package; empty for anything else.
func nameOf(expression ast.Expr) string {
	switch expression := expression.(type) {
	case *ast.Ident:
		return expression.Name
	case *ast.SelectorExpr:
		return expression.Sel.Name
	}
	return ""
}

// text is the value of a literal, of a constant, or of a sum of both; empty for anything else.
func (r *reader) text(expression ast.Expr) string {
	switch expression := expression.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(expression.Value)
		if err != nil {
			return ""
		}
		return text
	case *ast.Ident:
		return r.constants[expression.Name]
	case *ast.BinaryExpr:
		left, right := r.text(expression.X), r.text(expression.Y)
		if left == "" || right == "" || expression.Op != token.ADD {
			return ""
		}
		return left + right
	}
	return ""
}
