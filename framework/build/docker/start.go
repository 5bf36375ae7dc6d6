package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/supervisor"
)

const (
	// startTimeout bounds the wait for the daemon's first answer. Reading its images
	// again takes it a second or two.
	startTimeout = 60 * time.Second
	poll         = 100 * time.Millisecond
	// logLines is how many last lines of the daemon's log an error shows.
	logLines = 12
)

// Options are what Rackproof's own daemon is started with.
type Options struct {
	// CacheDir is Rackproof's cache folder (component.DefaultCacheDir); the daemon's
	// images live in its folder docker, and survive the daemon.
	CacheDir string
}

// Start starts Rackproof's own daemon and returns it when it answers. If it runs
// already it is returned as it is. Start removes the rest of an earlier daemon, apart
// from images.
func Start(ctx context.Context, options Options) (*Daemon, error) {
	return stateAt(StateFolder).up(ctx, options)
}

// up is Start, for any state folder.
func (s state) up(ctx context.Context, options Options) (*Daemon, error) {
	if err := os.MkdirAll(string(s), 0o755); err != nil {
		return nil, fmt.Errorf("make the state folder of the Docker daemon: %w", err)
	}
	started, err := s.start(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("start a Docker daemon: %w", err)
	}
	d, err := s.waitReady(ctx, started)
	if err != nil {
		if started != nil {
			err = errors.Join(err, started.kill())
		}
		return nil, fmt.Errorf("start a Docker daemon: %w", err)
	}
	if started == nil {
		return d, nil
	}
	if err := d.removeContainers(ctx); err != nil {
		return nil, fmt.Errorf("start a Docker daemon: remove the rest of an earlier one: %w", errors.Join(err, started.kill()))
	}
	return d, nil
}

// starting is an init that this process has started.
type starting struct {
	process *os.Process
	ended   chan struct{}
}

func (s *starting) kill() error {
	err := s.process.Kill()
	<-s.ended
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// start starts the init, or returns nil if one runs.
func (s state) start(ctx context.Context, options Options) (*starting, error) {
	lock, err := s.lock()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if err := s.clean(); err != nil {
		return nil, err
	}
	spec, err := newSpec(s, options)
	if err != nil {
		return nil, err
	}
	if err := Check(ctx, options); err != nil {
		return nil, err
	}
	if err := s.prepare(spec); err != nil {
		return nil, err
	}
	log, err := os.Create(s.path(logFile))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	// No context: the daemon outlives the call.
	cmd := exec.CommandContext(context.Background(), s.path(programFile), string(s))
	cmd.Args[0] = initName
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + searchPath, "HOME=/root"}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setsid: true,
		Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWUTS |
			unix.CLONE_NEWIPC,
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	started := &starting{process: cmd.Process, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // its log tells why
		close(started.ended)
	}()
	if err := os.WriteFile(s.path(pidFile), []byte(strconv.Itoa(cmd.Process.Pid)), 0o600); err != nil {
		return nil, errors.Join(err, started.kill())
	}
	return started, nil
}

// prepare writes what the init and the daemon read.
func (s state) prepare(spec spec) error {
	if err := os.MkdirAll(spec.DataRoot, 0o711); err != nil {
		return err
	}
	if err := copyProgram(s.path(programFile)); err != nil {
		return err
	}
	if err := os.Symlink(programFile, s.path(runtimeName)); err != nil {
		return err
	}
	data, err := json.MarshalIndent(spec, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(s.path(configFile), data, 0o600)
}

// copyProgram copies the running program.
func copyProgram(target string) error {
	from, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(target, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}

// waitReady waits until the daemon answers. started is nil for a daemon that
// somebody else starts.
func (s state) waitReady(ctx context.Context, started *starting) (*Daemon, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("it does not answer within %s", startTimeout))
	defer cancel()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	var ended chan struct{}
	if started != nil {
		ended = started.ended
	}
	for {
		d, err := s.daemon(ctx)
		if err == nil {
			return d, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w%s", context.Cause(ctx), s.lastLines())
		case <-ended:
			return nil, fmt.Errorf("it has ended%s", s.lastLines())
		case <-ticker.C:
		}
	}
}

func (s state) lastLines() string {
	lines, err := supervisor.Tail(s.path(logFile), logLines)
	if err != nil || len(lines) == 0 {
		return ""
	}
	return "; its last lines:\n    " + strings.Join(lines, "\n    ")
}

// dataRoot is where the daemon keeps its images.
func dataRoot(options Options) string { return filepath.Join(options.CacheDir, "docker") }
