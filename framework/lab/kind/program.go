package kind

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/router"
	"github.com/rackproof/rackproof/framework/supervisor"
)

// program is a router's program. Docker runs it (docker exec), so that it lives as
// long as its container, whoever started it.
type program struct {
	Name string `json:"name"`
	// Exec is Docker's id of it.
	Exec  string    `json:"exec"`
	Since time.Time `json:"since"`
	// Stopped says that it was stopped on request.
	Stopped bool `json:"stopped"`
}

// programLog is a program's log in its container.
func programLog(name string) string { return "/var/log/rackproof/" + name + ".log" }

const (
	// socketPoll is the interval of waits for a socket file in a container.
	socketPoll = 20 * time.Millisecond
	// programTimeout bounds the wait for a program to serve or to end.
	programTimeout = 30 * time.Second
)

// startProgram starts a program on a router and waits until it serves its socket.
func (l *Lab) startProgram(ctx context.Context, hostName string, r router.Program) (program, error) {
	name, socket := r.Name, r.Ready
	h, err := l.host(hostName)
	if err != nil {
		return program{}, err
	}
	set, err := h.open()
	if err != nil {
		return program{}, err
	}
	defer set.Close()
	files := namespace.Set{Mount: set.Mount}
	err = files.Do(func() error {
		// One that was killed has left its socket.
		if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return os.MkdirAll(path.Dir(programLog(name)), 0o755)
	})
	if err != nil {
		return program{}, fmt.Errorf("prepare the start of %s: %w", name, err)
	}
	// The shell gives the program a log, and is the program from then on.
	command := append([]string{"/bin/sh", "-c", `exec "$@" >>` + programLog(name) + ` 2>&1`, name}, r.Argv...)
	container, err := l.containerOf(hostName)
	if err != nil {
		return program{}, err
	}
	created, err := l.docker.ExecCreate(ctx, container, client.ExecCreateOptions{Cmd: command, Privileged: true, User: "0"})
	if err != nil {
		return program{}, fmt.Errorf("start %s: %w", name, err)
	}
	if _, err := l.docker.ExecStart(ctx, created.ID, client.ExecStartOptions{Detach: true}); err != nil {
		return program{}, fmt.Errorf("start %s: %w", name, err)
	}
	p := program{Name: name, Exec: created.ID, Since: time.Now()}
	waiting, cancel := context.WithTimeout(ctx, programTimeout)
	defer cancel()
	err = router.Await(waiting, h.DialContext, r, func(ctx context.Context) error {
		status, err := l.docker.ExecInspect(ctx, p.Exec, client.ExecInspectOptions{})
		if err == nil && !status.Running {
			lines, _ := l.LogTail(ctx, hostName, name, errorLines)
			err = fmt.Errorf("it ended with exit status %d; its last lines:\n    %s", status.ExitCode, strings.Join(lines, "\n    "))
		}
		return err
	})
	if err != nil {
		return program{}, err
	}
	return p, nil
}

// running reports whether a program runs, and by which process.
func (l *Lab) running(ctx context.Context, p program) (pid int, err error) {
	status, err := l.docker.ExecInspect(ctx, p.Exec, client.ExecInspectOptions{})
	switch {
	case errdefs.IsNotFound(err):
		return 0, nil // Docker forgets those that have ended
	case err != nil:
		return 0, err
	case !status.Running:
		return 0, nil
	}
	return status.PID, nil
}

// signalProgram sends a program a signal and waits for its end.
func (l *Lab) signalProgram(ctx context.Context, p program, signal syscall.Signal) error {
	pid, err := l.running(ctx, p)
	if err != nil || pid == 0 {
		return err
	}
	if err := signalProcess(l.daemon.Proc(pid), signal); err != nil {
		return err
	}
	return wait.PollUntilContextTimeout(ctx, socketPoll, programTimeout, true, func(ctx context.Context) (bool, error) {
		pid, err := l.running(ctx, p)
		return pid == 0, err
	})
}

// signalProcess sends a signal to the process of a folder in a /proc, whatever number
// it has here. Such a folder does for pidfd_send_signal(2).
func signalProcess(proc string, signal syscall.Signal) error {
	folder, err := os.Open(proc)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it has ended
	}
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := unix.PidfdSendSignal(int(folder.Fd()), signal, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("send %s: %w", unix.SignalName(signal), err)
	}
	return nil
}

// programStatus is a program's state as told to others.
func (l *Lab) programStatus(ctx context.Context, hostName string, p program) (supervisor.Status, error) {
	status := supervisor.Status{Host: hostName, Name: p.Name, Since: p.Since, State: supervisor.Running}
	pid, err := l.running(ctx, p)
	if err != nil {
		return status, fmt.Errorf("%s: %s: %w", hostName, p.Name, err)
	}
	status.PID = pid
	switch {
	case pid != 0:
	case p.Stopped:
		status.State = supervisor.Stopped
	default:
		lines, _ := l.LogTail(ctx, hostName, p.Name, errorLines)
		status.State, status.Error = supervisor.Dead, fmt.Sprintf("%s on %s ended unasked; its last lines:\n    %s", p.Name, hostName, strings.Join(lines, "\n    "))
	}
	return status, nil
}

// containerOf is the name of a host's container.
func (l *Lab) containerOf(hostName string) (string, error) {
	names, err := containerNames(l.Name(), l.record.Topology)
	if err != nil {
		return "", err
	}
	return names[hostName], nil
}

// lastLines are the last lines of a text.
func lastLines(data []byte, n int) []string {
	text := strings.TrimRight(string(data), "\n")
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	return lines[max(0, len(lines)-n):]
}

// routerState is what a router is configured to do, with its programs. It is a file
// in the lab's state folder, as others than the lab's maker may change it.
type routerState struct {
	Router   json.RawMessage `json:"router"`
	Programs []program       `json:"programs"`
}

func (s routerState) find(name string) int {
	return slices.IndexFunc(s.Programs, func(p program) bool { return p.Name == name })
}
