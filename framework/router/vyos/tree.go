package vyos

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/rackproof/rackproof/framework/topology"
)

// statement is a statement of a boot configuration: `name`, `name value`, `name {…}`
// or `name value {…}`.
type statement struct {
	name, value string
	hasValue    bool
	block       bool
	line        int
	children    []*statement
	parent      *statement
}

// deepest is how many blocks may lie in each other: many more than VyOS has.
const deepest = 50

// path is where the statement is, as a `set` command names it. It leaves out a
// value without a block: that may be a password.
func (n *statement) path() string {
	var words []string
	for ; n.parent != nil; n = n.parent {
		if n.block && n.hasValue {
			words = append(words, readable(n.value))
		}
		words = append(words, readable(n.name))
	}
	slices.Reverse(words)
	return strings.Join(words, " ")
}

// place is the path without a value.
func (n *statement) place() string {
	bare := *n
	bare.hasValue = false
	return bare.path()
}

// readable quotes what would make a mess of a message.
func readable(text string) string {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) || r == unicode.ReplacementChar }) {
		return strconv.Quote(text)
	}
	return text
}

// key is what must be there once only inside a block.
type key struct {
	name, value string
	hasValue    bool
}

// parser builds the tree.
type parser struct {
	lexer    *lexer
	at       *statement
	seen     []map[key]*statement
	problems func(line int, format string, args ...any)
}

// parse makes a tree of a file; its root has the sections as children. It reports
// statements that are there twice and goes on without the second; at the first
// fault of syntax it stops, as all that follows would be guessed.
func parse(file string, data []byte) (*statement, topology.Problems) {
	var problems topology.Problems
	root := &statement{block: true, line: 1}
	p := &parser{
		lexer: newLexer(data), at: root, seen: []map[key]*statement{{}},
		problems: func(line int, format string, args ...any) {
			problems = append(problems, topology.Problem{File: file, Line: line, Text: fmt.Sprintf(format, args...)})
		},
	}
	if f := p.file(); f != nil {
		p.problems(f.line, "%s", f.text)
	}
	return root, problems
}

func (p *parser) file() *fault {
	for {
		t, f := p.lexer.next()
		if f != nil {
			return f
		}
		switch t.kind {
		case endOfLine:
		case word:
			if f := p.begin(t); f != nil {
				return f
			}
		case closing:
			if p.at.parent == nil {
				return &fault{t.line, "this } closes nothing: remove it, or open its block by {"}
			}
			p.at, p.seen = p.at.parent, p.seen[:len(p.seen)-1]
		case endOfFile:
			if p.at.parent != nil {
				return &fault{p.at.line, fmt.Sprintf("the { of %s is never closed: add } below its last statement", p.at.path())}
			}
			return nil
		default:
			return &fault{t.line, fmt.Sprintf("a statement begins with %s: begin it with its name, without quotes", t)}
		}
	}
}

// begin reads a statement up to the end of its line or to its {.
func (p *parser) begin(name token) *fault {
	n := &statement{name: name.text, line: name.line, parent: p.at}
	t, f := p.lexer.next()
	if f != nil {
		return f
	}
	if t.kind == word || t.kind == quoted {
		n.value, n.hasValue = t.text, true
		if t, f = p.lexer.next(); f != nil {
			return f
		}
	}
	switch t.kind {
	case endOfLine, endOfFile:
		p.add(n)
	case opening:
		n.block = true
		if len(p.seen) > deepest {
			return &fault{n.line, fmt.Sprintf("more than %d blocks lie in each other: VyOS has no such statement, look for a missing }", deepest)}
		}
		p.add(n)
		p.at, p.seen = n, append(p.seen, map[key]*statement{})
	case closing:
		return &fault{t.line, fmt.Sprintf("} on the line of a statement, %s: VyOS wants it on a line of its own", readable(n.name))}
	default:
		return &fault{t.line, fmt.Sprintf("%s follows a value of %s: put values with blanks into quotes, and each statement on a line of its own", t, readable(n.name))}
	}
	return nil
}

// add hangs a statement into the block that is being read.
func (p *parser) add(n *statement) {
	k := key{n.name, n.value, n.hasValue}
	seen := p.seen[len(p.seen)-1]
	if first, twice := seen[k]; twice {
		what := n.path()
		if n.hasValue && !n.block {
			what += ", with the same value,"
		}
		p.problems(n.line, "%s is there twice (line %d): remove one", what, first.line)
		return
	}
	seen[k] = n
	p.at.children = append(p.at.children, n)
}
