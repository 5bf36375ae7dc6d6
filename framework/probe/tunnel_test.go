package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/observe"
)

// place is a network namespace as a host of a lab.
type place struct {
	lab.Host
	name string
	set  namespace.Set
}

func (p *place) Name() string { return p.name }

func (p *place) NetworkNamespace() (netns.NsHandle, error) {
	fd, err := unix.FcntlInt(p.set.Net.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	return netns.NsHandle(fd), err
}

func (p *place) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return p.set.DialContext(ctx, network, address)
}

func (p *place) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	return p.set.Listen(ctx, network, address)
}

// tunnel are two pods behind two nodes with a VXLAN between them, as Calico has it. The
// addresses are those for documentation (RFC 5737).
//
//	podA 192.0.2.1 -- nodeA 203.0.113.1 == VXLAN == nodeB 203.0.113.2 -- podB 192.0.2.65
type tunnel struct {
	podA, nodeA, nodeB, podB *place
	a, b                     netip.Addr
}

const (
	linkMTU   = 1500
	tunnelMTU = linkMTU - 50
)

// newTunnel makes it with this MTU of the pods' own interfaces.
func newTunnel(t *testing.T, podMTU int) *tunnel {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("makes network namespaces, which needs root")
	}
	w := &tunnel{a: netip.MustParseAddr("192.0.2.1"), b: netip.MustParseAddr("192.0.2.65")}
	err := errors.Join(
		enter(t, &w.nodeA, "nodeA"), enter(t, &w.nodeB, "nodeB"), enter(t, &w.podA, "podA"), enter(t, &w.podB, "podB"),
	)
	if err != nil {
		t.Skip("this machine gives no network namespaces: ", err)
	}
	err = errors.Join(
		cable(w.nodeA, "net0", "203.0.113.1/24", w.nodeB, "net0", "203.0.113.2/24", linkMTU),
		cable(w.podA, "eth0", "192.0.2.1/32", w.nodeA, "pod", "", podMTU),
		cable(w.podB, "eth0", "192.0.2.65/32", w.nodeB, "pod", "", podMTU),
	)
	if err == nil {
		err = errors.Join(
			vxlan(w.nodeA, "203.0.113.1", "192.0.2.10", "02:00:00:00:00:0a"), vxlan(w.nodeB, "203.0.113.2", "192.0.2.74", "02:00:00:00:00:0b"),
		)
	}
	if errors.Is(err, unix.EOPNOTSUPP) {
		t.Skip("this machine's kernel has no veth or no VXLAN (CONFIG_VXLAN): ", err)
	}
	if err == nil {
		err = errors.Join(
			remote(w.nodeA, "192.0.2.64/26", "192.0.2.74", "02:00:00:00:00:0b", "203.0.113.2"),
			remote(w.nodeB, "192.0.2.0/26", "192.0.2.10", "02:00:00:00:00:0a", "203.0.113.1"),
			gateway(w.podA, "192.0.2.10"), gateway(w.podB, "192.0.2.74"),
			local(w.nodeA, "192.0.2.1/32"), local(w.nodeB, "192.0.2.65/32"),
		)
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func enter(t *testing.T, p **place, name string) error {
	*p = &place{name: name}
	err := namespace.Set{}.Do(func() (err error) {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		if (*p).set.Net, err = os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid())); err != nil {
			return err
		}
		return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0)
	})
	t.Cleanup((*p).set.Close)
	return err
}

// cable joins two places. An empty address stands for none.
func cable(a *place, nameA, addressA string, b *place, nameB, addressB string, mtu int) error {
	err := a.set.Do(func() error {
		return netlink.LinkAdd(&netlink.Veth{
			LinkAttrs: netlink.LinkAttrs{Name: nameA, MTU: mtu}, PeerName: nameB, PeerNamespace: netlink.NsFd(int(b.set.Net.Fd())),
		})
	})
	return errors.Join(err, up(a, nameA, addressA, mtu), up(b, nameB, addressB, mtu))
}

func up(p *place, name, address string, mtu int) error {
	return p.set.Do(func() error {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		if address != "" {
			parsed, err := netlink.ParseAddr(address)
			if err != nil {
				return err
			}
			if err := netlink.AddrAdd(link, parsed); err != nil {
				return err
			}
		}
		return errors.Join(netlink.LinkSetMTU(link, mtu), netlink.LinkSetUp(link))
	})
}

func vxlan(p *place, local, address, mac string) error {
	err := p.set.Do(func() error {
		parent, err := netlink.LinkByName("net0")
		if err != nil {
			return err
		}
		hardware, err := net.ParseMAC(mac)
		if err != nil {
			return err
		}
		return netlink.LinkAdd(&netlink.Vxlan{
			LinkAttrs: netlink.LinkAttrs{Name: "vxlan.test", HardwareAddr: hardware}, VxlanId: 4096, Port: observe.VXLANPort,
			VtepDevIndex: parent.Attrs().Index, SrcAddr: net.ParseIP(local),
		})
	})
	if err != nil {
		return err
	}
	return up(p, "vxlan.test", address+"/32", tunnelMTU)
}

// remote tells a node about the other one: its block, its end of the tunnel, and the
// neighbour and forwarding entries that Calico makes too.
func remote(p *place, block, via, mac, node string) error {
	return p.set.Do(func() error {
		link, err := netlink.LinkByName("vxlan.test")
		if err != nil {
			return err
		}
		hardware, err := net.ParseMAC(mac)
		if err != nil {
			return err
		}
		destination, err := netlink.ParseIPNet(block)
		if err != nil {
			return err
		}
		index := link.Attrs().Index
		return errors.Join(
			netlink.NeighSet(&netlink.Neigh{LinkIndex: index, State: netlink.NUD_PERMANENT, IP: net.ParseIP(via), HardwareAddr: hardware}),
			netlink.NeighSet(&netlink.Neigh{LinkIndex: index, State: netlink.NUD_PERMANENT, Family: unix.AF_BRIDGE, Flags: netlink.NTF_SELF,
				IP: net.ParseIP(node), HardwareAddr: hardware}),
			netlink.RouteAdd(&netlink.Route{LinkIndex: index, Dst: destination, Gw: net.ParseIP(via), Flags: int(netlink.FLAG_ONLINK)}),
		)
	})
}

func local(p *place, pod string) error {
	return p.set.Do(func() error {
		link, err := netlink.LinkByName("pod")
		if err != nil {
			return err
		}
		destination, err := netlink.ParseIPNet(pod)
		if err != nil {
			return err
		}
		return netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Dst: destination, Scope: netlink.SCOPE_LINK})
	})
}

func gateway(p *place, via string) error {
	return p.set.Do(func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		everything := &net.IPNet{IP: net.IPv4zero, Mask: net.CIDRMask(0, 32)}
		return netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Dst: everything, Gw: net.ParseIP(via), Flags: int(netlink.FLAG_ONLINK)})
	})
}

// swallow makes a node drop what is for a pod, without a word.
func swallow(p *place, pod string) error {
	return p.set.Do(func() error {
		destination, err := netlink.ParseIPNet(pod)
		if err != nil {
			return err
		}
		return netlink.RouteReplace(&netlink.Route{Dst: destination, Type: unix.RTN_BLACKHOLE})
	})
}
