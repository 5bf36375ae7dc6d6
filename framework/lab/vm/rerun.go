package vm

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// Rerun runs this program again inside a kernel, with other arguments and the given streams,
// and returns its exit status. Environment and working directory are this process's. The
// program inside decides what signals mean: once it is started, the end of ctx does not end it.
func Rerun(ctx context.Context, dial Dialer, arguments []string, stdin io.Reader, stdout, stderr io.Writer) (int, error) {
	program, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("find this program's own file: %w", err)
	}
	folder, err := os.Getwd()
	if err != nil {
		return 0, fmt.Errorf("find the working directory: %w", err)
	}
	if own := OwnFolder(folder); own != "" {
		return 0, fmt.Errorf("the working directory %s is below %s, and User-Mode Linux has its own %s: change to a folder elsewhere", folder, own, own)
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, unix.SIGQUIT, unix.SIGTERM, unix.SIGHUP)
	defer signal.Stop(signals)
	// A signal that came before ended ctx; one that comes from here on is the program's inside.
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	ctx = context.WithoutCancel(ctx)
	command := Command{Argv: append([]string{program}, arguments...), Env: os.Environ(), Dir: folder}
	return Run(ctx, dial, command, Streams{Stdin: stdin, Stdout: stdout, Stderr: stderr, Signals: signals})
}
