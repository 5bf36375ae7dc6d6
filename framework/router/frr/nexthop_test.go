package frr

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/fabric"
)

// nexthopSetting is the line of zebra's configuration that the test is about.
const nexthopSetting = "no zebra nexthop kernel enable\n"

// fork is a leaf with two spines that both announce one prefix. The addresses are those
// for documentation (RFC 5737).
type fork struct {
	leaf   *realRouter
	spines [2]*realRouter
	far    netip.Prefix
}

func newFork(t *testing.T, zebra func(string) string) *fork {
	t.Helper()
	f := &fork{leaf: newRouter(t), far: netip.MustParsePrefix("198.51.100.0/24")}
	plan := fabric.Router{Host: "leaf0", AS: 65005, RouterID: netip.MustParseAddr("192.0.2.1")}
	for i := range f.spines {
		f.spines[i] = newRouter(t)
		name, spine := []string{"eth0", "eth1"}[i], f.spines[i]
		near := netip.MustParsePrefix([]string{"192.0.2.1/30", "192.0.2.5/30"}[i])
		pair := &netlink.Veth{
			LinkAttrs: netlink.LinkAttrs{Name: name, Namespace: netlink.NsFd(f.leaf.namespaces.Net.Fd())},
			PeerName:  "eth0", PeerNamespace: netlink.NsFd(spine.namespaces.Net.Fd()),
		}
		spine.netlink(t, func(h *netlink.Handle) error { return h.LinkAdd(pair) })
		spine.netlink(t, func(h *netlink.Handle) error {
			// The prefix that it announces.
			return h.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "far"}, PeerName: "beyond"})
		})
		f.leaf.up(t, name, near)
		spine.up(t, "eth0", netip.PrefixFrom(near.Addr().Next(), near.Bits()))
		spine.up(t, "beyond", netip.Prefix{})
		spine.up(t, "far", netip.PrefixFrom(f.far.Addr().Next(), f.far.Bits()))
		as := uint32(500 + i)
		plan.Neighbors = append(plan.Neighbors, fabric.Neighbor{Host: "spine", Address: near.Addr().Next(), AS: as})
		spine.startAs(t, fabric.Router{
			Host: "spine", AS: as, RouterID: near.Addr().Next(), Networks: []netip.Prefix{f.far},
			Neighbors: []fabric.Neighbor{{Host: "leaf0", Address: near.Addr(), AS: plan.AS}},
		}, zebra)
	}
	f.leaf.startAs(t, plan, zebra)
	return f
}

// startAs starts the daemons with a plan's files, of which zebra's is changed.
func (r *realRouter) startAs(t *testing.T, plan fabric.Router, zebra func(string) string) {
	t.Helper()
	files := rendered(t, plan)
	for i, file := range files {
		if file.Path == zebraConfig {
			files[i].Content = []byte(zebra(string(file.Content)))
		}
	}
	r.start(t, files)
}

func (r *realRouter) netlink(t *testing.T, do func(*netlink.Handle) error) {
	t.Helper()
	h, err := netlink.NewHandleAt(netns.NsHandle(r.namespaces.Net.Fd()), unix.NETLINK_ROUTE)
	if err == nil {
		defer h.Close()
		err = do(h)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (r *realRouter) up(t *testing.T, name string, address netip.Prefix) {
	t.Helper()
	r.onLink(t, name, func(h *netlink.Handle, link netlink.Link) error {
		if address.IsValid() {
			ip := &net.IPNet{IP: address.Addr().AsSlice(), Mask: net.CIDRMask(address.Bits(), 32)}
			if err := h.AddrAdd(link, &netlink.Addr{IPNet: ip}); err != nil {
				return err
			}
		}
		return h.LinkSetUp(link)
	})
}

func (r *realRouter) onLink(t *testing.T, name string, do func(*netlink.Handle, netlink.Link) error) {
	t.Helper()
	r.netlink(t, func(h *netlink.Handle) error {
		link, err := h.LinkByName(name)
		if err != nil {
			return err
		}
		return do(h, link)
	})
}

// paths counts the paths of the prefix that BGP uses on the leaf.
func (f *fork) paths(t *testing.T) int {
	t.Helper()
	answer, err := Query(t.Context(), f.leaf.dial, RIBQuery)
	if err != nil {
		t.Fatal(err)
	}
	rib, err := ParseRIB(answer)
	if err != nil {
		t.Fatal(err)
	}
	used := 0
	for _, path := range rib.Paths {
		if path.Prefix == f.far && (path.Best || path.Multipath) {
			used++
		}
	}
	return used
}

// hops counts the next hops that the leaf's kernel has for the prefix.
func (f *fork) hops(t *testing.T) int {
	t.Helper()
	hops := 0
	f.leaf.netlink(t, func(h *netlink.Handle) error {
		dst := &net.IPNet{IP: f.far.Addr().AsSlice(), Mask: net.CIDRMask(f.far.Bits(), 32)}
		routes, err := h.RouteListFiltered(unix.AF_INET, &netlink.Route{Dst: dst}, netlink.RT_FILTER_DST)
		for _, r := range routes {
			hops += max(1, len(r.MultiPath))
		}
		return err
	})
	return hops
}

// becomes waits until a number is as wanted.
func becomes(t *testing.T, what string, number func(*testing.T) int, want int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for got := number(t); got != want; got = number(t) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: got %d, want %d", what, got, want)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// settling is how long the kernel's route may follow BGP's.
const settling = 2 * time.Second

// TestNexthopObjects compares zebra as labs run it with zebra by its default, which has
// next hop objects in the kernel. When a link of two equal ways is back, BGP uses both
// ways on either. FRR 8.4.4 by its default goes on to use an object that has lost the
// link, so that the kernel has one way.
func TestNexthopObjects(t *testing.T) {
	tests := []struct {
		name  string
		zebra func(string) string
		hops  int
	}{
		{"as in a lab", func(config string) string { return config }, 2},
		{"by default", func(config string) string { return strings.Replace(config, nexthopSetting, "", 1) }, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFork(t, tt.zebra)
			version, err := Query(t.Context(), f.leaf.dial, "show version")
			if err != nil {
				t.Fatal(err)
			}
			if tt.hops == 1 && !strings.HasPrefix(string(version), "FRRouting 8.4") {
				t.Skipf("it is of FRR 8.4, and this is %.40s", version)
			}
			becomes(t, "BGP's ways before", f.paths, 2)
			becomes(t, "the kernel's ways before", f.hops, 2)
			cut := func(set func(*netlink.Handle, netlink.Link) error) {
				f.leaf.onLink(t, "eth0", set)
				f.spines[0].onLink(t, "eth0", set)
			}
			cut((*netlink.Handle).LinkSetDown)
			becomes(t, "BGP's ways without the link", f.paths, 1)
			becomes(t, "the kernel's ways without the link", f.hops, 1)
			cut((*netlink.Handle).LinkSetUp)
			becomes(t, "BGP's ways with the link", f.paths, 2)
			for began := time.Now(); time.Since(began) < settling && f.hops(t) != 2; {
				time.Sleep(50 * time.Millisecond)
			}
			if got := f.hops(t); got != tt.hops {
				t.Errorf("the kernel has %d ways, want %d", got, tt.hops)
			}
		})
	}
}
