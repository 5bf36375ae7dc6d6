package transcript

import (
	"regexp"
	"slices"
	"strings"
)

// Shape is what two runs of a command have in common: its lines, without the parts that an
// accident of the run decides. Names, addresses and everything else stay as they are.
func Shape(output []string, unordered bool) []string {
	var shape []string
	for _, line := range samePaths(output) {
		line = strings.Join(strings.Fields(line), " ")
		for _, p := range accidents() {
			line = p.pattern.ReplaceAllString(line, p.word)
		}
		if line != "" {
			shape = append(shape, line)
		}
	}
	if unordered {
		slices.Sort(shape)
	}
	return shape
}

// accident is a part of an output that differs from run to run, and the word for it.
type accident struct {
	pattern *regexp.Regexp
	word    string
}

// accidents are all of them, in the order in which they are replaced.
func accidents() []accident {
	var all []accident
	for _, p := range [][2]string{
		// Moments and spans: 23:44:41, 3m28s, 6.10 s, 10001 milliseconds.
		{`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?`, "TIME"},
		{`\b\d\d:\d\d:\d\d\b`, "TIME"},
		{`\b\d+[dhms](\d+[hms])*\b`, "SPAN"},
		{`\b\d+(\.\d+)? (s|ms|milliseconds)\b`, "SPAN"},
		{`\((least|most) [\d.]+(, most [\d.]+)?\)`, "(SPREAD)"},
		// Pods of a DaemonSet and of a Deployment, and their interfaces.
		{`\b(app|nginx)(-[0-9a-z]{8,10})?-[0-9a-z]{5}\b`, "$1-POD"},
		{`\bcali[0-9a-f]{11}\b`, "caliPOD"},
		// The number of an interface's other end, a hardware address, a client's port, and a port
		// of Kubernetes' choice.
		{`@if\d+\b`, ""},
		{`\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b`, "MAC"},
		{`(\d+\.\d+\.\d+\.\d+):[3-6]\d{4}\b`, "$1:PORT"},
		{`\b80:3\d{4}/TCP`, "80:PORT/TCP"},
		// FRR's counters of messages, tables and memory. It sends no route back to the neighbour of its
		// best path, so that the number of sent ones is an accident too.
		{`table version( is)? \d+`, "table version"},
		{`, using \d+ \w+ of memory`, ""},
		{`^(\S+ 4 \d+)( \d+){5} TIME (\d+) \d+`, "$1 COUNTERS $3 COUNTER"},
		// The API server's marks of an object.
		{`\b(uid|resourceVersion|creationTimestamp): \S+`, "$1"},
		// A table is as wide as its longest cell.
		{`-{3,}`, "---"},
	} {
		all = append(all, accident{regexp.MustCompile(p[0]), p[1]})
	}
	return all
}

// samePaths rewrites the paths in FRR's table of BGP routes. Each gets its prefix, which
// FRR prints at the first one alone, so that paths may come in any order. And paths of
// equal cost look alike: their age decides which of them FRR calls the best.
func samePaths(output []string) []string {
	path := regexp.MustCompile(`^\*([>= ])([i ])(\S*) *(.*)$`)
	var lines []string
	prefix := ""
	for i := 0; i < len(output); i++ {
		found := path.FindStringSubmatch(output[i])
		if found == nil {
			lines = append(lines, output[i])
			continue
		}
		if found[3] != "" {
			prefix = found[3]
		}
		rest := found[4]
		if rest == "" && i+1 < len(output) {
			// Behind a long prefix FRR begins a new line.
			i++
			rest = output[i]
		}
		used := "unused"
		if found[1] != " " {
			used = "used"
		}
		lines = append(lines, strings.Join([]string{prefix, used, found[2], rest}, " "))
	}
	return lines
}

// Difference describes how the shape of what a run printed is another than that of what a
// document shows; it is empty if it is not.
func Difference(shown, printed []string, unordered bool) string {
	want, got := Shape(shown, unordered), Shape(printed, unordered)
	if slices.Equal(want, got) {
		return ""
	}
	var lines []string
	for _, line := range without(want, got) {
		lines = append(lines, "- "+line)
	}
	for _, line := range without(got, want) {
		lines = append(lines, "+ "+line)
	}
	if len(lines) == 0 {
		return "the lines come in another order"
	}
	return strings.Join(lines, "\n")
}

// without are the lines of one list that the other does not have, or has less often.
func without(lines, others []string) []string {
	left := map[string]int{}
	for _, line := range others {
		left[line]++
	}
	var all []string
	for _, line := range lines {
		if left[line]--; left[line] < 0 {
			all = append(all, line)
		}
	}
	return all
}
