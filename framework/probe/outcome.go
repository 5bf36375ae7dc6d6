package probe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/rackproof/rackproof/framework/lab"
)

// Outcome is what became of an attempt.
type Outcome string

// The outcomes of an attempt.
const (
	// Answered: a server answered.
	Answered Outcome = "answered"
	// Refused: somebody said that nobody listens there, by a TCP reset or by ICMP
	// port unreachable, as kube-proxy does for a service without endpoints.
	Refused Outcome = "refused"
	// Unreachable: a router said that it has no way to the destination (ICMP
	// destination unreachable, RFC 792), or the sender's own kernel found none.
	Unreachable Outcome = "unreachable"
	// Blackholed: the sender's own kernel has a blackhole route to the destination.
	// One on the way is seen as silence.
	Blackholed Outcome = "blackholed"
	// TimedOut: nobody said anything in time.
	TimedOut Outcome = "timed out"
)

// Exit is the status with which curl would have ended: see EXIT CODES in curl(1).
func (o Outcome) Exit() int {
	switch o {
	case Answered:
		return 0
	case TimedOut:
		return 28
	}
	return 7
}

// Attempt makes one request on a connection of its own and tells what became of
// it within a time of the caller's choice. An error is only what says nothing
// about the network between: the place cannot be entered, ctx has ended, the
// server spoke no HTTP.
func Attempt(ctx context.Context, from lab.Host, to netip.AddrPort, within time.Duration) (Outcome, error) {
	reply, err := Curl(ctx, from, to, within)
	return reply.Outcome, err
}

// Reply is what curl prints, and what became of the attempt.
type Reply struct {
	Outcome Outcome
	// Body is empty unless a server answered.
	Body string
}

// Curl asks a netexec server for its host name as `curl -m` would: with a bound on
// the whole operation. It starts no process, unlike CurlStatus.
func Curl(ctx context.Context, from lab.Host, to netip.AddrPort, within time.Duration) (Reply, error) {
	attempt, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	body, err := hostname(attempt, from, to)
	if ctx.Err() != nil {
		return Reply{}, fmt.Errorf("from %s to %s: %w", from.Name(), to, context.Cause(ctx))
	}
	outcome, ok := classify(err)
	if !ok {
		return Reply{}, fmt.Errorf("from %s to %s: %w", from.Name(), to, err)
	}
	return Reply{Outcome: outcome, Body: body}, nil
}

func hostname(ctx context.Context, from lab.Host, to netip.AddrPort) (string, error) {
	c, err := connect(ctx, from, to)
	if err != nil {
		return "", err
	}
	defer c.close()
	return c.get(ctx, "/hostname")
}

// classify tells what an attempt's error says about the network, if it does.
func classify(err error) (Outcome, bool) {
	switch {
	case err == nil:
		return Answered, true
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused, true
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return Unreachable, true
	case errors.Is(err, syscall.EINVAL):
		// Local senders get it from a blackhole route: see ip-route(8).
		return Blackholed, true
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return TimedOut, true
	}
	return "", false
}
