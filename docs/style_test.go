package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// phrase is an expression that docs/style.md rules out, and what to write in its place.
type phrase struct {
	avoid, write string
	pattern      *regexp.Regexp
}

// phrases are the worst twenty, counted in this repository. The pattern is case-insensitive,
// and a blank in it matches a line break too.
func phrases() []phrase {
	list := []struct{ avoid, write, pattern string }{
		{"hold … against, held … against", "compare with", `\b(?:hold|holds|held|holding) (?:\S+ ){0,4}against\b`},
		{"reckon", "compute, count, assume", `\breckon\w*`},
		{"to be had, can be had", "available; get, find", `\bbe had\b`},
		{"hang on", "depend on", `\b(?:hang|hangs|hung|hanging) on\b`},
		{"go by", "follow, use; by interface X: through X", `\b(?-i:go|goes|going|went|gone) by(?: (?:the|its|their|theirs|an?|what|this|that)\b|[.,;])`},
		{"what is known of", "name the thing: all knowledge of", `\bwhat is known of\b`},
		{"it is said, is said", "name who reports it: the summary says, the error names", `\b(?:is|are|was|were) said\b`},
		{"which nobody, that nobody knows", "make the thing the subject: unread, unknown", `\b(?:which nobody|that nobody (?:knows?|has|needs?|sees?|reads?))\b`},
		{"that is to say", "leave it out, or write: that means", `\bthat is to say\b`},
		{"tells whether", "reports whether", `\b(?:tell|tells|told|telling) whether\b`},
		{"anew", "again, new", `\banew\b`},
		{"all the same", "still, anyway, even so", `\ball the same\b`},
		{"for good, for ever", "permanently", `\bfor (?:good|ever)\b`},
		{"by way of", "through, via", `\bby way of\b`},
		{"to be seen", "visible; shows", `\bto be seen\b`},
		{"in the place of", "instead of", `\bin the place of\b`},
		{"no more (at the end)", "no longer", `\bno more(?:[.,;:)]| (?:and|but|when|while|where)\b)`},
		{"brought about, is taken to be", "caused; is assumed to be", `\bbrought about\b|\btaken to be\b`},
		{"all that is, all that it", "everything, all", `\ball that (?:is|are|was|it|they)\b`},
		{"a sentence that begins with What", "make the actor the subject", `(?:^|[.] )What [^.?!]*[^.?! ](?:[.!:]|$)`},
	}
	var all []phrase
	for _, p := range list {
		flags := "(?i)"
		if strings.Contains(p.pattern, "What") {
			flags = ""
		}
		all = append(all, phrase{p.avoid, p.write, regexp.MustCompile(flags + p.pattern)})
	}
	return all
}

// notYet are the folders that still have such phrases, without the folders below them, and
// single files. The list only shrinks: TestWording fails for a place that has none any more.
func notYet() []string {
	return nil
}

// finding is a phrase in a file.
type finding struct {
	path        string
	line        int
	text, write string
}

// String is the finding with its place, as editors open it.
func (f finding) String() string {
	return fmt.Sprintf("%s:%d: %q: write %s (docs/style.md)", f.path, f.line, f.text, f.write)
}

func TestWording(t *testing.T) {
	remaining := map[string]int{}
	for _, found := range findings(t, "..") {
		place := filepath.Dir(found.path)
		if slices.Contains(notYet(), found.path) {
			place = found.path
		}
		if slices.Contains(notYet(), place) {
			remaining[place]++
			if testing.Verbose() {
				t.Log(found)
			}
			continue
		}
		t.Error(found)
	}
	for _, place := range notYet() {
		if remaining[place] == 0 {
			t.Errorf("%s has none of these phrases any more: remove it from notYet", place)
		}
	}
}

func TestPhrasesAreFound(t *testing.T) {
	cases := []struct {
		name, text string
		line       int
	}{
		{"with words between", "It holds every session against the oracle.", 1},
		{"on two lines", "The lab\nhangs\non this process.", 2},
		{"at the end", "The route is announced no more.", 1},
		{"a sentence with What", "It waits. What it has, it gives.", 1},
		{"no finding: a question", "What does a run print?", 0},
		{"no finding: a comparison", "at most once and no more than that", 0},
		{"no finding: another verb", "The peer holds the route.", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found := prose{1, c.text}.findings("a.md", phrases())
			if c.line == 0 && len(found) > 0 {
				t.Errorf("got %v, want nothing", found)
			}
			if c.line > 0 && (len(found) != 1 || found[0].line != c.line) {
				t.Errorf("got %v, want one finding in line %d", found, c.line)
			}
		})
	}
}

func TestStyleListsThePhrases(t *testing.T) {
	var b strings.Builder
	fmt.Fprint(&b, "\n| avoid | write |\n|---|---|\n")
	for _, phrase := range phrases() {
		fmt.Fprintf(&b, "| %s | %s |\n", phrase.avoid, phrase.write)
	}
	b.WriteByte('\n')
	checkGenerated(t, "style.md", "phrases", b.String())
}

// findings are all phrases in the files below a folder, with paths from that folder on.
func findings(t *testing.T, root string) []finding {
	t.Helper()
	list := phrases()
	var found []finding
	if err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if slices.Contains([]string{".git", "results", "testdata"}, entry.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		for _, text := range proseOf(t, path) {
			found = append(found, text.findings(relative, list)...)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

// prose is text whose first line is a file's line.
type prose struct {
	line int
	text string
}

func (p prose) findings(path string, phrases []phrase) []finding {
	// A blank line ends a sentence, as it does after a heading.
	flat := strings.ReplaceAll(strings.ReplaceAll(p.text, "\n\n", ". "), "\n", " ")
	var found []finding
	for _, phrase := range phrases {
		for _, at := range phrase.pattern.FindAllStringIndex(flat, -1) {
			found = append(found, finding{path, p.line + strings.Count(p.text[:at[0]], "\n"), flat[at[0]:at[1]], phrase.write})
		}
	}
	return found
}

// proseOf finds the prose of a file: all of a document or a script, comments and strings
// of Go. The lists of the phrases themselves are left out.
func proseOf(t *testing.T, path string) []prose {
	t.Helper()
	name := filepath.Base(path)
	switch {
	case name == "style_test.go":
		return nil
	case filepath.Ext(name) == ".go":
		return goProse(t, path)
	case name != "Makefile" && !slices.Contains([]string{".md", ".yaml", ".yml", ".sh"}, filepath.Ext(name)):
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	if name == "style.md" {
		text, _, _ = strings.Cut(text, "<!-- begin phrases")
	}
	if filepath.Ext(name) != ".md" {
		// A comment goes on after the sign that begins its next line.
		text = regexp.MustCompile(`(?m)^\s*#+ ?`).ReplaceAllStringFunc(text, func(sign string) string {
			return strings.Repeat("\n", strings.Count(sign, "\n"))
		})
	}
	return []prose{{1, text}}
}

func goProse(t *testing.T, path string) []prose {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var all []prose
	for _, group := range file.Comments {
		var b strings.Builder
		for _, comment := range group.List {
			b.WriteString(strings.TrimSpace(strings.TrimPrefix(comment.Text, "//")) + "\n")
		}
		all = append(all, prose{files.Position(group.Pos()).Line, b.String()})
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, prose{files.Position(literal.Pos()).Line, text})
		}
		return true
	})
	return all
}
