package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

// format is the value of a flag -o: how a command prints its result.
type format string

// The formats of results.
const (
	formatText     format = "text"
	formatTable    format = "table"
	formatMarkdown format = "md"
	formatYAML     format = "yaml"
	formatJSON     format = "json"
	formatHTML     format = "html"
)

// formatFlag adds a flag -o to a command; the first format is what it prints
// without the flag.
func formatFlag(command *cobra.Command, formats ...format) *format {
	chosen := &formatChoice{formats: formats, value: formats[0]}
	command.Flags().VarP(chosen, "output", "o", "output format: "+chosen.list())
	return &chosen.value
}

// formatChoice is a flag that takes some formats only.
type formatChoice struct {
	formats []format
	value   format
}

// String implements pflag.Value.
func (c *formatChoice) String() string { return string(c.value) }

// Type implements pflag.Value.
func (c *formatChoice) Type() string { return "format" }

// Set implements pflag.Value.
func (c *formatChoice) Set(text string) error {
	if !slices.Contains(c.formats, format(text)) {
		return fmt.Errorf("use %s", c.list())
	}
	c.value = format(text)
	return nil
}

func (c *formatChoice) list() string {
	names := make([]string, 0, len(c.formats))
	for _, f := range c.formats {
		names = append(names, string(f))
	}
	return strings.Join(names, " or ")
}

func writeJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// isTerminal reports whether a writer is a terminal that can move its cursor.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	_, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS)
	return err == nil
}
