package vm

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"
)

// outputDelay bounds the wait for the output of what a program has left behind.
const outputDelay = time.Second

// session is one program that runs inside for somebody outside (RFC 4254, section 6).
type session struct {
	channel ssh.Channel
	// master and slave are the ends of the session's terminal, if it has one.
	master, slave *os.File

	mu      sync.Mutex
	process *os.Process
	ended   bool
}

func (s *session) serve(requests <-chan *ssh.Request) {
	for request := range requests {
		ok := s.handle(request)
		if request.WantReply {
			_ = request.Reply(ok, nil)
		}
	}
	// Nobody waits for the program any more.
	s.signal(unix.SIGKILL)
	s.closeTerminal()
}

func (s *session) handle(request *ssh.Request) bool {
	switch request.Type {
	case "pty-req":
		var wanted struct {
			Term          string
			Columns, Rows uint32
			Width, Height uint32
			Modes         string
		}
		if ssh.Unmarshal(request.Payload, &wanted) != nil {
			return false
		}
		var err error
		if s.master, s.slave, err = openTerminal(); err != nil {
			return false
		}
		s.resize(wanted.Columns, wanted.Rows)
		return true
	case "window-change":
		var size struct{ Columns, Rows, Width, Height uint32 }
		if ssh.Unmarshal(request.Payload, &size) != nil || s.master == nil {
			return false
		}
		s.resize(size.Columns, size.Rows)
		return true
	case "signal":
		var wanted struct{ Name string }
		if ssh.Unmarshal(request.Payload, &wanted) != nil {
			return false
		}
		return s.signal(signalNamed(wanted.Name))
	case "exec":
		var wanted struct{ Command string }
		if ssh.Unmarshal(request.Payload, &wanted) != nil {
			return false
		}
		go s.run(wanted.Command)
		return true
	}
	return false
}

// run runs the session's program to its end and tells how it ended.
func (s *session) run(text string) {
	defer func() { _ = s.channel.Close() }()
	status := struct{ Status uint32 }{127}
	state, err := s.execute(text)
	// The program's writes to this machine's files are complete when its end is known.
	unix.Sync()
	if err != nil {
		fmt.Fprintln(s.channel.Stderr(), err)
	} else if wait, ok := state.Sys().(syscall.WaitStatus); ok && wait.Signaled() {
		_, _ = s.channel.SendRequest("exit-signal", false, ssh.Marshal(struct {
			Signal    string
			Core      bool
			Text, Tag string
		}{nameOf(wait.Signal()), wait.CoreDump(), wait.Signal().String(), ""}))
		return
	} else {
		status.Status = uint32(state.ExitCode())
	}
	_, _ = s.channel.SendRequest("exit-status", false, ssh.Marshal(status))
}

func (s *session) execute(text string) (*os.ProcessState, error) {
	command, err := decodeCommand(text)
	if err != nil {
		return nil, err
	}
	// It ends with the session: see serve.
	cmd := exec.CommandContext(context.Background(), command.Argv[0])
	cmd.Args, cmd.Dir = command.Argv, command.Dir
	cmd.Env = append(command.Env, insideVariable+"=1")
	// A session, and so a process group, of its own.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if s.master != nil {
		return s.executeOnTerminal(cmd)
	}
	return s.executeOnPipes(cmd)
}

// executeOnPipes runs a program without a terminal. All its output is passed on, however
// slowly somebody outside reads it; only what it has left behind is not waited for.
func (s *session) executeOnPipes(cmd *exec.Cmd) (*os.ProcessState, error) {
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	var outputs []*output
	var writes []*os.File
	for _, to := range []struct {
		stream *io.Writer
		writer io.Writer
	}{{&cmd.Stdout, s.channel}, {&cmd.Stderr, s.channel.Stderr()}} {
		o, write, err := newOutput(to.writer)
		if err != nil {
			return nil, err
		}
		*to.stream = write
		outputs, writes = append(outputs, o), append(writes, write)
	}
	err = s.start(cmd)
	// The program has its own.
	for _, write := range writes {
		_ = write.Close()
	}
	if err != nil {
		return nil, err
	}
	// Not waited for: a program may end without having read everything.
	go func() {
		_, _ = io.Copy(stdin, s.channel)
		_ = stdin.Close()
	}()
	_ = cmd.Wait()
	s.end()
	for _, o := range outputs {
		o.finish()
	}
	return cmd.ProcessState, nil
}

func (s *session) start(cmd *exec.Cmd) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s inside User-Mode Linux: %w", cmd.Path, err)
	}
	s.process = cmd.Process
	return nil
}

func (s *session) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
}

// signal sends a signal to the program: what a keyboard sends goes to its whole
// process group, as it would from a terminal.
func (s *session) signal(signal syscall.Signal) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil || s.ended || signal == 0 {
		return false
	}
	pid := s.process.Pid
	switch signal {
	case unix.SIGINT, unix.SIGQUIT, unix.SIGHUP, unix.SIGKILL:
		pid = -pid
	}
	return unix.Kill(pid, signal) == nil
}
