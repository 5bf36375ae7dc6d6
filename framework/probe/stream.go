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
	// streamInterval is the time between two datagrams of a stream.
	streamInterval = 25 * time.Millisecond
	// streamLength bounds a stream's life: two minutes.
	streamLength = int(2 * time.Minute / streamInterval)
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
	// sent are the times at which datagrams were sent, by number.
	sent    []time.Time
	arrived []bool
	missing int
	// complete tells that one less is missing.
	complete *sync.Cond
	last     error
}

// NewStream begins to send to an address of a place, where it listens itself, on a port
// of the kernel's choice. A datagram whose sender the receiver sees by another address
// than as is lost; an invalid one stands for any. Stop ends the stream; it ends by
// itself with ctx, or after two minutes.
func NewStream(ctx context.Context, from, to lab.Host, address, as netip.Addr) (*Stream, error) {
	s := &Stream{from: from.Name(), to: to.Name(), as: as, sending: make(chan struct{}), receiving: make(chan struct{})}
	s.complete = sync.NewCond(&s.mu)
	if err := s.open(ctx, from, to, address); err != nil {
		return nil, fmt.Errorf("from %s to %s at %s: open a stream: %w", s.from, s.to, address, errors.Join(err, s.close()))
	}
	s.leave = context.AfterFunc(ctx, func() { s.Stop() })
	ctx, s.cancel = context.WithCancel(ctx)
	go s.send(ctx)
	go s.receive()
	return s, nil
}

func (s *Stream) open(ctx context.Context, from, to lab.Host, address netip.Addr) (err error) {
	if s.receiver, err = listenUDP(to, address); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	for range streamPorts {
		sender, err := from.DialContext(ctx, "udp4", s.receiver.LocalAddr().String())
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
		s.sent, s.arrived = append(s.sent, time.Now()), append(s.arrived, false)
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
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Stream) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = fmt.Errorf("from %s to %s: %w", s.from, s.to, err)
}

// receive reads until the receiver's time is over.
func (s *Stream) receive() {
	defer close(s.receiving)
	buffer := make([]byte, numberLength+1)
	for {
		length, client, err := s.receiver.ReadFromUDPAddrPort(buffer)
		switch {
		case err != nil:
			return
		case length != numberLength:
			continue // of somebody else
		case s.as.IsValid() && client.Addr().Unmap() != s.as:
			s.fail(fmt.Errorf("the receiver sees its client as %s, not as %s", client.Addr().Unmap(), s.as))
			continue
		}
		s.arrive(binary.BigEndian.Uint64(buffer))
	}
}

func (s *Stream) arrive(number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// What somebody kept until a link was back is late, and lost as it is to a Meter.
	if number < uint64(len(s.arrived)) && !s.arrived[number] && time.Since(s.sent[number]) < attemptTimeout {
		s.arrived[number] = true
		s.missing--
		s.complete.Broadcast()
	}
}

// Seen is what has become of the datagrams so far. Those that may still be on their way
// are left out.
func (s *Stream) Seen() Outage { return s.seen(time.Now().Add(-attemptTimeout)) }

// seen counts what had arrived, or was sent before a time.
func (s *Stream) seen(decided time.Time) Outage {
	s.mu.Lock()
	defer s.mu.Unlock()
	var o Outage
	var lastGood time.Time
	out := false
	for n, at := range s.sent {
		if n == 0 {
			lastGood = at
		}
		switch {
		case s.arrived[n]:
			if out {
				o.Longest = max(o.Longest, at.Sub(lastGood))
			}
			lastGood, out = at, false
		case at.Before(decided):
			o.Lost++
			o.Longest = max(o.Longest, at.Sub(lastGood))
			out = true
		default:
			continue
		}
		o.Sent++
	}
	if o.Lost > 0 {
		o.Last = s.last
		if o.Last == nil {
			o.Last = fmt.Errorf("from %s to %s: a datagram did not arrive", s.from, s.to)
		}
	}
	return o
}

// Stop ends the stream, waits for what is on its way, a second at the most, and returns
// what has become of all.
func (s *Stream) Stop() Outage {
	s.stop.Do(func() {
		s.leave()
		s.cancel()
		<-s.sending
		overdue := time.AfterFunc(attemptTimeout, func() {
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
	return s.seen(time.Now())
}
