package capability

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// absentFeatures tries features in namespaces of their own. An error is only a
// cancelled context; what the kernel says is the result.
func absentFeatures(ctx context.Context, wanted map[Feature]bool) (map[Feature]string, error) {
	probes := []struct {
		feature Feature
		try     func() error
	}{
		{Veth, tryVeth},
		{Bridge, tryBridge},
		{VXLAN, tryVXLAN},
		{IPIP, tryIPIP},
		{Multipath, tryMultipath},
		{NFTables, tryNFTables},
		{IPSet, tryIPSet},
		{Conntrack, tryConntrack},
	}
	absent := map[Feature]string{}
	err := onThrowAwayThread(func() error {
		if err := enterNewNamespaces(); err != nil {
			// The others cannot be tried, so nothing is said of them.
			absent[Namespaces] = err.Error()
			return nil
		}
		for _, probe := range probes {
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
			if !wanted[probe.feature] {
				continue
			}
			if err := probe.try(); err != nil {
				absent[probe.feature] = err.Error()
			}
		}
		return nil
	})
	return absent, err
}

// onThrowAwayThread runs a function on a thread that ends with it, and with the
// thread the namespaces that it made and all that is in them.
func onThrowAwayThread(do func() error) error {
	result := make(chan error, 1)
	go func() {
		// The runtime ends a thread whose goroutine ends while locked to it, but
		// not the process's first thread: that one would stay in foreign
		// namespaces and show them as /proc/self. It is kept busy instead, so
		// that the next try is on another.
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			result <- onThrowAwayThread(do)
			runtime.UnlockOSThread()
			return
		}
		result <- do()
	}()
	return <-result
}

func enterNewNamespaces() error {
	if err := unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWUTS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	// Also the proof that this process may mount.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	return nil
}

func tryVeth() error {
	return netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "veth-a"}, PeerName: "veth-b"})
}

func tryBridge() error {
	return netlink.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "bridge"}})
}

func tryVXLAN() error {
	// The identifier and port of Calico's own device, vxlan.calico.
	return netlink.LinkAdd(&netlink.Vxlan{LinkAttrs: netlink.LinkAttrs{Name: "vxlan"}, VxlanId: 4096, Port: 4789})
}

func tryIPIP() error {
	return netlink.LinkAdd(&netlink.Iptun{
		LinkAttrs: netlink.LinkAttrs{Name: "ipip"},
		Local:     net.IPv4(192, 0, 2, 1),
		Remote:    net.IPv4(192, 0, 2, 2),
	})
}

// tryMultipath adds a route with two gateways, which a kernel that lacks them
// refuses. Addresses are those for documentation (RFC 5737).
func tryMultipath() error {
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "path-a"}, PeerName: "path-b"}); err != nil {
		return err
	}
	var links []netlink.Link
	for _, name := range []string{"path-a", "path-b"} {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return err
		}
		links = append(links, link)
	}
	network := func(prefix string) *net.IPNet {
		parsed := netip.MustParsePrefix(prefix)
		return &net.IPNet{IP: parsed.Addr().AsSlice(), Mask: net.CIDRMask(parsed.Bits(), parsed.Addr().BitLen())}
	}
	if err := netlink.AddrAdd(links[0], &netlink.Addr{IPNet: network("192.0.2.1/24")}); err != nil {
		return err
	}
	index := links[0].Attrs().Index
	return netlink.RouteAdd(&netlink.Route{
		Dst: network("198.51.100.0/24"),
		MultiPath: []*netlink.NexthopInfo{
			{LinkIndex: index, Gw: net.IPv4(192, 0, 2, 2)},
			{LinkIndex: index, Gw: net.IPv4(192, 0, 2, 3)},
		},
	})
}

// tryIPSet makes a set of each type that Felix uses (felix/ipsets in Calico).
func tryIPSet() error {
	for i, kind := range []string{"hash:ip", "hash:ip,port", "hash:net", "hash:net,net", "bitmap:port"} {
		options := netlink.IpsetCreateOptions{Family: unix.AF_INET}
		if kind == "bitmap:port" {
			options = netlink.IpsetCreateOptions{PortTo: 65535}
		}
		if err := netlink.IpsetCreate(fmt.Sprintf("set-%d", i), kind, options); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

func tryConntrack() error {
	_, err := netlink.ConntrackTableList(netlink.ConntrackTable, unix.AF_INET)
	// A table that changes meanwhile is a table.
	if errors.Is(err, netlink.ErrDumpInterrupted) {
		return nil
	}
	return err
}
