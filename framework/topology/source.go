package topology

import "fmt"

// source is where a topology's hosts and links are written; it is empty for a topology that
// was not loaded from a file.
type source struct {
	file string
	// hosts and links are the lines by their names.
	hosts, links map[string]int
}

// HostErrorf makes an error about a host, with the file and the line that it is in.
func (t *Topology) HostErrorf(host, format string, args ...any) error {
	return t.errorAt(t.source.hosts[host], fmt.Sprintf(format, args...))
}

// LinkErrorf makes an error about a link, with the file and the line that it is in.
func (t *Topology) LinkErrorf(link, format string, args ...any) error {
	return t.errorAt(t.source.links[link], fmt.Sprintf(format, args...))
}

// errorAt makes an error about a line of the file, 0 for one that is not known.
func (t *Topology) errorAt(line int, text string) error {
	if line == 0 {
		return fmt.Errorf("topology %s: %s", t.Name, text)
	}
	return Problem{File: t.source.file, Line: line, Text: text}
}
