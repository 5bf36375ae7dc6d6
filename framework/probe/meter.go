package probe

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/rackproof/rackproof/framework/lab"
)

// interval is the time between the beginnings of two attempts of a meter.
const interval = 50 * time.Millisecond

// attemptTimeout bounds a meter's attempt: what takes longer is an outage.
const attemptTimeout = 500 * time.Millisecond

// attempts bounds a meter's life.
const attempts = 2400

// Meter makes a request again and again and records when it fails.
type Meter struct {
	cancel context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex
	result Outage
}

// Outage is what a meter has seen.
type Outage struct {
	// Sent and Lost count the attempts and those that failed.
	Sent, Lost int
	// Longest is the longest time without a successful attempt between two that
	// succeeded, or from the last one to the end.
	Longest time.Duration
	// Last is the error of the last attempt that failed.
	Last error
}

// String is the outage in one line.
func (o Outage) String() string {
	return fmt.Sprintf("%d of %d attempts lost, longest outage %d ms", o.Lost, o.Sent, o.Longest.Milliseconds())
}

// NewMeter begins to probe. Each attempt is a connection of its own, so that
// equal paths are all tried. Stop ends it; it ends by itself after two minutes.
func NewMeter(ctx context.Context, from lab.Host, to netip.AddrPort) *Meter {
	ctx, cancel := context.WithCancel(ctx)
	m := &Meter{cancel: cancel, done: make(chan struct{})}
	go m.run(ctx, from, to)
	return m
}

func (m *Meter) run(ctx context.Context, from lab.Host, to netip.AddrPort) {
	defer close(m.done)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	lastGood, out := time.Now(), false
	for range attempts {
		attempt, cancel := context.WithTimeout(ctx, attemptTimeout)
		_, err := ServerName(attempt, from, to)
		cancel()
		if ctx.Err() != nil {
			break // what was under way does not count
		}
		now := time.Now()
		m.mu.Lock()
		m.result.Sent++
		if err != nil {
			m.result.Lost++
			m.result.Last = err
			m.result.Longest = max(m.result.Longest, now.Sub(lastGood))
		} else {
			if out {
				m.result.Longest = max(m.result.Longest, now.Sub(lastGood))
			}
			lastGood = now
		}
		out = err != nil
		m.mu.Unlock()
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// Stop ends the meter and returns what it has seen.
func (m *Meter) Stop() Outage {
	m.cancel()
	<-m.done
	return m.Seen()
}

// Seen is what the meter has seen so far.
func (m *Meter) Seen() Outage {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.result
}
