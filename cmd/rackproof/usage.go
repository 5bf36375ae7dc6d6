package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Exit statuses beside 0 for success and those of commands run in a lab.
const (
	exitFailure = 1
	exitUsage   = 2
	// exitBrokenLab is for a run without a failure in which a lab was not what its design
	// says: it proves nothing, and may be repeated.
	exitBrokenLab = 3
	// exitInterrupted is, by the shells' convention, 128 and the number of SIGINT.
	exitInterrupted = 130
)

// usageError is an error of whoever typed the command line.
type usageError struct {
	command *cobra.Command
	err     error
}

func (e usageError) Error() string {
	return fmt.Sprintf("%v: see `%s --help`", e.err, e.command.CommandPath())
}

func (e usageError) Unwrap() error { return e.err }

// exitStatus is an error that has been told already, or is no error of
// rackproof's: the exit status of a command that ran in a lab.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// report tells an error and gives the program's exit status for it.
func report(out io.Writer, err error, interrupted bool) int {
	if err == nil {
		return 0
	}
	if status, ok := errors.AsType[exitStatus](err); ok {
		return int(status)
	}
	fmt.Fprintln(out, "rackproof:", err)
	_, mistyped := errors.AsType[usageError](err)
	switch {
	case mistyped:
		return exitUsage
	case interrupted:
		return exitInterrupted
	default:
		return exitFailure
	}
}

// checkUsage makes a command and those below it tell mistakes in the command line
// from failures, and a command that only has others below it refuse unknown ones.
func checkUsage(command *cobra.Command) {
	command.SetFlagErrorFunc(func(command *cobra.Command, err error) error { return usageError{command, err} })
	if command.HasSubCommands() && command.RunE == nil {
		command.Args = noSubcommand
		command.RunE = func(command *cobra.Command, _ []string) error { return command.Help() }
	}
	check := command.Args
	if check == nil {
		check = cobra.NoArgs
	}
	command.Args = func(command *cobra.Command, arguments []string) error {
		if err := errors.Join(checkFlags(command.Flags()), check(command, arguments)); err != nil {
			return usageError{command, err}
		}
		return nil
	}
	for _, below := range command.Commands() {
		checkUsage(below)
	}
}

// checkFlags refuses flags that were given without a value, as in --name "$NAME" of a
// script that has not set NAME: the command would take them for flags that were left out.
func checkFlags(flags *pflag.FlagSet) error {
	var problems []error
	flags.Visit(func(given *pflag.Flag) {
		if given.Value.String() == "" {
			problems = append(problems, fmt.Errorf("--%s is empty: give it a value, or leave it out", given.Name))
		}
	})
	return errors.Join(problems...)
}

// noSubcommand refuses what cobra found no command for.
func noSubcommand(command *cobra.Command, arguments []string) error {
	if len(arguments) == 0 {
		return nil
	}
	// The number of letters that may differ; cobra's own choice.
	command.SuggestionsMinimumDistance = 2
	hint := ""
	if similar := command.SuggestionsFor(arguments[0]); len(similar) > 0 {
		hint = fmt.Sprintf(" (did you mean %s?)", strings.Join(similar, " or "))
	}
	return fmt.Errorf("unknown command %q%s", arguments[0], hint)
}
