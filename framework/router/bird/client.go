package bird

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// Client is a connection to BIRD's control socket. It carries one command at a
// time and is not for concurrent use.
type Client struct {
	conn   net.Conn
	reader *bufio.Reader
}

// Dial opens BIRD's control socket, a path such as /var/run/calico/bird.ctl in
// the place that dial dials from.
func Dial(ctx context.Context, dial func(ctx context.Context, network, address string) (net.Conn, error), path string) (*Client, error) {
	conn, err := dial(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("open BIRD's control socket %s: %w", path, err)
	}
	c := &Client{conn: conn, reader: bufio.NewReader(conn)}
	if _, err := c.exchange(ctx, ""); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("open BIRD's control socket %s: read the greeting: %w", path, err)
	}
	return c, nil
}

// Close closes the connection.
func (c *Client) Close() error {
	return c.conn.Close()
}

// Reply is one line of BIRD's answer. The codes are those of BIRD's own
// doc/reply_codes: 0xxx success, 1xxx data, 2xxx headings, 8xxx and 9xxx errors.
type Reply struct {
	Code int
	Text string
}

// Error is BIRD's refusal of a command.
type Error struct {
	Command string
	Reply   Reply
}

// Error says what BIRD answered to which command.
func (e *Error) Error() string {
	return fmt.Sprintf("BIRD refused %q: %04d %s", e.Command, e.Reply.Code, e.Reply.Text)
}

// codeEnd ends an answer and says nothing.
const codeEnd = 0

// Command sends a command and returns BIRD's answer without the line that only
// ends it. An answer with a code from 8000 is an *Error. After any other error the
// connection is closed, as nobody knows what would come next.
func (c *Client) Command(ctx context.Context, command string) ([]Reply, error) {
	if command == "" || strings.ContainsAny(command, "\r\n") {
		return nil, fmt.Errorf("%q is not one BIRD command", command)
	}
	replies, err := c.exchange(ctx, command+"\n")
	if err != nil {
		_ = c.conn.Close()
		return nil, fmt.Errorf("ask BIRD %q: %w", command, err)
	}
	for _, r := range replies {
		if r.Code >= 8000 {
			return nil, &Error{Command: command, Reply: r}
		}
	}
	return replies, nil
}

// exchange sends text, if there is any, and reads one answer. The context ends
// both.
func (c *Client) exchange(ctx context.Context, text string) (replies []Reply, err error) {
	expired := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = c.conn.SetDeadline(time.Unix(1, 0))
		close(expired)
	})
	defer func() {
		if stop() {
			return
		}
		<-expired
		_ = c.conn.SetDeadline(time.Time{})
		if err != nil {
			// The context is the reason for whatever went wrong.
			err = fmt.Errorf("no whole answer: %w", context.Cause(ctx))
		}
	}()
	if text != "" {
		if _, err := c.conn.Write([]byte(text)); err != nil {
			return nil, err
		}
	}
	code := 0
	for {
		line, err := c.reader.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("the answer ends after %d lines: %w", len(replies), err)
		}
		line = strings.TrimSuffix(line, "\n")
		// "1007-text": more follows; "0000 text": the last line; " text": more,
		// with the previous line's code.
		if rest, ok := strings.CutPrefix(line, " "); ok {
			replies = append(replies, Reply{Code: code, Text: rest})
			continue
		}
		if len(line) < 5 || line[4] != '-' && line[4] != ' ' {
			return nil, fmt.Errorf("a line without reply code: %q", line)
		}
		if code, err = strconv.Atoi(line[:4]); err != nil {
			return nil, fmt.Errorf("a line without reply code: %q", line)
		}
		last := line[4] == ' '
		if !last || code != codeEnd {
			replies = append(replies, Reply{Code: code, Text: line[5:]})
		}
		if last {
			return replies, nil
		}
	}
}
