package link

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/hostkernel"
	"github.com/rackproof/rackproof/framework/lab/netns/labinit"
	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/topology"
)

// wire is a lab of two hosts with the kernel settings of labs. Their link eth1 goes
// through a third namespace, so that both ends can lose their carrier, and they have
// another one, eth2. The addresses are those for documentation (RFC 5737).
type wire struct {
	lab.Lab
	topology *topology.Topology
	places   map[string]namespace.Set
}

func (w *wire) Name() string                 { return "wire" }
func (w *wire) Topology() *topology.Topology { return w.topology }
func (w *wire) Host(name string) (lab.Host, error) {
	return place{name: name, set: w.places[name]}, nil
}
func (p place) NetworkNamespace() (netns.NsHandle, error) {
	fd, err := unix.FcntlInt(p.set.Net.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	return netns.NsHandle(fd), err
}

type place struct {
	name string
	set  namespace.Set
}

func (p place) Name() string { return p.name }
func (p place) Lab() string  { return "wire" }

// far is a prefix that both links lead to, by eth1 first.
const far = "198.51.100.0/24"

func newWire(t *testing.T) *wire {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("makes network namespaces, which needs root")
	}
	a, b := netip.MustParsePrefix("192.0.2.1/31"), netip.MustParsePrefix("192.0.2.0/31")
	w := &wire{places: map[string]namespace.Set{}, topology: &topology.Topology{
		Hosts: []topology.Host{
			{Name: "leaf0", Interfaces: []topology.Interface{{Host: "leaf0", Name: "eth1", Addresses: []netip.Prefix{a}}}, Gateways: []netip.Addr{b.Addr()}},
			{Name: "spine0", Interfaces: []topology.Interface{{Host: "spine0", Name: "eth1", Addresses: []netip.Prefix{b}}}},
		},
	}}
	w.topology.Links = []topology.Link{{Name: "link", Ends: []topology.Interface{w.topology.Hosts[0].Interfaces[0], w.topology.Hosts[1].Interfaces[0]}}}
	for _, name := range []string{"leaf0", "spine0", "between"} {
		err := namespace.Set{}.Do(func() error {
			if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
				return err
			}
			file, err := os.Open("/proc/thread-self/ns/net")
			w.places[name] = namespace.Set{Net: file}
			return err
		})
		if err != nil {
			t.Skip("this machine gives no network namespaces: ", err)
		}
		t.Cleanup(w.places[name].Close)
	}
	for name := range w.places {
		err := w.places[name].Do(func() error {
			for key, value := range hostkernel.Settings(name, "") {
				err := os.WriteFile(filepath.Join("/proc/sys", key), []byte(value), 0o644)
				if err != nil && (!errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(key, "net/ipv6/")) {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	w.veth(t, "leaf0", "eth1", "between", "port0")
	w.veth(t, "spine0", "eth1", "between", "port1")
	w.veth(t, "leaf0", "eth2", "spine0", "eth2")
	w.at(t, "between", func(h *netlink.Handle) error {
		bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "bridge", TxQLen: -1}}
		if err := h.LinkAdd(bridge); err != nil {
			return err
		}
		for _, name := range []string{"port0", "port1"} {
			port, err := h.LinkByName(name)
			if err == nil {
				err = errors.Join(h.LinkSetMaster(port, bridge), h.LinkSetUp(port))
			}
			if err != nil {
				return err
			}
		}
		return h.LinkSetUp(bridge)
	})
	for _, host := range w.topology.Hosts {
		w.at(t, host.Name, func(h *netlink.Handle) error {
			first := host.Interfaces[0].Addresses[0]
			second := netip.PrefixFrom(first.Addr().Next().Next(), 31)
			return errors.Join(
				address(h, "eth1", first), address(h, "eth2", second),
				route(h, other(first.Addr()), 10), route(h, other(second.Addr()), 20),
			)
		})
	}
	w.at(t, "leaf0", func(h *netlink.Handle) error { return labinit.SetDefaultRoutes(h, w.topology.Hosts[0]) })
	return w
}

// other is the other end's address.
func other(address netip.Addr) netip.Addr {
	if peer := address.Prev(); netip.PrefixFrom(address, 31).Masked().Contains(peer) {
		return peer
	}
	return address.Next()
}

func address(h *netlink.Handle, name string, prefix netip.Prefix) error {
	link, err := h.LinkByName(name)
	if err != nil {
		return err
	}
	ip := &net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), 32)}
	return errors.Join(h.AddrAdd(link, &netlink.Addr{IPNet: ip}), h.LinkSetUp(link))
}

func route(h *netlink.Handle, gateway netip.Addr, metric int) error {
	_, prefix, _ := net.ParseCIDR(far)
	return h.RouteAdd(&netlink.Route{Dst: prefix, Gw: gateway.AsSlice(), Priority: metric})
}

