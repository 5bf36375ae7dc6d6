package observe

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/topology"
)

// single is a lab of one host.
type single struct {
	lab.Lab
	host lab.Host
}

func (s single) Topology() *topology.Topology {
	return &topology.Topology{Hosts: []topology.Host{{Name: s.host.Name()}}}
}

func (s single) Host(string) (lab.Host, error) { return s.host, nil }

// TestWatchRoutesTellsWhatItMisses has a kernel change more routes than a subscription
// holds while nobody reads.
func TestWatchRoutesTellsWhatItMisses(t *testing.T) {
	c := newCable(t)
	namespace, err := c.NetworkNamespace()
	if err != nil {
		t.Fatal(err)
	}
	defer namespace.Close()
	handle, err := netlink.NewHandleAt(namespace)
	if err != nil {
		t.Fatal(err)
	}
	defer handle.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	changes, err := WatchRoutes(ctx, single{host: c})
	if err != nil {
		t.Fatal(err)
	}
	add := func(address netip.Addr) {
		route := &netlink.Route{LinkIndex: c.index, Scope: netlink.SCOPE_LINK, Dst: &net.IPNet{IP: address.AsSlice(), Mask: net.CIDRMask(32, 32)}}
		if err := handle.RouteAdd(route); err != nil {
			t.Fatal(err)
		}
	}
	next := netip.MustParseAddr("198.18.0.1")
	for range 5000 {
		add(next)
		next = next.Next()
	}
	for told := (RouteChange{}); !told.Missing || !strings.Contains(told.Text, "cable: changes of its routes are missing: "); {
		select {
		case told = <-changes:
		case <-ctx.Done():
			t.Fatal("nobody says that changes are missing")
		}
	}
	// The watch goes on. The new subscription begins a moment later.
	for {
		add(next)
		select {
		case told := <-changes:
			if want := "cable gains "; told.Host != "cable" || !strings.HasPrefix(told.Text, want) {
				t.Errorf("got %q, want %q", told, want)
			}
			return
		case <-time.After(50 * time.Millisecond):
			next = next.Next()
		case <-ctx.Done():
			t.Fatal("nothing is told any more")
		}
	}
}
