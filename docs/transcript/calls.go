package transcript

import (
	"strings"
	"unicode"
)

// Calls are the arguments of each call of a program in the step's command. Of the shell's
// language they follow words, quotes and the signs that end a command; inside quotes no
// call is found.
func (s Step) Calls(program string) [][]string {
	var calls [][]string
	var words []string
	var word strings.Builder
	begun := false
	endWord := func() {
		// A word of the shell's own that a command follows.
		if begun && (len(words) > 0 || word.String() != "do") {
			words = append(words, word.String())
		}
		begun = false
		word.Reset()
	}
	endCommand := func() {
		endWord()
		if len(words) > 0 && words[0] == program {
			calls = append(calls, words[1:])
		}
		words = nil
	}
	// A here-document is data.
	command, _, _ := strings.Cut(s.Command, "<<")
	quote := rune(0)
	for _, r := range command {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, begun = r, true
		case quote == 0 && strings.ContainsRune("|;&()<>\n", r):
			endCommand()
		case quote == 0 && unicode.IsSpace(r):
			endWord()
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	endCommand()
	return calls
}
