package vm

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// output passes what comes out of a pipe on to a writer.
type output struct {
	read *os.File
	done chan struct{}
}

// newOutput makes a pipe whose end for writing a program is given.
func newOutput(to io.Writer) (o *output, write *os.File, err error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("make a pipe for its output: %w", err)
	}
	o = &output{read: read, done: make(chan struct{})}
	go func() {
		defer close(o.done)
		defer read.Close()
		if _, err := io.Copy(to, read); errors.Is(err, os.ErrDeadlineExceeded) {
			_ = passRest(to, read)
		}
	}()
	return o, write, nil
}

// passRest passes on what is in the pipe by now and waits for nothing. A pipe holds
// little: somebody who goes on writing is not waited for either.
func passRest(to io.Writer, read *os.File) error {
	connection, err := read.SyscallConn()
	if err != nil {
		return err
	}
	var length int
	var failed error
	if err := connection.Control(func(fd uintptr) { length, failed = unix.IoctlGetInt(int(fd), unix.TIOCINQ) }); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	if err := read.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	_, err = io.CopyN(to, read, int64(length))
	return err
}

// finish waits until everything that the program has written is passed on, however long
// that takes. Somebody else who has kept the pipe open is heard for a while longer.
func (o *output) finish() {
	_ = o.read.SetReadDeadline(time.Now().Add(outputDelay))
	<-o.done
}
