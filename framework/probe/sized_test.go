package probe

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"github.com/rackproof/rackproof/framework/observe"
)

// capture captures at a node's link to the other one.
func capture(t *testing.T, at *place) *observe.Capture {
	t.Helper()
	c, err := observe.NewCapture(t.Context(), at, "net0", func(p observe.Packet) bool { return p.Outer != nil || p.Hidden() })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSendSized(t *testing.T) {
	send := func(w *tunnel, size int) Sized {
		t.Helper()
		got, err := SendSized(t.Context(), w.podA, w.podB, w.b, size)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(got)
		return got
	}

	t.Run("a pod with the tunnel's MTU", func(t *testing.T) {
		w := newTunnel(t, tunnelMTU)
		c := capture(t, w.nodeB)
		if got, want := send(w, tunnelMTU), (Sized{Size: tunnelMTU, Arrived: true, PathMTU: tunnelMTU}); got != want {
			t.Errorf("the full size: got %+v, want %+v", got, want)
		}
		if got, want := send(w, tunnelMTU+1), (Sized{Size: tunnelMTU + 1, TooLong: true, PathMTU: tunnelMTU}); got != want {
			t.Errorf("one more: got %+v, want %+v", got, want)
		}
		packets, err := c.Stop()
		if err != nil || len(packets) != 1 {
			t.Fatalf("got %v, %v", packets, err)
		}
		p := packets[0]
		if p.Encapsulation() != observe.VXLAN || p.Length != tunnelMTU || !p.DontFragment || p.Outer.Length != linkMTU ||
			p.Source != w.a || p.Destination != w.b || p.Outer.Source != netip.MustParseAddr("203.0.113.1") || p.VNI != 4096 {
			t.Errorf("the link saw %s", p)
		}
	})

	t.Run("a pod that has to be told", func(t *testing.T) {
		w := newTunnel(t, linkMTU)
		by := netip.MustParseAddr("203.0.113.1")
		got := send(w, tunnelMTU+1)
		if got.Arrived || !got.TooLong || got.PathMTU != tunnelMTU || (got.By != by && got.By != netip.MustParseAddr("192.0.2.10")) {
			t.Errorf("one more: got %+v", got)
		}
		if got, want := send(w, tunnelMTU), (Sized{Size: tunnelMTU, Arrived: true, PathMTU: tunnelMTU}); got != want {
			t.Errorf("the full size: got %+v, want %+v", got, want)
		}
		if got, want := send(w, tunnelMTU+1), (Sized{Size: tunnelMTU + 1, TooLong: true, PathMTU: tunnelMTU}); got != want {
			t.Errorf("one more, which is known by now: got %+v, want %+v", got, want)
		}
		if err := ForgetPaths(w.podA); err != nil {
			t.Fatal(err)
		}
		if got := send(w, tunnelMTU+1); !got.TooLong || !got.By.IsValid() {
			t.Errorf("one more, after it was forgotten: got %+v", got)
		}
	})

	t.Run("a tunnel whose packets are cut", func(t *testing.T) {
		w := newTunnel(t, tunnelMTU)
		if err := errors.Join(up(w.nodeA, "net0", "", 1300), up(w.nodeB, "pod", "", 1200)); err != nil {
			t.Fatal(err)
		}
		c := capture(t, w.nodeA)
		got := send(w, tunnelMTU)
		packets, err := c.Stop()
		// The node cuts the tunnel's packet in two, which the pod does not see, and each
		// part is known for what it is. Behind the tunnel there is an interface that is
		// too short for what was in it.
		if want := (Sized{Size: tunnelMTU, TooLong: true, By: netip.MustParseAddr("192.0.2.74"), PathMTU: 1200}); err != nil || len(packets) != 3 || got != want {
			t.Fatalf("got %+v, and the link saw %v, %v", got, packets, err)
		}
		for i, p := range packets[:2] {
			if p.Encapsulation() != observe.VXLAN || p.Source != w.a || p.Outer.BeginsFragments() != (i == 0) || p.Outer.ContinuesFragments() != (i == 1) {
				t.Errorf("the link saw %s", p)
			}
		}
	})

	t.Run("a node that swallows what is for the pod", func(t *testing.T) {
		w := newTunnel(t, tunnelMTU)
		if err := swallow(w.nodeB, "192.0.2.65/32"); err != nil {
			t.Fatal(err)
		}
		if got, want := send(w, tunnelMTU), (Sized{Size: tunnelMTU, PathMTU: tunnelMTU}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

func TestSendSizedRefuses(t *testing.T) {
	w := newTunnel(t, tunnelMTU)
	if got, err := SendSized(t.Context(), w.podA, w.podB, w.b, 27); err == nil {
		t.Errorf("less than the headers: got %+v", got)
	}
	if got, err := SendSized(t.Context(), w.podA, w.podB, w.a, 100); err == nil {
		t.Errorf("another's address: got %+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := SendSized(ctx, w.podA, w.podB, w.b, 100); !errors.Is(err, context.Canceled) {
		t.Errorf("called off: got %+v, %v", got, err)
	}
}
