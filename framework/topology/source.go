package topology

import "fmt"

// source is where a topology's hosts are written; it is empty for a topology that was
// not loaded from a file.
type source struct {
	file string
	// hosts are the lines of the hosts by their names.
	hosts map[string]int
}

// HostErrorf makes an error about a host, with the file and the line that it is in.
func (t *Topology) HostErrorf(host, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if line, ok := t.source.hosts[host]; ok {
		return Problem{File: t.source.file, Line: line, Text: text}
	}
	return fmt.Errorf("topology %s: %s", t.Name, text)
}
