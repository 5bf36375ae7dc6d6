package hostkernel

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/topology"
)

const (
	flows         = 256
	firstPort     = 30000
	discardPort   = 9
	arriveTimeout = 10 * time.Second
)

// twoRacks is a client, a spine, two leaves and three nodes, as namespaces. All nodes have
// one address, and the fabric leads to each of them by equal cost where it divides.
//
//	client -- spine0 -- leaf0 -- control-plane
//	               \         \-- worker
//	                leaf1 ------ worker2
type twoRacks struct {
	t     *testing.T
	hosts map[string]namespace.Set
	// next is the next link's first address.
	next netip.Addr
	// hops are the next hops of a host towards the nodes' address.
	hops map[string][]*netlink.NexthopInfo
}

// nodesAddress is the nodes' common address (RFC 5737).
func nodesAddress() *net.IPNet {
	return &net.IPNet{IP: net.IPv4(198, 51, 100, 1), Mask: net.CIDRMask(32, 32)}
}

// newTwoRacks makes the fabric with these settings of each host.
func newTwoRacks(t *testing.T, settings func(host string, role topology.Role) map[string]string) *twoRacks {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("makes network namespaces, which needs root")
	}
	f := &twoRacks{t: t, hosts: map[string]namespace.Set{}, next: netip.MustParseAddr("192.0.2.0"), hops: map[string][]*netlink.NexthopInfo{}}
	for host, role := range map[string]topology.Role{
		"client": topology.Client, "spine0": topology.Spine, "leaf0": topology.Leaf, "leaf1": topology.Leaf,
		"control-plane": topology.Node, "worker": topology.Node, "worker2": topology.Node,
	} {
		if err := f.add(host, role, settings(host, role)); err != nil {
			t.Skip("this machine gives no network namespaces: ", err)
		}
	}
	for _, pair := range [][2]string{
		{"client", "spine0"}, {"spine0", "leaf0"}, {"spine0", "leaf1"},
		{"leaf0", "control-plane"}, {"leaf0", "worker"}, {"leaf1", "worker2"},
	} {
		if err := f.join(pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	for host, hops := range f.hops {
		err := f.hosts[host].Do(func() error { return netlink.RouteAdd(&netlink.Route{Dst: nodesAddress(), MultiPath: hops}) })
		if err != nil {
			t.Fatalf("%s: route to the nodes: %v", host, err)
		}
	}
	return f
}

func (f *twoRacks) add(host string, role topology.Role, settings map[string]string) error {
	var set namespace.Set
	err := namespace.Set{}.Do(func() (err error) {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		if set.Net, err = os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid())); err != nil {
			return err
		}
		for key, value := range settings {
			if err := os.WriteFile(filepath.Join(kernelFolder, key), []byte(value), 0o644); err != nil {
				return err
			}
		}
		lo, err := netlink.LinkByName("lo")
		if err != nil {
			return err
		}
		if role == topology.Node {
			err = netlink.AddrAdd(lo, &netlink.Addr{IPNet: nodesAddress()})
		}
		return errors.Join(err, netlink.LinkSetUp(lo))
	})
	f.hosts[host] = set
	f.t.Cleanup(set.Close)
	return err
}

// join makes a link between two hosts, of which the second is nearer to the nodes.
func (f *twoRacks) join(near, far string) error {
	a, b := f.next, f.next.Next()
	f.next = b.Next()
	err := f.hosts[near].Do(func() error {
		return netlink.LinkAdd(&netlink.Veth{
			LinkAttrs: netlink.LinkAttrs{Name: far}, PeerName: near, PeerNamespace: netlink.NsFd(int(f.hosts[far].Net.Fd())),
		})
	})
	if err != nil {
		return err
	}
	configure := func(host, name string, address netip.Addr, hop bool) error {
		return f.hosts[host].Do(func() error {
			link, err := netlink.LinkByName(name)
			if err != nil {
				return err
			}
			if hop {
				f.hops[host] = append(f.hops[host], &netlink.NexthopInfo{LinkIndex: link.Attrs().Index, Gw: address.Next().AsSlice()})
			}
			own := &netlink.Addr{IPNet: &net.IPNet{IP: address.AsSlice(), Mask: net.CIDRMask(31, 32)}}
			return errors.Join(netlink.AddrAdd(link, own), netlink.LinkSetUp(link))
		})
	}
	return errors.Join(configure(near, far, a, true), configure(far, near, b, false))
}

// spread sends a datagram of each of a number of flows and counts those that came to each
// node.
func (f *twoRacks) spread() map[string]int {
	f.t.Helper()
	arrived := make(chan string, flows)
	for _, node := range []string{"control-plane", "worker", "worker2"} {
		var conn net.PacketConn
		err := f.hosts[node].Do(func() (err error) {
			conn, err = new(net.ListenConfig).ListenPacket(f.t.Context(), "udp4", fmt.Sprintf("%s:%d", nodesAddress().IP, discardPort))
			return err
		})
		if err != nil {
			f.t.Fatal(err)
		}
		defer conn.Close()
		go func() {
			for buffer := make([]byte, 16); ; arrived <- node {
				if _, _, err := conn.ReadFrom(buffer); err != nil {
					return // it was closed
				}
			}
		}()
	}
	for port := range flows {
		err := f.hosts["client"].Do(func() error {
			dialer := net.Dialer{LocalAddr: &net.UDPAddr{Port: firstPort + port}}
			conn, err := dialer.DialContext(f.t.Context(), "udp4", fmt.Sprintf("%s:%d", nodesAddress().IP, discardPort))
			if err != nil {
				return err
			}
			defer conn.Close()
			_, err = conn.Write([]byte("flow"))
			return err
		})
		if err != nil {
			f.t.Fatal(err)
		}
	}
	counts := map[string]int{}
	late := time.After(arriveTimeout)
	for i := range flows {
		select {
		case node := <-arrived:
			counts[node]++
		case <-late:
			f.t.Fatalf("%d of %d datagrams arrived: %v", i, flows, counts)
		}
	}
	return counts
}

// Every node is tried, and with about the share that equal cost gives it: a quarter of
// the flows behind leaf0, and half of them behind leaf1.
func TestHostsInARowChooseIndependently(t *testing.T) {
	withoutSeed := func(host string, role topology.Role) map[string]string {
		return hashSettings(host, role, func(setting string) bool { return setting != hashSeed })
	}
	for name, hash := range map[string]func(string, topology.Role) map[string]string{"as labs set it": Settings, "without seeds": withoutSeed} {
		t.Run(name, func(t *testing.T) {
			f := newTwoRacks(t, func(host string, role topology.Role) map[string]string {
				settings := Settings(host, role)
				delete(settings, hashSeed)
				maps.Copy(settings, hash(host, role))
				return settings
			})
			counts := f.spread()
			t.Log(counts)
			// The standard deviations are 7 and 8: five of them are left for chance, which
			// there is without seeds.
			for node, least := range map[string]int{"control-plane": flows/4 - 35, "worker": flows/4 - 35, "worker2": flows/2 - 40} {
				if counts[node] < least {
					t.Errorf("%d of %d flows came to %s, want at least %d: %v", counts[node], flows, node, least, counts)
				}
			}
		})
	}
}
