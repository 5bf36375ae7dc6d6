package probe

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/rackproof/rackproof/framework/observe"
)

func TestStream(t *testing.T) {
	w := newTunnel(t, tunnelMTU)
	begin := func(as netip.Addr) *Stream {
		t.Helper()
		s, err := NewStream(t.Context(), w.podA, w.podB, w.b, as)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	count := func(s *Stream, what string, enough func(Outage) bool) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); !enough(s.Seen()); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("waited too long for %s: %s", what, s.Seen())
			}
		}
	}
	sent := func(more int, s *Stream) {
		t.Helper()
		enough := s.Seen().Sent + more
		count(s, "more datagrams", func(o Outage) bool { return o.Sent >= enough })
	}

	t.Run("nothing is lost", func(t *testing.T) {
		c, err := observe.NewCapture(t.Context(), w.nodeB, "net0", func(p observe.Packet) bool { return p.Source == w.a })
		if err != nil {
			t.Fatal(err)
		}
		s := begin(w.a)
		sent(8, s)
		got := s.Stop()
		if got.Sent < 8 || got.Lost != 0 || got.Longest != 0 || got.Last != nil {
			t.Errorf("got %s, %v", got, got.Last)
		}
		packets, err := c.Stop()
		ports := map[uint16]bool{}
		for _, p := range packets {
			ports[p.SourcePort] = true
		}
		if err != nil || len(packets) != got.Sent || len(ports) != streamPorts {
			t.Errorf("%s; there were %d packets from %d ports, %v", got, len(packets), len(ports), err)
		}
	})

	t.Run("an outage", func(t *testing.T) {
		s := begin(w.a)
		sent(4, s)
		began := time.Now()
		if err := w.nodeB.set.Do(func() error { return onLink("net0", netlink.LinkSetDown) }); err != nil {
			t.Fatal(err)
		}
		count(s, "a loss", func(o Outage) bool { return o.Lost > 2 })
		if err := w.nodeB.set.Do(func() error { return onLink("net0", netlink.LinkSetUp) }); err != nil {
			t.Fatal(err)
		}
		lasted := time.Since(began)
		sent(4, s)
		got := s.Stop()
		// It begins with the last one before and ends with the first one after.
		if got.Lost < 3 || got.InARow != got.Lost || got.Longest < attemptTimeout/2 || got.Longest > lasted+10*time.Second || !strings.Contains(got.Last.Error(), "from podA to podB") {
			t.Errorf("got %s, %v; the link was down for %s", got, got.Last, lasted)
		}
		if got.LastLost.Before(began) || got.LastLost.After(began.Add(lasted+10*time.Second)) {
			t.Errorf("the last one was lost at %s; the link was down from %s for %s", got.LastLost, began, lasted)
		}
		if got.Began.Before(began.Add(-10*time.Second)) || got.Began.After(began.Add(lasted)) {
			t.Errorf("got %s; the link was down from %s", got, began.Format("15:04:05.000"))
		}
	})

	t.Run("it ends within an outage", func(t *testing.T) {
		s := begin(w.a)
		sent(4, s)
		if err := swallow(w.nodeB, "192.0.2.65/32"); err != nil {
			t.Fatal(err)
		}
		count(s, "a loss", func(o Outage) bool { return o.Lost > 0 })
		if got := s.Stop(); got.Lost == 0 || got.Longest < attemptTimeout/2 {
			t.Errorf("got %s", got)
		}
	})
}

func TestStreamWithAnotherAddress(t *testing.T) {
	w := newTunnel(t, tunnelMTU)
	ctx, cancel := context.WithCancel(t.Context())
	s, err := NewStream(ctx, w.podA, w.podB, w.b, w.b)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); s.Seen().Lost == 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-s.receiving // it ends by itself
	if got := s.Stop(); got.Lost != got.Sent || got.Lost == 0 || !strings.Contains(got.Last.Error(), "sees its client as 192.0.2.1, not as 192.0.2.65") {
		t.Errorf("got %s, %v", got, got.Last)
	}
	if s, err := NewStream(t.Context(), w.podA, w.podB, w.a, w.a); err == nil || !strings.Contains(err.Error(), "from podA to podB") {
		t.Errorf("another's address gives %v, %v", s, err)
	}
}

func onLink(name string, change func(netlink.Link) error) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return change(link)
}

// A sender that is kept waiting between its two looks at the clock has sent nothing late,
// whoever reads first.
func TestStreamReadBeforeTheSenderGoesOn(t *testing.T) {
	began := time.Now().Add(-time.Minute)
	s := &Stream{from: "a", to: "b", sent: []time.Time{began, began}, arrived: make([]time.Time, 2), missing: 2}
	s.complete = sync.NewCond(&s.mu)
	s.arrive(0, began.Add(2*Late))
	s.arrive(1, began.Add(2*Late))
	s.sent[0] = began.Add(2*Late + time.Millisecond)
	got := s.Seen()
	if got.Sent != 2 || got.Lost != 1 || s.missing != 0 {
		t.Errorf("%s, %d missing, want 1 of 2 lost and none missing", got, s.missing)
	}
	if want := fmt.Sprintf("from a to b: a datagram was on its way for %d ms", (2 * Late).Milliseconds()); got.Last == nil || got.Last.Error() != want {
		t.Errorf("the last error is %v, want %q", got.Last, want)
	}
}
