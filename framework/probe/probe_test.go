package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rackproof/rackproof/framework/lab"
)

// here is this process's own place as a host of a lab: loopback alone.
type here struct{ lab.Host }

func (here) Name() string { return "here" }

func (here) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, address)
}

// netexec is a server as agnhost's netexec is one, of which several may stand
// behind one address: each connection gets the next name.
func netexec(t *testing.T, names ...string) netip.AddrPort {
	t.Helper()
	var connections atomic.Int64
	type key struct{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hostname":
			fmt.Fprintln(w, r.Context().Value(key{}))
		case "/clientip":
			fmt.Fprint(w, r.RemoteAddr)
		default:
			http.NotFound(w, r)
		}
	}))
	server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, key{}, names[int(connections.Add(1)-1)%len(names)])
	}
	server.Start()
	t.Cleanup(server.Close)
	return netip.MustParseAddrPort(server.Listener.Addr().String())
}

// listener is a socket that nobody accepts connections from.
func listener(t *testing.T) (net.Listener, netip.AddrPort) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, netip.MustParseAddrPort(l.Addr().String())
}

func TestAsk(t *testing.T) {
	to := netexec(t, "pod-a", "pod-b")
	answer, err := Ask(t.Context(), here{}, to)
	if err != nil {
		t.Fatal(err)
	}
	// Without translation both ends see the same; one connection has one name.
	if answer.Local != answer.Client || answer.Local.Addr() != to.Addr() || answer.Local.Port() == 0 || answer.Server != "pod-a" {
		t.Errorf("got %+v", answer)
	}
	_, closed := listener(t)
	if _, err := Ask(t.Context(), here{}, netip.AddrPortFrom(to.Addr(), 1)); err == nil || !strings.Contains(err.Error(), "from here to") {
		t.Errorf("nobody listens, and the error is %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := Ask(ctx, here{}, closed); err == nil {
		t.Error("a server that says nothing gives no error")
	}
}

func TestSpread(t *testing.T) {
	got, err := Spread(t.Context(), here{}, netexec(t, "pod-a", "pod-b", "pod-a"), 7)
	if err != nil || len(got) != 2 || got["pod-a"] != 5 || got["pod-b"] != 2 {
		t.Errorf("got %v, %v; want 5 for pod-a and 2 for pod-b", got, err)
	}
	l, to := listener(t)
	_ = l.Close()
	if got, err := Spread(t.Context(), here{}, to, 3); err == nil || len(got) != 0 || !strings.Contains(err.Error(), "connection 1 of 3") {
		t.Errorf("nobody listens: got %v, %v", got, err)
	}
}

func TestAttempt(t *testing.T) {
	const within = 50 * time.Millisecond
	_, mute := listener(t)
	gone, refusing := listener(t)
	_ = gone.Close()
	tests := []struct {
		name string
		to   netip.AddrPort
		want Outcome
		exit int
	}{
		{"a server", netexec(t, "pod"), Answered, 0},
		{"nobody listens", refusing, Refused, 7},
		{"nobody says anything", mute, TimedOut, 28},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			reply, err := Curl(t.Context(), here{}, test.to, within)
			if err != nil || reply.Outcome != test.want || reply.Outcome.Exit() != test.exit || (reply.Body == "pod") != (test.want == Answered) {
				t.Errorf("got %+v (exit %d), %v; want %s (exit %d)", reply, reply.Outcome.Exit(), err, test.want, test.exit)
			}
			if outcome, err := Attempt(t.Context(), here{}, test.to, within); err != nil || outcome != test.want {
				t.Errorf("got %s, %v; want %s", outcome, err, test.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if outcome, err := Attempt(ctx, here{}, mute, within); err == nil {
		t.Errorf("an attempt that was called off is %q", outcome)
	}
}

func TestClassify(t *testing.T) {
	dialling := func(errno syscall.Errno) error {
		return fmt.Errorf("from a to b: %w", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", errno)})
	}
	tests := []struct {
		name string
		err  error
		want Outcome
	}{
		{"no error", nil, Answered},
		{"a reset, or ICMP port unreachable", dialling(syscall.ECONNREFUSED), Refused},
		{"ICMP host unreachable", dialling(syscall.EHOSTUNREACH), Unreachable},
		{"ICMP network unreachable", dialling(syscall.ENETUNREACH), Unreachable},
		{"a blackhole route", dialling(syscall.EINVAL), Blackholed},
		{"the kernel gives up", dialling(syscall.ETIMEDOUT), TimedOut},
		{"the deadline of a read", &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, TimedOut},
		{"the deadline of an attempt", context.DeadlineExceeded, TimedOut},
		{"the place is gone", &os.PathError{Op: "open", Err: syscall.ENOENT}, ""},
		{"no HTTP", errors.New("malformed HTTP response"), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, ok := classify(test.err); got != test.want || ok != (test.want != "") {
				t.Errorf("got %q, %t; want %q", got, ok, test.want)
			}
		})
	}
}

func TestMeter(t *testing.T) {
	to := netexec(t, "pod")
	seen := func(options ...MeterOption) Outage {
		meter := NewMeter(t.Context(), here{}, to, options...)
		deadline := time.Now().Add(10 * time.Second)
		for meter.Seen().Sent < 2 && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
		return meter.Stop()
	}
	if got := seen(SeenAs(to.Addr())); got.Sent < 2 || got.Lost > 0 {
		t.Errorf("got %s (%v), want nothing lost", got, got.Last)
	}
	if got := seen(SeenAs(netip.MustParseAddr("192.0.2.1"))); got.Lost < 2 || got.Lost != got.Sent || !strings.Contains(got.Last.Error(), "pod sees its client as 127.0.0.1") {
		t.Errorf("got %s (%v), want all lost", got, got.Last)
	}
}
