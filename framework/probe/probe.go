// Package probe sends real traffic between places of a lab and tells what came
// of it. It knows any lab.Host and no tests.
package probe

import (
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

// Timeout bounds one attempt. It is longer than a lost SYN's first repetition
// (1 s), so that a single lost packet is slowness and not a failure.
const Timeout = 3 * time.Second

// Silence bounds an attempt that nobody is to answer: it is longer than a lost SYN's
// first repetition (1 s), and no longer than need be.
const Silence = 1500 * time.Millisecond

// most is how much of an answer is read.
const most = 64 << 10

// Get makes one HTTP request on a connection of its own from a place to an
// address and returns the answer's body.
func Get(ctx context.Context, from lab.Host, to netip.AddrPort, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	dialer, err := lab.DialerOf(from)
	if err != nil {
		return "", err
	}
	client := http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+to.String()+path, nil)
	if err != nil {
		return "", fmt.Errorf("from %s to %s: %w", from.Name(), to, err)
	}
	response, err := client.Do(request)
	if err != nil {
		return "", fmt.Errorf("from %s to %s: %w", from.Name(), to, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, most))
	if err != nil {
		return "", fmt.Errorf("from %s to %s: read the answer: %w", from.Name(), to, err)
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("from %s to %s%s: %s: %s", from.Name(), to, path, response.Status, strings.TrimSpace(string(body)))
	}
	return strings.TrimSpace(string(body)), nil
}

// dial opens a connection from a host.
func dial(ctx context.Context, from lab.Host, network, address string) (net.Conn, error) {
	dialer, err := lab.DialerOf(from)
	if err != nil {
		return nil, err
	}
	return dialer.DialContext(ctx, network, address)
}

// ClientAddress asks a netexec server who its client is: the source address as
// the server sees it, after whatever translation lies between.
func ClientAddress(ctx context.Context, from lab.Host, to netip.AddrPort) (netip.Addr, error) {
	body, err := Get(ctx, from, to, "/clientip")
	if err != nil {
		return netip.Addr{}, err
	}
	client, err := netip.ParseAddrPort(body)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("from %s to %s: the server answers %q, not its client's address: %w", from.Name(), to, body, err)
	}
	return client.Addr().Unmap(), nil
}

// ServerName asks a netexec server for its host name: the name of its pod.
func ServerName(ctx context.Context, from lab.Host, to netip.AddrPort) (string, error) {
	return Get(ctx, from, to, "/hostname")
}
