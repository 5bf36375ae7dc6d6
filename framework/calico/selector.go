package calico

import (
	"fmt"
	"strings"
)

// Selector is a Calico label selector, as in BGPPeer.spec.nodeSelector. The zero
// Selector matches everything, as an empty selector does.
type Selector struct {
	text  string
	match predicate
}

// predicate decides for one set of labels.
type predicate func(labels map[string]string) bool

// ParseSelector reads a selector in Calico's grammar: all(), global(), has(k),
// k == 'v', k != 'v', k in {'v', …}, k not in {…}, k contains 'v', k starts with
// 'v', k ends with 'v', joined by !, && (which binds tighter) and ||, and
// parentheses (section "Selectors" of Calico's API reference; the rules in doubt
// follow libcalico-go/lib/selector).
func ParseSelector(text string) (Selector, error) {
	p := &selectorParser{text: text, rest: text}
	if p.skipSpace(); p.rest == "" {
		return Selector{text: text}, nil
	}
	match, err := p.or(0)
	if err == nil && p.rest != "" {
		err = p.expected("&&, || or the end")
	}
	if err != nil {
		return Selector{}, err
	}
	return Selector{text: text, match: match}, nil
}

// Matches reports whether the selector selects an object with these labels. A condition
// on a missing label is false, except that it differs (!=, not in).
func (s Selector) Matches(labels map[string]string) bool {
	return s.match == nil || s.match(labels)
}

// String returns the selector as it was written.
func (s Selector) String() string { return s.text }

// selectorParser reads a selector by recursive descent. Rest is what is not read
// yet; it never begins with white space.
type selectorParser struct{ text, rest string }

// maxSelectorDepth bounds parentheses inside parentheses, far beyond what a
// person writes.
const maxSelectorDepth = 100

func (p *selectorParser) or(depth int) (predicate, error) {
	left, err := p.and(depth)
	for err == nil && p.take("||") {
		var right predicate
		right, err = p.and(depth)
		first := left
		left = func(labels map[string]string) bool { return first(labels) || right(labels) }
	}
	return left, err
}

func (p *selectorParser) and(depth int) (predicate, error) {
	left, err := p.term(depth)
	for err == nil && p.take("&&") {
		var right predicate
		right, err = p.term(depth)
		first := left
		left = func(labels map[string]string) bool { return first(labels) && right(labels) }
	}
	return left, err
}

// term reads one operation, or a selector in parentheses, with any number of
// negations before it.
func (p *selectorParser) term(depth int) (predicate, error) {
	negated := false
	for !strings.HasPrefix(p.rest, "!=") && p.take("!") {
		negated = !negated
	}
	match, err := p.positiveTerm(depth)
	if err != nil || !negated {
		return match, err
	}
	return func(labels map[string]string) bool { return !match(labels) }, nil
}

func (p *selectorParser) positiveTerm(depth int) (predicate, error) {
	switch {
	case p.take("("):
		if depth == maxSelectorDepth {
			return nil, fmt.Errorf("selector %q: more than %d parentheses inside each other: simplify it", p.text, maxSelectorDepth)
		}
		match, err := p.or(depth + 1)
		if err == nil && !p.take(")") {
			err = p.expected(")")
		}
		return match, err
	case p.take("all("), p.take("global("):
		// global() is about namespaces; Calico evaluates it as true.
		if !p.take(")") {
			return nil, p.expected(")")
		}
		return func(map[string]string) bool { return true }, nil
	case p.take("has("):
		label, err := p.label()
		if err == nil && !p.take(")") {
			err = p.expected(")")
		}
		return func(labels map[string]string) bool { _, ok := labels[label]; return ok }, err
	}
	return p.comparison()
}

// comparison reads a label, an operator and a value or a set of values.
func (p *selectorParser) comparison() (predicate, error) {
	label, err := p.label()
	if err != nil {
		return nil, err
	}
	switch {
	case p.take("=="):
		return p.compare(label, func(have, value string) bool { return have == value })
	case p.take("!="):
		equal, err := p.compare(label, func(have, value string) bool { return have == value })
		return func(labels map[string]string) bool { return !equal(labels) }, err
	case p.takeWords("contains"):
		return p.compare(label, strings.Contains)
	case p.takeWords("starts", "with"):
		return p.compare(label, strings.HasPrefix)
	case p.takeWords("ends", "with"):
		return p.compare(label, strings.HasSuffix)
	case p.takeWords("not", "in"):
		in, err := p.set(label)
		return func(labels map[string]string) bool { return !in(labels) }, err
	case p.takeWords("in"):
		return p.set(label)
	}
	return nil, p.expected("an operator (==, !=, in, not in, contains, starts with, ends with)")
}

func (p *selectorParser) compare(label string, holds func(have, value string) bool) (predicate, error) {
	value, err := p.value()
	return func(labels map[string]string) bool {
		have, ok := labels[label]
		return ok && holds(have, value)
	}, err
}

// set reads {'a', 'b'}. A set may be empty, and may end with a comma.
func (p *selectorParser) set(label string) (predicate, error) {
	if !p.take("{") {
		return nil, p.expected("{")
	}
	values := map[string]bool{}
	for !p.take("}") {
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		values[value] = true
		if !p.take(",") && !strings.HasPrefix(p.rest, "}") {
			return nil, p.expected(", or }")
		}
	}
	return func(labels map[string]string) bool {
		have, ok := labels[label]
		return ok && values[have]
	}, nil
}

func (p *selectorParser) label() (string, error) {
	end := strings.IndexFunc(p.rest, func(r rune) bool { return !inLabelName(r) })
	if end < 0 {
		end = len(p.rest)
	}
	if end == 0 {
		return "", p.expected("a label's name")
	}
	label := p.rest[:end]
	p.rest = p.rest[end:]
	p.skipSpace()
	return label, nil
}

func (p *selectorParser) value() (string, error) {
	if p.rest == "" || p.rest[0] != '"' && p.rest[0] != '\'' {
		return "", p.expected("a value in quotes")
	}
	value, rest, closed := strings.Cut(p.rest[1:], p.rest[:1])
	if !closed {
		return "", fmt.Errorf("selector %q: the quote before %q is not closed: close it", p.text, value)
	}
	p.rest = rest
	p.skipSpace()
	return value, nil
}

// take reads a token if it comes next.
func (p *selectorParser) take(token string) bool {
	rest, found := strings.CutPrefix(p.rest, token)
	if found {
		p.rest = rest
		p.skipSpace()
	}
	return found
}

// takeWords reads the words of an operator, if they come next. Between them, but
// not after them, Calico lets the space be left out.
func (p *selectorParser) takeWords(words ...string) bool {
	before := p.rest
	for i, word := range words {
		last := i == len(words)-1
		if rest, found := strings.CutPrefix(p.rest, word); !found || last && startsWithLabelName(rest) {
			p.rest = before
			return false
		}
		p.take(word)
	}
	return true
}

func (p *selectorParser) skipSpace() { p.rest = strings.TrimLeft(p.rest, " \t") }

func (p *selectorParser) expected(what string) error {
	if p.rest == "" {
		return fmt.Errorf("selector %q: it ends where %s was expected: complete it", p.text, what)
	}
	return fmt.Errorf("selector %q: expected %s before %q: correct it", p.text, what, p.rest)
}

func startsWithLabelName(s string) bool { return s != "" && inLabelName(rune(s[0])) }

func inLabelName(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_./-", r)
}
