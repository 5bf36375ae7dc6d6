// Package transcript reads the console blocks of a document, and compares what they show
// with what a run of their commands prints. It runs nothing and knows no lab.
package transcript

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Block is a fenced block of the language console: commands, each with what it prints.
type Block struct {
	// Line is that of the fence which begins the block.
	Line int
	// Eventually is set for a block that may be run again until it fits: it looks at what
	// follows a change some moments later.
	Eventually bool
	// Unordered is set for a block whose outputs may have their lines in any order.
	Unordered bool
	Steps     []Step
}

// Shows reports whether the block shows an output.
func (b Block) Shows() bool {
	return slices.ContainsFunc(b.Steps, func(s Step) bool { return len(s.Output) > 0 })
}

// Step is a command and its output.
type Step struct {
	// Line is that of the command's first line.
	Line int
	// Command is what a shell gets, of several lines with a here-document.
	Command string
	// Output are the lines that the document shows, without blanks at their ends.
	Output []string

	// begin and end delimit the output in the document's lines, counted from 0.
	begin, end int
}

// Signs before the first line of a command, and before its other lines.
const (
	prompt    = "$ "
	continued = ">"
	fence     = "```"
	language  = fence + "console"
)

// Parse reads the console blocks of a Markdown document.
func Parse(document string) ([]Block, error) {
	var blocks []Block
	lines := strings.Split(document, "\n")
	for i := 0; i < len(lines); i++ {
		if !strings.HasPrefix(lines[i], fence) {
			continue
		}
		begin := i
		for i++; i < len(lines) && lines[i] != fence; i++ {
		}
		if i == len(lines) {
			return nil, fmt.Errorf("line %d: the block has no end: add a line %s", begin+1, fence)
		}
		if words := strings.Fields(lines[begin]); words[0] != language {
			continue
		}
		block, err := parse(lines[:i], begin)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, block)
	}
	return blocks, nil
}

// parse reads the block that begins with a line and ends with the last one.
func parse(lines []string, begin int) (Block, error) {
	block := Block{Line: begin + 1}
	for _, word := range strings.Fields(lines[begin])[1:] {
		switch word {
		case "eventually":
			block.Eventually = true
		case "unordered":
			block.Unordered = true
		default:
			return block, fmt.Errorf("line %d: a console block is %q: use eventually or unordered", block.Line, word)
		}
	}
	for i := begin + 1; i < len(lines); i++ {
		command, ok := strings.CutPrefix(lines[i], prompt)
		if !ok {
			return block, fmt.Errorf("line %d: %q comes before the block's first command: begin it with %q", i+1, lines[i], prompt)
		}
		step := Step{Line: i + 1, Command: command}
		for i++; i < len(lines) && (lines[i] == continued || strings.HasPrefix(lines[i], continued+" ")); i++ {
			step.Command += "\n" + strings.TrimPrefix(strings.TrimPrefix(lines[i], continued), " ")
		}
		for step.begin = i; i < len(lines) && !strings.HasPrefix(lines[i], prompt); i++ {
		}
		step.end = i
		step.Output = trim(lines[step.begin:step.end])
		block.Steps = append(block.Steps, step)
		i--
	}
	if len(block.Steps) == 0 {
		return block, fmt.Errorf("line %d: the console block has no command: begin it with %q", block.Line, prompt)
	}
	return block, nil
}

// Renew returns the document with the outputs that its blocks have now. They are those
// that Parse has read from it.
func Renew(document string, blocks []Block) string {
	lines := strings.Split(document, "\n")
	for _, block := range slices.Backward(blocks) {
		for _, step := range slices.Backward(block.Steps) {
			lines = slices.Replace(lines, step.begin, step.end, step.Output...)
		}
	}
	return strings.Join(lines, "\n")
}

// trim removes blanks from the ends of lines, and empty lines from the end of all.
func trim(lines []string) []string {
	var all []string
	for _, line := range lines {
		all = append(all, strings.TrimRight(line, " \t"))
	}
	for len(all) > 0 && all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	return all
}

// separator stands before and after the exit status of each command of a script.
const separator = "\x1e"

// Script is a block's program for a shell. Its commands share variables; after the output
// of each comes its exit status.
func (b Block) Script() string {
	var script strings.Builder
	for _, step := range b.Steps {
		fmt.Fprintf(&script, "%s\nprintf '\\036%%d\\036' $?\n", step.Command)
	}
	return script.String()
}

// Printed is what a run of a command has printed, and its exit status.
type Printed struct {
	Output []string
	Status int
}

// Split takes apart what a block's script has printed.
func (b Block) Split(printed string) ([]Printed, error) {
	parts := strings.Split(printed, separator)
	if len(parts) != 2*len(b.Steps)+1 {
		return nil, fmt.Errorf("%d of %d commands ended: look for a mistake in the block's shell", len(parts)/2, len(b.Steps))
	}
	var all []Printed
	for i := range b.Steps {
		status, err := strconv.Atoi(parts[2*i+1])
		if err != nil {
			return nil, fmt.Errorf("read the exit status of %s: %w", b.Steps[i].Command, err)
		}
		all = append(all, Printed{trim(strings.Split(parts[2*i], "\n")), status})
	}
	return all, nil
}
