package main

import (
	"io"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// keepForeground notes which process group has the terminal that in is, and
// returns what gives the terminal back to it. A shell in a lab takes the terminal
// and cannot give it back: it does not see groups outside of its PID namespace.
// Whoever called this program, a script above all, would be stopped when it reads
// on.
func keepForeground(in io.Reader) (restore func()) {
	file, ok := in.(*os.File)
	if !ok {
		return func() {}
	}
	terminal := int(file.Fd())
	group, err := unix.IoctlGetInt(terminal, unix.TIOCGPGRP)
	if err != nil {
		return func() {} // no terminal
	}
	return func() {
		// A group in the background may not do this, unless it ignores the signal
		// that says so (tcsetpgrp(3)).
		signal.Ignore(unix.SIGTTOU)
		defer signal.Reset(unix.SIGTTOU)
		_ = unix.IoctlSetPointerInt(terminal, unix.TIOCSPGRP, group)
	}
}
