package uml

import (
	"fmt"
	"io"
	"os"
	"time"
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
		_, _ = io.Copy(to, read)
	}()
	return o, write, nil
}

// finish waits until everything that the program has written is passed on. It gives up
// reading, not writing, when nothing has come for a while: then somebody has kept the
// pipe open whom nobody waits for.
func (o *output) finish() {
	_ = o.read.SetReadDeadline(time.Now().Add(outputDelay))
	<-o.done
}
