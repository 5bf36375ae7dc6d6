package vyos

import (
	"fmt"
	"strconv"
	"strings"
)

// kind is what a token is.
type kind int

const (
	endOfFile kind = iota
	endOfLine
	opening
	closing
	// word is a name or a value without quotes.
	word
	// quoted is a value in quotes.
	quoted
)

type token struct {
	kind kind
	text string
	line int
}

// String shows the token in a message.
func (t token) String() string {
	switch t.kind {
	case endOfFile:
		return "the end of the file"
	case endOfLine:
		return "the end of the line"
	case opening:
		return "{"
	case closing:
		return "}"
	default:
		return strconv.Quote(t.text)
	}
}

// fault says where a file stops being a boot configuration.
type fault struct {
	line int
	text string
}

// lexer cuts a boot configuration into tokens. The language has no separator
// between statements but the end of a line, which means nothing anywhere else:
// the lexer hands all of them on, and the parser knows which count.
type lexer struct {
	data string
	at   int
	line int
}

func newLexer(data []byte) *lexer { return &lexer{data: string(data), line: 1} }

// next returns the next token; after the last one it is always endOfFile.
func (l *lexer) next() (token, *fault) {
	for l.at < len(l.data) {
		t := token{line: l.line}
		rest := l.data[l.at:]
		switch c := rest[0]; {
		case c == ' ' || c == '\t' || c == '\r':
			l.at++
		case c == '\n':
			l.at++
			l.line++
			t.kind = endOfLine
			return t, nil
		case c == '{':
			l.at++
			t.kind = opening
			return t, nil
		case c == '}':
			l.at++
			t.kind = closing
			return t, nil
		case c == '"' || c == '\'':
			text, f := l.quoted()
			if f != nil {
				return token{}, f
			}
			t.kind, t.text = quoted, text
			return t, nil
		case strings.HasPrefix(rest, "/*"):
			length := strings.Index(rest, "*/")
			if length < len("/*") { // /*/ does not end itself
				length = strings.Index(rest[len("/*"):], "*/")
				if length < 0 {
					return token{}, &fault{t.line, "the comment that begins here never ends: close it by */"}
				}
				length += len("/*")
			}
			l.skip(length + len("*/"))
		case strings.HasPrefix(rest, "//"):
			// VyOS's trailer with the versions of the configuration's parts.
			length := strings.IndexByte(rest, '\n')
			if length < 0 {
				length = len(rest)
			}
			l.at += length
		default:
			length := strings.IndexAny(rest, " \t\r\n{}\"'")
			if length < 0 {
				length = len(rest)
			}
			l.at += length
			t.kind, t.text = word, rest[:length]
			return t, nil
		}
	}
	return token{kind: endOfFile, line: l.line}, nil
}

// skip passes over text that may have line breaks in it.
func (l *lexer) skip(length int) {
	l.line += strings.Count(l.data[l.at:l.at+length], "\n")
	l.at += length
}

// quoted reads a value in quotes, which may go over several lines.
func (l *lexer) quoted() (string, *fault) {
	began := l.line
	quote := l.data[l.at]
	l.at++
	var text strings.Builder
	for l.at < len(l.data) {
		c := l.data[l.at]
		l.at++
		switch c {
		case quote:
			return text.String(), nil
		case '\n':
			l.line++
			text.WriteByte(c)
		case '\\':
			if l.at == len(l.data) {
				break
			}
			meant, ok := unescape(l.data[l.at])
			if !ok {
				return "", &fault{l.line, fmt.Sprintf("unknown escape %q in a quoted value: write \\\\ for a backslash", l.data[l.at-1:l.at+1])}
			}
			text.WriteByte(meant)
			l.at++
		default:
			text.WriteByte(c)
		}
	}
	return "", &fault{began, fmt.Sprintf("the quoted value that begins here never ends: close it by %c", quote)}
}

// unescape tells what a character stands for that follows a backslash in a quoted
// value.
func unescape(c byte) (byte, bool) {
	switch c {
	case '\\', '"', '\'', '/':
		return c, true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	}
	return 0, false
}
