package soak

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// hogName is the name of the process that keeps the processors busy.
const hogName = "rackproof-hog"

// The hog is busy for hogBurst of every hogPeriod, on all processors at once.
const (
	hogBurst  = 3 * time.Second
	hogPeriod = 6 * time.Second
)

// Disturbance says what a disturbed round has beside it.
func Disturbance() string {
	return fmt.Sprintf("a hog of %d threads, one for each processor, busy for %s of every %s", runtime.NumCPU(), hogBurst, hogPeriod)
}

// RunIfHog makes this process a hog if it was started as one, and does not return then.
// main calls it before anything else.
func RunIfHog() {
	if filepath.Base(os.Args[0]) != hogName {
		return
	}
	limit, err := strconv.ParseInt(os.Args[1], 10, 64)
	if err != nil {
		fmt.Fprintln(os.Stderr, "rackproof: run the hog:", err)
		os.Exit(2)
	}
	burn(runtime.NumCPU(), time.Duration(limit))
	os.Exit(0)
}

// burn keeps processors busy in bursts until a time has passed.
func burn(threads int, limit time.Duration) {
	end := time.Now().Add(limit)
	var all sync.WaitGroup
	for range threads {
		all.Go(func() {
			for next := time.Now(); next.Before(end); next = next.Add(hogPeriod) {
				time.Sleep(time.Until(next))
				for until := next.Add(hogBurst); time.Now().Before(until); {
				}
			}
		})
	}
	all.Wait()
}

// hog is a running hog.
type hog struct {
	cancel context.CancelFunc
	ended  chan struct{}
	pid    int
	used   time.Duration
}

// startHog starts a hog. It ends by stop, with this process however that ends, and at the
// latest after the limit.
func startHog(limit time.Duration) (*hog, error) {
	ctx, cancel := context.WithCancel(context.Background())
	h := &hog{cancel: cancel, ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		defer close(h.ended)
		// The kernel watches the thread that starts the process.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		command := exec.CommandContext(ctx, "/proc/self/exe", strconv.FormatInt(int64(limit), 10))
		command.Args[0] = hogName
		command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
		if err := command.Start(); err != nil {
			started <- err
			return
		}
		h.pid = command.Process.Pid
		close(started)
		_ = command.Wait() // it is killed
		h.used = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	}()
	if err := <-started; err != nil {
		cancel()
		return nil, fmt.Errorf("start a hog of the processors: %w", err)
	}
	return h, nil
}

// stop ends the hog and returns the processor time that it took.
func (h *hog) stop() time.Duration {
	h.cancel()
	<-h.ended
	return h.used
}
