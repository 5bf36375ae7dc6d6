package probe

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/rackproof/rackproof/framework/lab"
)

// Tried is one attempt, with its result.
type Tried struct {
	Outcome Outcome
	// Answer has what the ends of a connection said; empty as far as nobody said it.
	Answer
	// Took is the time from the beginning to the answer, or to the end of the attempt.
	Took time.Duration
}

// Connect makes one TCP connection within a time of the caller's choice, and sends nothing
// on it. The errors are those of Attempt.
func Connect(ctx context.Context, from lab.Host, to netip.AddrPort, within time.Duration) (Tried, error) {
	return try(ctx, from, to, within, func(ctx context.Context) (Answer, error) {
		c, err := connect(ctx, from, to)
		if err != nil {
			return Answer{}, err
		}
		defer c.close()
		local, err := netip.ParseAddrPort(c.conn.LocalAddr().String())
		return Answer{Local: unmap(local)}, err
	})
}

// Question asks a netexec server as Ask does, within a time of the caller's choice, and
// tells what became of it. The errors are those of Attempt.
func Question(ctx context.Context, from lab.Host, to netip.AddrPort, within time.Duration) (Tried, error) {
	return try(ctx, from, to, within, func(ctx context.Context) (Answer, error) { return ask(ctx, from, to) })
}

// try makes an attempt and tells what became of it.
func try(ctx context.Context, from lab.Host, to netip.AddrPort, within time.Duration, attempt func(context.Context) (Answer, error)) (Tried, error) {
	bounded, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	began := time.Now()
	answer, err := attempt(bounded)
	took := time.Since(began)
	if ctx.Err() != nil {
		return Tried{}, fmt.Errorf("from %s to %s: %w", from.Name(), to, context.Cause(ctx))
	}
	outcome, ok := classify(err)
	if !ok {
		return Tried{}, fmt.Errorf("from %s to %s: %w", from.Name(), to, err)
	}
	return Tried{Outcome: outcome, Answer: answer, Took: took}, nil
}
