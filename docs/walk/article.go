package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/docs/transcript"
)

const (
	// patience bounds the time in which a block that fits eventually may do so. When outputs
	// are accepted, those that are new never fit, and what follows a change is there sooner.
	patience  = time.Minute
	accepting = 20 * time.Second
	poll      = 100 * time.Millisecond
	// downTimeout bounds the orderly end of what an interrupted command has begun.
	downTimeout = time.Minute
)

// article is a document in several languages, whose blocks are the same.
type article struct {
	languages []language
	accept    bool
	out       io.Writer
	// up are the labs that the walk has brought up and not taken down.
	up []string
}

// language is the document in one language.
type language struct {
	path, text string
	blocks     []transcript.Block
}

// load reads a document. Its languages have the same commands.
func load(paths ...string) (*article, error) {
	a := &article{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read the document: %w", err)
		}
		blocks, err := transcript.Parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		a.languages = append(a.languages, language{path, string(text), blocks})
	}
	first := a.languages[0]
	for _, other := range a.languages[1:] {
		if !slices.EqualFunc(first.blocks, other.blocks, sameCommands) {
			return nil, fmt.Errorf("%s and %s differ in their commands: make their blocks the same", first.path, other.path)
		}
	}
	return a, nil
}

func sameCommands(a, b transcript.Block) bool {
	return a.Eventually == b.Eventually && a.Unordered == b.Unordered &&
		slices.EqualFunc(a.Steps, b.Steps, func(a, b transcript.Step) bool { return a.Command == b.Command })
}

// walk runs all blocks. It goes on after an output of another shape, and ends with a
// command that fails. It writes what it has accepted until then.
func (a *article) walk(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, a.takeDown(context.WithoutCancel(ctx)), a.write()) }()
	var problems []error
	for i := range a.languages[0].blocks {
		found, err := a.visit(ctx, i)
		problems = append(problems, found...)
		if err != nil {
			return errors.Join(append(problems, err)...)
		}
	}
	return errors.Join(problems...)
}

// visit runs a block until it fits, or for as long as it may take. It returns where the
// outputs have another shape, which it accepts if it is to, and the failure of a command.
func (a *article) visit(ctx context.Context, block int) ([]error, error) {
	b := a.languages[0].blocks[block]
	begun, bound := time.Now(), time.Duration(0)
	if b.Eventually && a.accept {
		bound = accepting
	} else if b.Eventually {
		bound = patience
	}
	for {
		printed, err := a.run(ctx, b)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		var problems []error
		if err == nil {
			problems = a.compare(block, printed)
		}
		// A new block shows nothing yet, which what precedes a change may be too.
		fits := err == nil && problems == nil && (!a.accept || b.Shows())
		if fits || time.Since(begun) > bound {
			a.tell(block, time.Since(begun), len(problems) == 0 && err == nil)
			if err != nil || !a.accept {
				return problems, err
			}
			a.take(block, printed)
			return nil, nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(poll):
		}
	}
}

// run runs a block in a shell of its own.
func (a *article) run(ctx context.Context, block transcript.Block) ([]transcript.Printed, error) {
	var stdout, stderr bytes.Buffer
	shell := exec.CommandContext(ctx, "bash", "-o", "pipefail", "-c", block.Script())
	shell.Stdout, shell.Stderr = &stdout, &stderr
	// A group of its own, so that an interrupt ends what the shell has started too, in order.
	shell.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	shell.Cancel = func() error { return unix.Kill(-shell.Process.Pid, unix.SIGTERM) }
	shell.WaitDelay = downTimeout
	err := shell.Run()
	a.note(block)
	place := fmt.Sprintf("%s:%d", a.languages[0].path, block.Line)
	if err != nil {
		return nil, fmt.Errorf("%s: run the block: %w: %s", place, err, &stderr)
	}
	printed, err := block.Split(stdout.String())
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", place, err, &stderr)
	}
	for i, p := range printed {
		if step := block.Steps[i]; p.Status != 0 {
			return nil, fmt.Errorf("%s:%d: %s: exit status %d: %s%s", a.languages[0].path, step.Line, step.Command, p.Status, strings.Join(p.Output, "\n"), &stderr)
		}
	}
	return printed, nil
}

// compare finds the outputs of a block that have another shape than a document shows.
func (a *article) compare(block int, printed []transcript.Printed) []error {
	var problems []error
	for _, language := range a.languages {
		b := language.blocks[block]
		for i, step := range b.Steps {
			if difference := transcript.Difference(step.Output, printed[i].Output, b.Unordered); difference != "" {
				problems = append(problems, fmt.Errorf("%s:%d: %s: the output has another shape (renew it by ACCEPT=1 if it is right):\n%s", language.path, step.Line, step.Command, difference))
			}
		}
	}
	return problems
}

// take puts outputs into the documents where their shape is another. Others stay as they
// are, so that a document does not change without need.
func (a *article) take(block int, printed []transcript.Printed) {
	for _, language := range a.languages {
		b := &language.blocks[block]
		for i := range b.Steps {
			if step := &b.Steps[i]; transcript.Difference(step.Output, printed[i].Output, b.Unordered) != "" {
				step.Output = printed[i].Output
			}
		}
	}
}

// write writes the documents, where they are others now.
func (a *article) write() error {
	for _, language := range a.languages {
		renewed := transcript.Renew(language.text, language.blocks)
		if renewed == language.text {
			continue
		}
		fmt.Fprintln(a.out, language.path, "has new outputs")
		if err := os.WriteFile(language.path, []byte(renewed), 0o644); err != nil {
			return fmt.Errorf("write the document: %w", err)
		}
	}
	return nil
}

// tell tells of a block that has been run.
func (a *article) tell(block int, took time.Duration, fits bool) {
	verdict := "fits"
	if !fits {
		verdict = "DIFFERS"
	}
	b := a.languages[0].blocks[block]
	command, _, _ := strings.Cut(b.Steps[0].Command, "\n")
	fmt.Fprintf(a.out, "%s:%-4d %-7s %5.1f s  %s\n", a.languages[0].path, b.Line, verdict, took.Seconds(), command)
}

// note notes the labs that a block has brought up or taken down.
func (a *article) note(block transcript.Block) {
	for _, step := range block.Steps {
		for _, call := range step.Calls("rackproof") {
			if len(call) < 3 || call[0] != "lab" {
				continue
			}
			switch i := slices.Index(call, "--name") + 1; {
			case call[1] == "up" && i > 0 && i < len(call):
				a.up = append(a.up, call[i])
			case call[1] == "down":
				a.up = slices.DeleteFunc(a.up, func(name string) bool { return slices.Contains(call[2:], name) })
			}
		}
	}
}

// takeDown takes down the labs that a walk has left, which has not come to its end.
func (a *article) takeDown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, downTimeout)
	defer cancel()
	var problems []error
	for _, name := range a.up {
		if out, err := exec.CommandContext(ctx, "rackproof", "lab", "down", name).CombinedOutput(); err != nil {
			problems = append(problems, fmt.Errorf("take lab %s down: %w: %s", name, err, out))
		}
	}
	return errors.Join(problems...)
}
