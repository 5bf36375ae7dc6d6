package vm

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// inside serves sessions on this machine itself, and dials them.
func inside(t *testing.T) Dialer {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = serve(listener) }()
	t.Cleanup(func() { _ = listener.Close() })
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
	}
}

func shell(script string) Command {
	return Command{Argv: []string{"/bin/sh", "-c", script}, Env: os.Environ(), Dir: "/"}
}

func TestRunPassesThrough(t *testing.T) {
	dial := inside(t)
	for _, c := range []struct {
		name, script, stdin, stdout, stderr string
		status                              int
	}{
		{"output and status", "echo out; echo err >&2; exit 3", "", "out\n", "err\n", 3},
		{"input", "cat", "some\x00bytes", "some\x00bytes", "", 0},
		{"a signal", "kill -TERM $$", "", "", "", 128 + int(unix.SIGTERM)},
		{"the environment", `[ -n "$RACKPROOF_UML" ] && pwd`, "", "/\n", "", 0},
		{"input that is not read", "exit 0", strings.Repeat("x", 4<<20), "", "", 0},
		{"somebody left behind", "sleep 30 & echo done", "", "done\n", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status, err := Run(t.Context(), dial, shell(c.script), Streams{Stdin: strings.NewReader(c.stdin), Stdout: &stdout, Stderr: &stderr})
			if err != nil || status != c.status || stdout.String() != c.stdout || stderr.String() != c.stderr {
				t.Errorf("got status %d, %q, %q, %v", status, stdout.String(), stderr.String(), err)
			}
		})
	}
}

// pausing is a reader's end that pauses once, for longer than the server waits for a
// program's last output.
type pausing struct {
	io.Writer
	after int
}

func (p *pausing) Write(data []byte) (int, error) {
	if p.after -= len(data); p.after < 0 && p.after > -len(data)-1 {
		time.Sleep(outputDelay + outputDelay/2)
	}
	return p.Writer.Write(data)
}

func TestSlowReadersLoseNothing(t *testing.T) {
	const size = 4 << 20
	var stdout bytes.Buffer
	status, err := Run(t.Context(), inside(t), shell("head -c 4194304 /dev/zero"), Streams{Stdout: &pausing{&stdout, size / 2}, Stderr: io.Discard})
	if err != nil || status != 0 || stdout.Len() != size {
		t.Errorf("got status %d and %d octets of %d, %v", status, stdout.Len(), size, err)
	}
}

func TestSignalsArePassedOn(t *testing.T) {
	signals := make(chan os.Signal, 1)
	read, write := io.Pipe()
	go func() {
		_, _ = read.Read(make([]byte, 1))
		signals <- unix.SIGINT
		_, _ = io.Copy(io.Discard, read)
	}()
	status, err := Run(t.Context(), inside(t), shell(`trap 'exit 9' INT; echo; while :; do sleep 0.05; done`), Streams{Stdout: write, Stderr: io.Discard, Signals: signals})
	if err != nil || status != 9 {
		t.Errorf("got %d, %v", status, err)
	}
}

func TestAMuteKernelIsGivenUp(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
	}
	began := time.Now()
	if _, err := Run(ctx, dial, shell("true"), Streams{}); err == nil || time.Since(began) > 10*time.Second {
		t.Errorf("got %v after %s", err, time.Since(began))
	}
}

func TestAProgramThatIsNotThere(t *testing.T) {
	var stderr bytes.Buffer
	status, err := Run(t.Context(), inside(t), Command{Argv: []string{"/no/such/program"}, Dir: "/"}, Streams{Stdout: io.Discard, Stderr: &stderr})
	if err != nil || status != 127 || !strings.Contains(stderr.String(), "/no/such/program") {
		t.Errorf("got %d, %q, %v", status, stderr.String(), err)
	}
}
