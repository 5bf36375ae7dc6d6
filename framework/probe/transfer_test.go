package probe

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

func TestSendBulk(t *testing.T) {
	const octets = 200_000
	for name, podMTU := range map[string]int{"a pod with the tunnel's MTU": tunnelMTU, "a pod that has to be told": linkMTU} {
		t.Run(name, func(t *testing.T) {
			w := newTunnel(t, podMTU)
			got, err := SendBulk(t.Context(), w.podA, w.podB, w.b, octets)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(got)
			// 40 octets of headers, and up to 12 of timestamps.
			if got.Octets != octets || got.Client.Addr() != w.a || got.PathMTU != tunnelMTU || got.SegmentSize > tunnelMTU-40 || got.SegmentSize < tunnelMTU-52 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestSendBulkFails(t *testing.T) {
	w := newTunnel(t, tunnelMTU)
	if _, err := SendBulk(t.Context(), w.podA, w.podB, w.b, 0); err == nil {
		t.Error("nothing is sent without an error")
	}
	if _, err := SendBulk(t.Context(), w.podA, w.podB, w.a, 1000); err == nil || !strings.Contains(err.Error(), "from podA to podB") {
		t.Errorf("another's address gives error %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if got, err := SendBulk(ctx, w.podA, deaf{w.podB}, w.b, mostTransferred); !errors.Is(err, os.ErrDeadlineExceeded) || got.Octets != 0 || got.PathMTU != tunnelMTU {
		t.Errorf("nobody reads: got %s, %v", got, err)
	}
}

// deaf is a place at which connections are taken and nobody reads.
type deaf struct{ *place }

func (d deaf) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	listener, err := d.place.Listen(ctx, network, address)
	return deafListener{listener}, err
}

type deafListener struct{ net.Listener }

func (d deafListener) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	return &deafConn{Conn: conn, over: make(chan struct{})}, err
}

// deafConn has nothing to read until its deadline is set, which means its end.
type deafConn struct {
	net.Conn
	over chan struct{}
}

func (d *deafConn) SetDeadline(time.Time) error { close(d.over); return nil }

func (d *deafConn) Read([]byte) (int, error) {
	<-d.over
	return 0, os.ErrDeadlineExceeded
}
