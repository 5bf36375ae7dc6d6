package suite

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// countFlag is the testing package's flag -count.
const countFlag = "test.count"

// repetitions is how often the suite is to run (go test -count=N).
func repetitions() int {
	n, err := strconv.Atoi(flag.Lookup(countFlag).Value.String())
	if err != nil || n < 1 {
		return 1
	}
	return n
}

// repeat runs the suite several times, each in a process of its own: Ginkgo builds
// its tree of specs once in a process, and refuses to run it again. It ends with the
// first run that fails, whose results are then in the results folder.
func repeat(times int) int {
	// The kernel watches the thread that starts the run.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// An interrupt reaches the run as well, and takes its lab down; this process only
	// waits for that.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	defer stop()
	for i := range times {
		fmt.Printf("run %d of %d\n", i+1, times)
		cmd := exec.CommandContext(context.WithoutCancel(ctx), "/proc/self/exe", append(os.Args[1:], "-"+countFlag+"=1")...)
		cmd.Args[0] = os.Args[0]
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		// Whatever ends this process ends the run.
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
		if err := cmd.Run(); err != nil {
			if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() > 0 {
				return exit.ExitCode()
			}
			fmt.Fprintf(os.Stderr, "run %d of %d: %v\n", i+1, times, err)
			return 1
		}
		if ctx.Err() != nil {
			return 1
		}
	}
	return 0
}
