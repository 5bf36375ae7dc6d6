package namespace

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// Set are the namespaces that something happens in. A nil file stands for the
// caller's own namespace.
type Set struct {
	Net, Mount, UTS, PID *os.File
	// Hostname, if not empty, is the name in a UTS namespace that is made for the
	// occasion, in place of UTS.
	Hostname string
}

// Do runs fn inside the namespaces, on a thread that is discarded afterwards. A
// process that fn starts is in them too. fn must not start goroutines that are
// to be in the namespaces.
func (s Set) Do(fn func() error) error {
	done := make(chan error, 1)
	go func() {
		// Never unlocked but on the first thread: the runtime ends a locked thread
		// with its goroutine. The process's first thread it does not end; that one
		// would stay in foreign namespaces and show them as /proc/self, so it is
		// kept busy here while another does the work.
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			done <- s.Do(fn)
			runtime.UnlockOSThread()
			return
		}
		if err := s.enter(); err != nil {
			done <- err
			return
		}
		done <- fn()
	}()
	return <-done
}

// Start starts cmd inside the namespaces. With a PID namespace the process is a
// member of it; the caller waits for it as usual.
func (s Set) Start(cmd *exec.Cmd) error {
	return s.Do(cmd.Start)
}

// Close closes the files.
func (s Set) Close() {
	for _, f := range []*os.File{s.Net, s.Mount, s.UTS, s.PID} {
		if f != nil {
			_ = f.Close()
		}
	}
}

func (s Set) enter() error {
	// The mount namespace comes last: the other files are open already, but
	// /proc may be another afterwards.
	steps := []struct {
		what string
		file *os.File
		flag int
	}{
		{"PID", s.PID, unix.CLONE_NEWPID},
		{"network", s.Net, unix.CLONE_NEWNET},
		{"UTS", s.UTS, unix.CLONE_NEWUTS},
		{"mount", s.Mount, unix.CLONE_NEWNS},
	}
	for _, step := range steps {
		if step.file == nil {
			continue
		}
		if step.flag == unix.CLONE_NEWNS {
			// setns(2): a thread that shares its root and working directory with
			// others may not change its mount namespace.
			if err := unix.Unshare(unix.CLONE_FS); err != nil {
				return fmt.Errorf("give the thread a working directory of its own: %w", err)
			}
		}
		if err := unix.Setns(int(step.file.Fd()), step.flag); err != nil {
			return fmt.Errorf("enter the %s namespace %s: %w", step.what, step.file.Name(), err)
		}
	}
	if s.Hostname != "" {
		if err := unix.Unshare(unix.CLONE_NEWUTS); err != nil {
			return fmt.Errorf("make a UTS namespace: %w", err)
		}
		if err := unix.Sethostname([]byte(s.Hostname)); err != nil {
			return fmt.Errorf("set the host name %s: %w", s.Hostname, err)
		}
	}
	return nil
}
