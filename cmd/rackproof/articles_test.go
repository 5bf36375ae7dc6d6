package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/rackproof/rackproof/docs/transcript"
)

// TestCommandsOfTheArticles parses the command lines that the articles' documents show.
// `make articles` runs them.
func TestCommandsOfTheArticles(t *testing.T) {
	paths, err := filepath.Glob("../../docs/article-[0-9].md")
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		blocks, err := transcript.Parse(string(text))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, block := range blocks {
			for _, step := range block.Steps {
				for _, call := range step.Calls("rackproof") {
					calls++
					if err := parseOnly(call); err != nil {
						t.Errorf("%s:%d: %q: %v", path, step.Line, call, err)
					}
				}
			}
		}
	}
	if calls == 0 {
		t.Error("the documents call rackproof nowhere")
	}
	for _, wrong := range [][]string{{"lab", "upp"}, {"lab", "up", "--named", "a"}, {"lab", "exec", "-n", "a", "leaf0", "ip"}} {
		if parseOnly(wrong) == nil {
			t.Errorf("%q has no mistake", wrong)
		}
	}
}

// parseOnly finds the mistakes in a command line and runs nothing.
func parseOnly(arguments []string) error {
	command, rest, err := newRootCommand().Find(arguments)
	if err != nil {
		return err
	}
	if err := command.ParseFlags(rest); err != nil {
		return err
	}
	if command.HasSubCommands() {
		return errors.New("the command does nothing by itself")
	}
	return command.ValidateArgs(command.Flags().Args())
}
