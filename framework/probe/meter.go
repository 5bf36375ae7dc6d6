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

// attemptTimeout bounds a meter's attempt: what takes longer is an outage. A lost SYN
// is sent again after a second, so that an attempt within less has lost none; and a
// machine with much else to do may take most of that.
const attemptTimeout = 950 * time.Millisecond

// attempts bounds a meter's life.
const attempts = 2400

// Meter makes a request again and again and records when it fails.
type Meter struct {
	cancel  context.CancelFunc
	done    chan struct{}
	options []MeterOption

	mu     sync.Mutex
	result Outage
}

// Outage is what a meter has seen.
type Outage struct {
	// Sent and Lost count the attempts and those that failed.
	Sent, Lost int
	// InARow is the most that were lost one after another.
	InARow int
	// Longest is the longest time without a successful attempt between two that
	// succeeded, or from the last one to the end.
	Longest time.Duration
	// Began is when the longest such time began, by which it can be compared with changes
	// of routes and with logs. It is zero if nothing was lost.
	Began time.Time
	// LastLost is when the last attempt that failed began; zero if none did.
	LastLost time.Time
	// Last is the error of the last attempt that failed.
	Last error
}

// String is the outage in one line.
func (o Outage) String() string {
	text := fmt.Sprintf("%d of %d attempts lost, at most %d in a row, longest outage %d ms", o.Lost, o.Sent, o.InARow, o.Longest.Milliseconds())
	if !o.Began.IsZero() {
		text += " from " + o.Began.Format("15:04:05.000")
	}
	return text
}

// note notes a time without a successful attempt.
func (o *Outage) note(began, ended time.Time) {
	if length := ended.Sub(began); length > o.Longest {
		o.Longest, o.Began = length, began
	}
}

// MeterOption says what an attempt of a meter has to bring beside an answer.
type MeterOption func(Answer) error

// SeenAs takes an attempt for lost if the server sees its client with another
// address than this.
func SeenAs(client netip.Addr) MeterOption {
	return func(answer Answer) error {
		if seen := answer.Client.Addr(); seen != client {
			return fmt.Errorf("%s sees its client as %s, not as %s", answer.Server, seen, client)
		}
		return nil
	}
}

// NewMeter begins to probe. Each attempt is a connection of its own, so that
// equal paths are all tried. Stop ends it; it ends by itself after two minutes.
func NewMeter(ctx context.Context, from lab.Host, to netip.AddrPort, options ...MeterOption) *Meter {
	ctx, cancel := context.WithCancel(ctx)
	m := &Meter{cancel: cancel, done: make(chan struct{}), options: options}
	go m.run(ctx, from, to)
	return m
}

func (m *Meter) run(ctx context.Context, from lab.Host, to netip.AddrPort) {
	defer close(m.done)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	lastGood, row := time.Now(), 0
	for range attempts {
		began := time.Now()
		attempt, cancel := context.WithTimeout(ctx, attemptTimeout)
		err := m.attempt(attempt, from, to)
		cancel()
		if ctx.Err() != nil {
			break // what was under way does not count
		}
		now := time.Now()
		m.mu.Lock()
		m.result.Sent++
		if err != nil {
			row++
			m.result.Lost++
			m.result.InARow = max(m.result.InARow, row)
			m.result.Last, m.result.LastLost = err, began
			m.result.note(lastGood, now)
		} else {
			if row > 0 {
				m.result.note(lastGood, now)
			}
			lastGood, row = now, 0
		}
		m.mu.Unlock()
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (m *Meter) attempt(ctx context.Context, from lab.Host, to netip.AddrPort) error {
	answer, err := Ask(ctx, from, to)
	for _, option := range m.options {
		if err == nil {
			err = option(answer)
		}
	}
	return err
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
