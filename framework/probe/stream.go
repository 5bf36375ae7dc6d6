package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/rackproof/rackproof/framework/lab"
)

const (
	// streamInterval is the time between two datagrams of a stream. Requirements name it.
	streamInterval = 25 * time.Millisecond
	// streamLength bounds a stream's life: ten minutes, longer than any spec lasts.
	streamLength = int(10 * time.Minute / streamInterval)
	// Late is how long a datagram may be on its way and count as arrived: what somebody
	// keeps until a link is back is late, and no sign that the way was there. By the
	// kernel's own times a datagram takes less than a millisecond, and some hundred on a
	// single processor that is busy.
	Late = 300 * time.Millisecond
	// readTimeout bounds the wait for this process to have read what has arrived.
	readTimeout = 3 * time.Second
	// streamPorts is how many source ports take turns, so that equal paths are tried.
	streamPorts = 4
	// numberLength is what a datagram carries: its number.
	numberLength = 8
)

// Stream sends numbered datagrams one way, from a place to another, and records which of
// them arrive. It is a meter that costs next to nothing, for many flows at a time: its
// sockets are opened once, and nothing of the lab's answers. Unlike a Meter it tells the
// two directions apart, and sees no connection being made.
type Stream struct {
	from, to string
	as       netip.Addr
	receiver *net.UDPConn
	senders  []net.Conn
	// cancel ends sending, and leave the watch for the end of the caller's context.
	cancel context.CancelFunc
	leave  func() bool
	// sending and receiving end with their goroutines.
	sending, receiving chan struct{}
	stop               sync.Once

	mu sync.Mutex
	// sent are the times by which datagrams were sent, by number, and arrived those at which
	// they arrived.
	sent, arrived []time.Time
	missing       int
	// complete tells that one less is missing.
	complete *sync.Cond
	last     error
}

// NewStream begins to send to an address of a place, where it listens itself, on a port
// of the kernel's choice. A datagram whose sender the receiver sees by another address
// than as is lost; an invalid one stands for any. Stop ends the stream; it ends by
// itself with ctx, or after ten minutes.
func NewStream(ctx context.Context, from, to lab.Host, address, as netip.Addr) (*Stream, error) {
	s := &Stream{from: from.Name(), to: to.Name(), as: as, sending: make(chan struct{}), receiving: make(chan struct{})}
	s.complete = sync.NewCond(&s.mu)
	if err := s.open(ctx, from, to, address); err != nil {
		return nil, fmt.Errorf("from %s to %s at %s: open a stream: %w", s.from, s.to, address, errors.Join(err, s.close()))
	}
	sending, cancel := context.WithCancel(ctx)
	s.cancel = cancel
	go s.send(sending)
	go s.receive()
	// Last, as it may happen at once.
	s.leave = context.AfterFunc(ctx, func() { s.end() })
	return s, nil
}

func (s *Stream) open(ctx context.Context, from, to lab.Host, address netip.Addr) (err error) {
	if s.receiver, err = listenUDP(to, address); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	// The kernel's own times of arrival: this process may be kept waiting for longer
	// than any datagram is on its way.
	if err := stampArrivals(s.receiver); err != nil {
		return err
	}
	for range streamPorts {
		sender, err := dial(ctx, from, "udp", s.receiver.LocalAddr().String())
		if err != nil {
			return err
		}
		s.senders = append(s.senders, sender)
	}
	return nil
}

func (s *Stream) close() error {
	var errs []error
	for _, sender := range s.senders {
		errs = append(errs, sender.Close())
	}
	if s.receiver != nil {
		errs = append(errs, s.receiver.Close())
	}
	return errors.Join(errs...)
}

