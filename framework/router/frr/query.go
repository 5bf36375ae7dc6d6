package frr

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"time"
)

// bgpdSocket is bgpd's terminal for vtysh.
const bgpdSocket = StateDirectory + "/bgpd.vty"

// Query asks a router's bgpd for the answer to a show command, as vtysh does but
// without starting it, which takes a tenth of a second of processor time. dial
// opens a connection from the router's host.
//
// The protocol is vtysh's own (FRR 8.4, lib/vty.c: vtysh_read): a command ends in a
// zero byte, an answer in three zero bytes and the command's status.
func Query(ctx context.Context, dial func(ctx context.Context, network, address string) (net.Conn, error), command string) ([]byte, error) {
	answer, err := query(ctx, dial, command)
	if err != nil {
		return nil, fmt.Errorf("ask bgpd %q: %w", command, err)
	}
	return answer, nil
}

func query(ctx context.Context, dial func(ctx context.Context, network, address string) (net.Conn, error), command string) ([]byte, error) {
	conn, err := dial(ctx, "unix", bgpdSocket)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := conn.Write(append([]byte(command), 0)); err != nil {
		return nil, err
	}
	var answer bytes.Buffer
	reader := bufio.NewReader(conn)
	for zeros := 0; zeros < 3; {
		b, err := reader.ReadByte()
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
	status, err := reader.ReadByte()
	if err != nil {
		return nil, fmt.Errorf("the answer has no status: %w", err)
	}
	if status != 0 {
		return nil, fmt.Errorf("it answers with status %d: %s", status, bytes.TrimSpace(answer.Bytes()))
	}
	return answer.Bytes(), nil
}
