package requirement

import "strings"

// unableMark begins an error in a failure message that makes the verdict unable.
// A message for people has none.
const unableMark = "\x00unable\x00"

// MarkUnable is the text of an error that makes the verdict unable, for failure messages:
// assertions pass on no more of an error than its text.
func MarkUnable(err error) string { return unableMark + err.Error() }

// UnableIn reports whether a failure message has an error that MarkUnable has marked, and
// returns the message without marks.
func UnableIn(message string) (text string, unable bool) {
	return strings.ReplaceAll(message, unableMark, ""), strings.Contains(message, unableMark)
}
