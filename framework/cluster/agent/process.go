package agent

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// process is a running command and all of its process group.
type process struct {
	cmd *exec.Cmd
	// done is closed when the command and its group have ended. err is what
	// waiting for it gave, valid from then on.
	done chan struct{}
	err  error
}

// start starts a command as the leader of a process group.
func (a *Agent) start(place Place, cmd *exec.Cmd) (*process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	}
	if err := a.machine.Start(place, cmd); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	a.tasks.Go(func() {
		defer close(p.done)
		p.err = a.machine.Wait(cmd)
		if errors.Is(p.err, exec.ErrWaitDelay) {
			p.err = nil
		}
		// As a container's processes end with its first one.
		p.signal(unix.SIGKILL)
	})
	return p, nil
}

// signal sends a signal to the whole group; a group that is gone is no error.
func (p *process) signal(s unix.Signal) { _ = unix.Kill(-p.cmd.Process.Pid, s) }

// exitCode is the exit code of a process that has ended, with 128 plus its number
// for a signal, as container runtimes have it.
func exitCode(state *os.ProcessState) int32 {
	status, ok := state.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return 128 + int32(status.Signal())
	}
	return int32(state.ExitCode())
}
