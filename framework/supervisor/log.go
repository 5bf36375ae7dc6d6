package supervisor

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
)

// tailBytes bounds how much of a log is read for its last lines.
const tailBytes = 64 << 10

// errorLines is how many last lines an error shows.
const errorLines = 12

// Tail returns the last lines of a file, at most n.
func Tail(path string, n int) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the last lines of a log: %w", err)
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("read the last lines of %s: %w", path, err)
	}
	start := max(0, size-tailBytes)
	data, err := io.ReadAll(io.NewSectionReader(f, start, size-start))
	if err != nil {
		return nil, fmt.Errorf("read the last lines of %s: %w", path, err)
	}
	data = bytes.TrimRight(data, "\n")
	if len(data) == 0 {
		return nil, nil
	}
	lines := strings.Split(string(data), "\n")
	if start > 0 {
		lines = lines[1:] // most likely cut in two
	}
	return lines[max(0, len(lines)-n):], nil
}

// sinceBytes bounds how much Since returns at once.
const sinceBytes = 1 << 20

// Since returns what a file has behind an offset, up to the last whole line, and the
// offset behind that. Of more than a mebibyte it returns the end alone. A file that is
// shorter than the offset has begun again and is read from its beginning.
func Since(path string, offset int64) ([]byte, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, offset, fmt.Errorf("read on in a log: %w", err)
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, offset, fmt.Errorf("read on in %s: %w", path, err)
	}
	if size < offset {
		offset = 0
	}
	offset = max(offset, size-sinceBytes)
	data, err := io.ReadAll(io.NewSectionReader(f, offset, size-offset))
	if err != nil {
		return nil, offset, fmt.Errorf("read on in %s: %w", path, err)
	}
	whole := bytes.LastIndexByte(data, '\n') + 1
	return data[:whole], offset + int64(whole), nil
}

// lineBytes is how much of a line an error shows.
const lineBytes = 300

func (s *Supervisor) lastLines(host, name string) string {
	lines, err := Tail(LogPath(s.logs, host, name), errorLines)
	if err != nil || len(lines) == 0 {
		return "; it wrote nothing"
	}
	var b strings.Builder
	b.WriteString("; its last lines:")
	for _, line := range lines {
		fmt.Fprintf(&b, "\n    %.*s", lineBytes, line)
	}
	return b.String()
}
