package probe

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

func destination(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

func TestPing(t *testing.T) {
	tun := newTunnel(t, tunnelMTU)
	unreachable, silent := netip.MustParsePrefix("198.51.100.1/32"), netip.MustParsePrefix("198.51.100.2/32")
	err := tun.nodeA.set.Do(func() error {
		if err := netlink.RouteAdd(&netlink.Route{Dst: destination(unreachable), Type: unix.RTN_UNREACHABLE}); err != nil {
			return err
		}
		return netlink.RouteAdd(&netlink.Route{Dst: destination(silent), Type: unix.RTN_BLACKHOLE})
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		from *place
		to   netip.Addr
		want Outcome
	}{
		{"a pod", tun.podA, tun.b, Answered},
		{"a router says that it has no way", tun.podA, unreachable.Addr(), Unreachable},
		{"a router says nothing", tun.podA, silent.Addr(), TimedOut},
		{"the sender has no way", tun.nodeA, unreachable.Addr(), Unreachable},
		{"the sender's own kernel drops", tun.nodeA, silent.Addr(), Blackholed},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Ping(t.Context(), c.from, c.to, 500*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			if got.Outcome != c.want {
				t.Errorf("got %s, want %s", got.Outcome, c.want)
			}
			if c.want == Answered && got.Local.Addr() != tun.a {
				t.Errorf("sent from %s, want %s", got.Local.Addr(), tun.a)
			}
		})
	}
}

func TestConnectAndQuestion(t *testing.T) {
	to := netexec(t, "a")
	tried, err := Question(t.Context(), here{}, to, Timeout)
	if err != nil || tried.Outcome != Answered || tried.Server != "a" || tried.Client != tried.Local || tried.Took <= 0 {
		t.Errorf("got %+v, %v", tried, err)
	}
	tried, err = Connect(t.Context(), here{}, to, Timeout)
	if err != nil || tried.Outcome != Answered || tried.Server != "" || !tried.Local.IsValid() {
		t.Errorf("got %+v, %v", tried, err)
	}
	// Nobody listens on port 1.
	tried, err = Connect(t.Context(), here{}, netip.AddrPortFrom(to.Addr(), 1), Timeout)
	if err != nil || tried.Outcome != Refused {
		t.Errorf("got %+v, %v", tried, err)
	}
}