func (s *Stream) send(ctx context.Context) {
	defer close(s.sending)
	ticker := time.NewTicker(streamInterval)
	defer ticker.Stop()
	for n := range streamLength {
		s.mu.Lock()
		s.sent, s.arrived = append(s.sent, time.Now()), append(s.arrived, time.Time{})
		s.missing++
		s.mu.Unlock()
		datagram := binary.BigEndian.AppendUint64(nil, uint64(n))
		sender := s.senders[n%len(s.senders)]
		_, err := sender.Write(datagram)
		if err != nil {
			s.fail(err)
			// It was perhaps what ICMP said of an earlier one, in place of sending.
			_, err = sender.Write(datagram)
		}
		if err != nil {
			s.fail(err)
		}
		s.stampSent(n)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// stampSent says by when a datagram was sent, once it was: this process may have been
// kept waiting before.
func (s *Stream) stampSent(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent[n] = time.Now()
}

func (s *Stream) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = fmt.Errorf("from %s to %s: %w", s.from, s.to, err)
}

// receive reads until the receiver's time is over.
func (s *Stream) receive() {
	defer close(s.receiving)
	buffer, control := make([]byte, numberLength+1), make([]byte, stampLength)
	for {
		length, controlLength, _, client, err := s.receiver.ReadMsgUDPAddrPort(buffer, control)
		switch {
		case err != nil:
			return
		case length != numberLength:
			continue // of somebody else
		case s.as.IsValid() && client.Addr().Unmap() != s.as:
			s.fail(fmt.Errorf("the receiver sees its client as %s, not as %s", client.Addr().Unmap(), s.as))
			continue
		}
		arrived, err := arrivalOf(control[:controlLength])
		if err != nil {
			s.fail(err)
			continue
		}
		s.arrive(binary.BigEndian.Uint64(buffer), arrived)
	}
}

func (s *Stream) arrive(number uint64, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if number < uint64(len(s.arrived)) && s.arrived[number].IsZero() {
		s.arrived[number] = at
		s.missing--
		s.complete.Broadcast()
	}
}

// way is how long a datagram that has arrived was on its way. Only seen asks, and not who
// reads: the time of sending may be put right after the arrival.
func (s *Stream) way(number int) time.Duration { return s.arrived[number].Sub(s.sent[number]) }

// Seen is what has become of the datagrams so far. Those that may still be on their way
// are left out.
func (s *Stream) Seen() Outage { return s.seen(time.Now().Add(-attemptTimeout)) }

// seen counts what had arrived, or was sent before a time.
func (s *Stream) seen(decided time.Time) Outage {
	s.mu.Lock()
	defer s.mu.Unlock()
	var o Outage
	var lastGood time.Time
	row := 0
	last := s.last
	for n, at := range s.sent {
		if n == 0 {
			lastGood = at
		}
		arrived := !s.arrived[n].IsZero()
		switch {
		case arrived && s.way(n) < Late:
			if row > 0 {
				o.note(lastGood, at)
			}
			lastGood, row = at, 0
		case arrived || at.Before(decided):
			row++
			o.Lost++
			o.InARow = max(o.InARow, row)
			o.LastLost = at
			o.note(lastGood, at)
			if arrived {
				last = fmt.Errorf("from %s to %s: a datagram was on its way for %d ms", s.from, s.to, s.way(n).Milliseconds())
			}
		default:
			continue
		}
		o.Sent++
	}
	if o.Lost > 0 {
		o.Last = last
		if o.Last == nil {
			o.Last = fmt.Errorf("from %s to %s: a datagram did not arrive", s.from, s.to)
		}
	}
	return o
}

// Stop ends the stream, waits for what is on its way, three seconds at the most, and returns
// what has become of all.
func (s *Stream) Stop() Outage {
	s.leave()
	s.end()
	return s.seen(time.Now())
}

// end ends the stream once.
func (s *Stream) end() {
	s.stop.Do(func() {
		s.cancel()
		<-s.sending
		overdue := time.AfterFunc(readTimeout, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.missing = 0
			s.complete.Broadcast()
		})
		s.mu.Lock()
		for s.missing > 0 {
			s.complete.Wait()
		}
		s.mu.Unlock()
		overdue.Stop()
		_ = s.close()
		<-s.receiving
	})
}
