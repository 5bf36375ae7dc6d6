package uml

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// Dialer opens connections from the network namespace of a kernel's process.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

// Streams are a program's standard streams and the signals that are passed on to it.
type Streams struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Signals are passed on; nil for none.
	Signals <-chan os.Signal
	// Terminal gives the program a terminal if Stdin is one.
	Terminal bool
}

const (
	// bootTimeout bounds the wait for a kernel that starts: ten times what it takes.
	bootTimeout = time.Minute
	bootPoll    = 50 * time.Millisecond
	dialTimeout = 2 * time.Second
)

// Wait waits until a kernel serves Run.
func Wait(ctx context.Context, dial Dialer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, bootTimeout, fmt.Errorf("it has not started within %s", bootTimeout))
	defer cancel()
	for {
		conn, err := dialOnce(ctx, dial)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-time.After(bootPoll):
		case <-ctx.Done():
			return fmt.Errorf("wait for User-Mode Linux: %w (last answer: %w)", context.Cause(ctx), err)
		}
	}
}

func dialOnce(ctx context.Context, dial Dialer) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return dial(ctx, "tcp", Server().String())
}

// Run runs a program inside a kernel and returns its exit status; one that a signal
// has ended has 128 and the signal's number, as in a shell.
func Run(ctx context.Context, dial Dialer, command Command, streams Streams) (int, error) {
	conn, err := dialOnce(ctx, dial)
	if err != nil {
		return 0, fmt.Errorf("reach User-Mode Linux: %w", err)
	}
	connection, channels, requests, err := ssh.NewClientConn(conn, Server().String(), &ssh.ClientConfig{
		// The network has only this one server (see serve).
		HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	})
	if err != nil {
		return 0, errors.Join(fmt.Errorf("reach User-Mode Linux: %w", err), conn.Close())
	}
	client := ssh.NewClient(connection, channels, requests)
	defer func() { _ = client.Close() }()
	s, err := client.NewSession()
	if err != nil {
		return 0, fmt.Errorf("run %s in User-Mode Linux: %w", command.Argv[0], err)
	}
	s.Stdin, s.Stdout, s.Stderr = streams.Stdin, streams.Stdout, streams.Stderr
	done := make(chan struct{})
	defer close(done)
	if keyboard, ok := terminalOf(streams); ok {
		restore, err := takeTerminal(keyboard, s, done)
		if err != nil {
			return 0, err
		}
		defer restore()
	}
	text, err := command.encode()
	if err != nil {
		return 0, err
	}
	if err := s.Start(text); err != nil {
		return 0, fmt.Errorf("run %s in User-Mode Linux: %w", command.Argv[0], err)
	}
	go pass(streams.Signals, s, done)
	stop := context.AfterFunc(ctx, func() { _ = client.Close() })
	defer stop()
	return exitStatus(ctx, command, s.Wait())
}

// pass passes signals on until the program has ended.
func pass(signals <-chan os.Signal, s *ssh.Session, done <-chan struct{}) {
	for {
		select {
		case received := <-signals:
			if number, ok := received.(syscall.Signal); ok {
				_ = s.Signal(ssh.Signal(nameOf(number)))
			}
		case <-done:
			return
		}
	}
}

func exitStatus(ctx context.Context, command Command, err error) (int, error) {
	if exit, ok := errors.AsType[*ssh.ExitError](err); ok {
		if name := exit.Signal(); name != "" {
			return 128 + int(signalNamed(name)), nil
		}
		return exit.ExitStatus(), nil
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return 0, fmt.Errorf("run %s in User-Mode Linux: it is gone before the program has ended: %w", command.Argv[0], err)
	}
	return 0, nil
}

// terminalOf finds the caller's terminal if the program is to have one.
func terminalOf(streams Streams) (*os.File, bool) {
	file, ok := streams.Stdin.(*os.File)
	return file, ok && streams.Terminal && term.IsTerminal(int(file.Fd()))
}

// takeTerminal hands the caller's terminal over to the program. What is typed goes to
// the program as it is, ^C too.
func takeTerminal(keyboard *os.File, s *ssh.Session, done <-chan struct{}) (restore func(), err error) {
	columns, rows, err := term.GetSize(int(keyboard.Fd()))
	if err != nil {
		return nil, fmt.Errorf("ask for the terminal's size: %w", err)
	}
	kind := os.Getenv("TERM")
	if err := s.RequestPty(kind, rows, columns, ssh.TerminalModes{}); err != nil {
		return nil, fmt.Errorf("ask User-Mode Linux for a terminal: %w", err)
	}
	before, err := term.MakeRaw(int(keyboard.Fd()))
	if err != nil {
		return nil, fmt.Errorf("hand the terminal over: %w", err)
	}
	go followSize(keyboard, s, done)
	return func() { _ = term.Restore(int(keyboard.Fd()), before) }, nil
}

// followSize tells the program of changes of the terminal's size.
func followSize(keyboard *os.File, s *ssh.Session, done <-chan struct{}) {
	changes := make(chan os.Signal, 1)
	signal.Notify(changes, unix.SIGWINCH)
	defer signal.Stop(changes)
	for {
		select {
		case <-changes:
			if columns, rows, err := term.GetSize(int(keyboard.Fd())); err == nil {
				_ = s.WindowChange(rows, columns)
			}
		case <-done:
			return
		}
	}
}
