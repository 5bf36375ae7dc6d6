package vm

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// signalNamed finds a signal by its SSH name, which is the usual one without SIG (RFC
// 4254, section 6.10); 0 if there is none.
func signalNamed(name string) syscall.Signal { return unix.SignalNum("SIG" + name) }

// nameOf is the inverse of signalNamed.
func nameOf(signal syscall.Signal) string {
	return strings.TrimPrefix(unix.SignalName(signal), "SIG")
}
