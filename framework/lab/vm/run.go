package vm

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

// Streams are a program's standard streams and the signals that are passed on to it. If all
// three are terminals the program gets one.
type Streams struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Signals are passed on; nil for none.
	Signals <-chan os.Signal
}

const (
	// bootTimeout bounds the wait for a kernel that starts: ten times what it takes.
	bootTimeout = 2 * time.Minute
	bootPoll    = 50 * time.Millisecond
	dialTimeout = 2 * time.Second
	// handshakeTimeout bounds the beginning of a connection.
	handshakeTimeout = 30 * time.Second
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
	client, err := connect(ctx, dial)
	if err != nil {
		return 0, fmt.Errorf("reach User-Mode Linux: %w", err)
	}
	defer func() { _ = client.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = client.Close() })
	defer stop()
	s, err := client.NewSession()
	if err != nil {
		return 0, fmt.Errorf("run %s in User-Mode Linux: %w", command.Argv[0], err)
	}
	s.Stdout, s.Stderr = streams.Stdout, streams.Stderr
	if err := feed(s, streams.Stdin); err != nil {
		return 0, fmt.Errorf("run %s in User-Mode Linux: %w", command.Argv[0], err)
	}
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
	return exitStatus(ctx, command, s.Wait())
}

// connect connects to a kernel. A kernel that accepts and says nothing is given up.
func connect(ctx context.Context, dial Dialer) (*ssh.Client, error) {
	conn, err := dialOnce(ctx, dial)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(handshakeTimeout))
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	connection, channels, requests, err := ssh.NewClientConn(conn, Server().String(), &ssh.ClientConfig{
		// The network has only this one server (see serve).
		HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	})
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	_ = conn.SetDeadline(time.Time{})
	return ssh.NewClient(connection, channels, requests), nil
}

// feed passes a program's input on for as long as it takes any. A program that ends
// without having read everything has not failed, which the library would take it for.
func feed(s *ssh.Session, stdin io.Reader) error {
	pipe, err := s.StdinPipe()
	if err != nil {
		return err
	}
	go func() {
		if stdin != nil {
			_, _ = io.Copy(pipe, stdin)
		}
		_ = pipe.Close()
	}()
	return nil
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

// terminalOf finds the caller's terminal if the program is to have one: all its streams
// have to be terminals, as output that goes elsewhere must stay what it is.
func terminalOf(streams Streams) (*os.File, bool) {
	for _, stream := range []any{streams.Stdin, streams.Stdout, streams.Stderr} {
		file, ok := stream.(*os.File)
		if !ok || !term.IsTerminal(int(file.Fd())) {
			return nil, false
		}
	}
	return streams.Stdin.(*os.File), true
}

// takeTerminal hands the caller's terminal over to the program. Keys go to the program
// as they are, ^C too.
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
