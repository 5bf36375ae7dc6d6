package router

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/fabric"
)

// Machine is where a router's programs run: a host of a lab, as its provider sees it.
type Machine interface {
	// DialContext is a Dialer.
	DialContext() Dialer
	// Write writes a router's files and makes its folders (see MakeFolders).
	Write(files []File, folders []Folder) error
	// Start starts a program and waits until it is ready.
	Start(ctx context.Context, p Program) error
	// Restart ends a program that runs, in good order, and starts it again.
	Restart(ctx context.Context, p Program) error
	// Ended is an error if a program does not run, with its last words.
	Ended(ctx context.Context, p Program) error
}

// Start configures a router's programs and starts them. It returns when they do what
// they are configured to do.
func Start(ctx context.Context, m Machine, d Driver, r fabric.Router) error {
	if err := write(m, d, r); err != nil {
		return err
	}
	for _, p := range d.Programs() {
		if err := m.Start(ctx, p); err != nil {
			return err
		}
	}
	return Verify(ctx, m, d, r, speaker(d))
}

// Change makes a router that does one thing do another by the same software. Programs
// that do not run are left so; they begin with the change. With an error everything is
// as before.
func Change(ctx context.Context, m Machine, d Driver, before, after fabric.Router) error {
	if err := write(m, d, after); err != nil {
		return err
	}
	program := speaker(d)
	if m.Ended(ctx, program) != nil {
		return nil //nolint:nilerr // it reads the files when it starts
	}
	restart, err := d.Reconfigure(ctx, m.DialContext(), before, after)
	if err == nil && !restart {
		if err = Verify(ctx, m, d, after, program); err == nil {
			return nil
		}
		restart = true
	}
	now := after
	if err != nil {
		// One that goes on as before, or is started again, does so by the old files.
		now = before
		err = errors.Join(err, write(m, d, before))
	}
	if restart {
		if started := m.Restart(ctx, program); started != nil {
			return errors.Join(err, started)
		}
		err = errors.Join(err, Verify(ctx, m, d, now, program))
	}
	return err
}

const (
	// endPoll is the interval of looks at a program that does not answer.
	endPoll = 20 * time.Millisecond
	// endTimeout bounds the wait for the end of a program that does not answer.
	endTimeout = 2 * time.Second
)

// Verify reports whether a router's programs, of which one has just been started or
// changed, do what they are configured to do. While another does not run, as when a spec
// has stopped it, there is nothing to tell.
func Verify(ctx context.Context, m Machine, d Driver, r fabric.Router, program Program) error {
	for _, p := range d.Programs() {
		if p.Name != program.Name && m.Ended(ctx, p) != nil {
			return nil //nolint:nilerr // a spec has stopped it
		}
	}
	err := d.Verify(ctx, m.DialContext(), r)
	if err == nil {
		return nil
	}
	// One that ends closes its socket a moment before its end, which tells why.
	why := wait.PollUntilContextTimeout(ctx, endPoll, endTimeout, true, func(ctx context.Context) (bool, error) {
		return false, m.Ended(ctx, program)
	})
	if wait.Interrupted(why) {
		return err // it runs
	}
	return errors.Join(err, why)
}

// speaker is the program that speaks BGP.
func speaker(d Driver) Program {
	programs := d.Programs()
	return programs[len(programs)-1]
}

func write(m Machine, d Driver, r fabric.Router) error {
	files, err := d.Render(r)
	if err != nil {
		return err
	}
	return m.Write(files, d.Folders())
}
