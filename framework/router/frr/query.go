package frr

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"time"

	"github.com/rackproof/rackproof/framework/router"
)

// Sockets of the daemons' terminals for vtysh.
const (
	zebraSocket = StateDirectory + "/zebra.vty"
	bgpdSocket  = StateDirectory + "/bgpd.vty"
)

// Query asks a router's bgpd for the answer to a show command, as vtysh does but
// without starting it, which takes a tenth of a second of processor time.
func Query(ctx context.Context, dial router.Dialer, command string) ([]byte, error) {
	t, err := openTerminal(ctx, dial, bgpdSocket)
	if err != nil {
		return nil, fmt.Errorf("ask bgpd %q: %w", command, err)
	}
	defer t.close()
	answer, err := t.run(command)
	if err != nil {
		return nil, fmt.Errorf("ask bgpd %q: %w", command, err)
	}
	return answer, nil
}

// Configure gives a router's running bgpd configuration lines, as somebody at its
// terminal would. It stops at the first line that bgpd refuses; what came before
// is in force then.
func Configure(ctx context.Context, dial router.Dialer, lines []string) error {
	t, err := openTerminal(ctx, dial, bgpdSocket)
	if err != nil {
		return fmt.Errorf("configure bgpd: %w", err)
	}
	defer t.close()
	for _, line := range append([]string{"enable", "configure terminal"}, lines...) {
		if _, err := t.run(line); err != nil {
			return fmt.Errorf("configure bgpd by %q: %w", line, err)
		}
	}
	if _, err := t.run("end"); err != nil {
		return fmt.Errorf("configure bgpd: %w", err)
	}
	return nil
}

// terminal is a connection to a daemon's terminal for vtysh. The context that it was
// opened with ends its work.
//
// The protocol is vtysh's own (FRR 8.4, lib/vty.c: vtysh_read): a command ends in a
// zero byte, an answer in three zero bytes and the command's status.
type terminal struct {
	conn   net.Conn
	reader *bufio.Reader
	stop   func() bool
}

func openTerminal(ctx context.Context, dial router.Dialer, socket string) (*terminal, error) {
	conn, err := dial(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return &terminal{conn: conn, reader: bufio.NewReader(conn), stop: stop}, nil
}

func (t *terminal) close() {
	t.stop()
	_ = t.conn.Close()
}

func (t *terminal) run(command string) ([]byte, error) {
	if _, err := t.conn.Write(append([]byte(command), 0)); err != nil {
		return nil, err
	}
	var answer bytes.Buffer
	for zeros := 0; zeros < 3; {
		b, err := t.reader.ReadByte()
		if err != nil {
			return nil, fmt.Errorf("the answer ends after %d bytes: %w", answer.Len(), err)
		}
		if b == 0 {
			zeros++
			continue
		}
		zeros = 0
		answer.WriteByte(b)
	}
	status, err := t.reader.ReadByte()
	if err != nil {
		return nil, fmt.Errorf("the answer has no status: %w", err)
	}
	if status != 0 {
		return nil, fmt.Errorf("it answers with status %d: %s", status, bytes.TrimSpace(answer.Bytes()))
	}
	return answer.Bytes(), nil
}
