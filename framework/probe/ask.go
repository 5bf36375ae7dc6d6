package probe

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/rackproof/rackproof/framework/lab"
)

// Answer is what a netexec server and the connection to it tell of a flow.
type Answer struct {
	// Local is the near end of the connection. Its port tells the flow from all
	// others, so that a packet capture can be matched with it.
	Local netip.AddrPort
	// Server is the server's host name: the name of its pod.
	Server string
	// Client is the far end as the server sees it, after whatever translation lies
	// between.
	Client netip.AddrPort
}

// Ask asks a netexec server who it is and who its client is, both on one new
// connection, so that both answers are of the same flow.
func Ask(ctx context.Context, from lab.Host, to netip.AddrPort) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	answer, err := ask(ctx, from, to)
	if err != nil {
		return Answer{}, fmt.Errorf("from %s to %s: %w", from.Name(), to, err)
	}
	return answer, nil
}

func ask(ctx context.Context, from lab.Host, to netip.AddrPort) (Answer, error) {
	c, err := connect(ctx, from, to)
	if err != nil {
		return Answer{}, err
	}
	defer c.close()
	local, err := netip.ParseAddrPort(c.conn.LocalAddr().String())
	if err != nil {
		return Answer{}, fmt.Errorf("read the connection's own address: %w", err)
	}
	server, err := c.get(ctx, "/hostname")
	if err != nil {
		return Answer{}, err
	}
	client, err := c.get(ctx, "/clientip")
	if err != nil {
		return Answer{}, err
	}
	seen, err := netip.ParseAddrPort(client)
	if err != nil {
		return Answer{}, fmt.Errorf("the server answers %q, not its client's address: %w", client, err)
	}
	return Answer{Local: unmap(local), Server: server, Client: unmap(seen)}, nil
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// Spread makes connections one after the other and counts which server answered
// how many. An error ends it; the counts are those of the connections before.
func Spread(ctx context.Context, from lab.Host, to netip.AddrPort, connections int) (map[string]int, error) {
	servers := map[string]int{}
	for i := range connections {
		answer, err := Ask(ctx, from, to)
		if err != nil {
			return servers, fmt.Errorf("connection %d of %d: %w", i+1, connections, err)
		}
		servers[answer.Server]++
	}
	return servers, nil
}

// connection is one connection on which requests are made one after the other.
// Unlike http.Client it never makes a second one.
type connection struct {
	to     netip.AddrPort
	conn   net.Conn
	reader *bufio.Reader
	// leave ends the watch for the end of the context.
	leave func() bool
}

func connect(ctx context.Context, from lab.Host, to netip.AddrPort) (*connection, error) {
	conn, err := dial(ctx, from, "tcp", to.String())
	if err != nil {
		return nil, err
	}
	// A deadline in the past makes whatever is under way return.
	leave := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return &connection{to: to, conn: conn, reader: bufio.NewReader(conn), leave: leave}, nil
}

func (c *connection) close() {
	c.leave()
	_ = c.conn.Close()
}

// get makes one request and returns the body of the answer.
func (c *connection) get(ctx context.Context, path string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.to.String()+path, nil)
	if err != nil {
		return "", err
	}
	if err := request.Write(c.conn); err != nil {
		return "", fmt.Errorf("ask for %s: %w", path, err)
	}
	response, err := http.ReadResponse(c.reader, request)
	if err != nil {
		return "", fmt.Errorf("read the answer to %s: %w", path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, most))
	if err != nil {
		return "", fmt.Errorf("read the answer to %s: %w", path, err)
	}
	text := strings.TrimSpace(string(body))
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s: %s", path, response.Status, text)
	}
	return text, nil
}
