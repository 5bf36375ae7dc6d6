package lab

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
)

// longestError is how much of a command's standard error an error tells, in bytes.
const longestError = 1000

// Output runs a command on a host by start, which puts it where the host is, and returns
// its standard output. It is what providers make Host.Run of.
func Output(host string, argv []string, cmd *exec.Cmd, start func(*exec.Cmd) error) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := start(cmd); err != nil {
		return nil, err
	}
	if err := cmd.Wait(); err != nil {
		return stdout.Bytes(), fmt.Errorf("%s: %s: %w: %s", host, strings.Join(argv, " "), err, ErrorTail(stderr.String()))
	}
	return stdout.Bytes(), nil
}

// ErrorTail is the end of what a command says on standard error, short enough for an error.
func ErrorTail(text string) string {
	return strings.TrimSpace(text[max(0, len(text)-longestError):])
}

// ExitStatus waits for a command and returns its exit status as a shell has it: 128 and
// the signal's number for one that a signal has ended.
func ExitStatus(cmd *exec.Cmd) (int, error) {
	err := cmd.Wait()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return 0, err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}