func (w *wire) veth(t *testing.T, hostA, nameA, hostB, nameB string) {
	t.Helper()
	pair := &netlink.Veth{
		LinkAttrs: netlink.LinkAttrs{Name: nameA, TxQLen: -1, Namespace: netlink.NsFd(w.places[hostA].Net.Fd())},
		PeerName:  nameB, PeerNamespace: netlink.NsFd(w.places[hostB].Net.Fd()),
	}
	// Where nothing of this machine's own is: in the middle.
	w.at(t, "between", func(h *netlink.Handle) error { return h.LinkAdd(pair) })
}

func (w *wire) at(t *testing.T, name string, do func(*netlink.Handle) error) {
	t.Helper()
	h, err := netlink.NewHandleAt(netns.NsHandle(w.places[name].Net.Fd()), unix.NETLINK_ROUTE)
	if err == nil {
		defer h.Close()
		err = do(h)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// carrier takes the carrier of both ends away or gives it back, as a cable does.
func (w *wire) carrier(t *testing.T, set func(*netlink.Handle, netlink.Link) error) {
	t.Helper()
	w.at(t, "between", func(h *netlink.Handle) error {
		for _, name := range []string{"port0", "port1"} {
			link, err := h.LinkByName(name)
			if err == nil {
				err = set(h, link)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// way says by which interface a host sends to far, how many routes of its main table
// lead over eth1, and how many of these are marked as without a carrier. The kernel
// notices a carrier that comes or goes a moment later.
func (w *wire) way(t *testing.T, name string) string {
	t.Helper()
	var text string
	w.at(t, name, func(h *netlink.Handle) error {
		found, err := h.RouteGet(netip.MustParsePrefix(far).Addr().Next().AsSlice())
		if errors.Is(err, unix.ENETUNREACH) {
			text = "nowhere"
			return nil
		}
		if err != nil {
			return err
		}
		out, err := h.LinkByIndex(found[0].LinkIndex)
		if err != nil {
			return err
		}
		link, err := h.LinkByName("eth1")
		if err != nil {
			return err
		}
		routes, err := h.RouteList(link, unix.AF_INET)
		down := 0
		for _, r := range routes {
			if r.Flags&unix.RTNH_F_LINKDOWN != 0 {
				down++
			}
		}
		text = fmt.Sprintf("by %s, %d routes over eth1, %d of them without carrier", out.Attrs().Name, len(routes), down)
		return err
	})
	return text
}

func (w *wire) expect(t *testing.T, when string, want map[string]string) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for name, wanted := range want {
		got := w.way(t, name)
		for got != wanted && time.Now().Before(deadline) {
			time.Sleep(50 * time.Millisecond)
			got = w.way(t, name)
		}
		if got != wanted {
			t.Errorf("%s: %s sends %s, want %s", when, name, got, wanted)
		}
	}
}

// TestACutIsLikeALostCarrier compares a cut with a cable that is pulled. Packets leave
// the link alone in both. The tables differ: the kernel keeps the routes of a link without
// a carrier, marked, and drops those of a link that is set down. Of these the link's own
// comes back by itself, and the default route by the lab.
func TestACutIsLikeALostCarrier(t *testing.T) {
	whole := map[string]string{
		"leaf0":  "by eth1, 3 routes over eth1, 0 of them without carrier",
		"spine0": "by eth1, 2 routes over eth1, 0 of them without carrier",
	}
	t.Run("cable", func(t *testing.T) {
		w := newWire(t)
		w.expect(t, "before", whole)
		w.carrier(t, (*netlink.Handle).LinkSetDown)
		w.expect(t, "without carrier", map[string]string{
			"leaf0":  "by eth2, 3 routes over eth1, 3 of them without carrier",
			"spine0": "by eth2, 2 routes over eth1, 2 of them without carrier",
		})
		w.carrier(t, (*netlink.Handle).LinkSetUp)
		w.expect(t, "with its carrier", whole)
	})
	t.Run("cut", func(t *testing.T) {
		w := newWire(t)
		w.expect(t, "before", whole)
		if err := (Links{Lab: w}).CutLink(t.Context(), "link"); err != nil {
			t.Fatal(err)
		}
		w.expect(t, "cut", map[string]string{
			"leaf0":  "by eth2, 0 routes over eth1, 0 of them without carrier",
			"spine0": "by eth2, 0 routes over eth1, 0 of them without carrier",
		})
		if err := (Links{Lab: w}).RestoreLink(t.Context(), "link"); err != nil {
			t.Fatal(err)
		}
		w.expect(t, "restored", map[string]string{
			"leaf0":  "by eth2, 2 routes over eth1, 0 of them without carrier",
			"spine0": "by eth2, 1 routes over eth1, 0 of them without carrier",
		})
	})
}
