package capability

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/namespace"
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
		{XTables, tryXTables},
		{IPSet, tryIPSet},
		{Conntrack, tryConntrack},
		{Tap, tryTap},
	}
	absent := map[Feature]string{}
	have := func(feature Feature, try func() error) bool {
		err := try()
		if err != nil {
			absent[feature] = err.Error()
		}
		return err == nil
	}
	err := namespace.Set{}.Do(func() error {
		if !have(Namespaces, enterNewNamespaces) {
			// The others cannot be tried: see Missing.
			return nil
		}
		for _, probe := range probes {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if wanted[probe.feature] {
				have(probe.feature, probe.try)
			}
		}
		return nil
	})
	return absent, err
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

// tryIPSet makes a set of each type that Felix uses for IP pools and network
// policies (felix/ipsets in Calico).
func tryIPSet() error {
	for i, kind := range []string{"hash:ip", "hash:ip,port", "hash:net", "bitmap:port"} {
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

func tryTap() error {
	return netlink.LinkAdd(&netlink.Tuntap{LinkAttrs: netlink.LinkAttrs{Name: "tap"}, Mode: netlink.TUNTAP_MODE_TAP})
}

func tryConntrack() error {
	_, err := netlink.ConntrackTableList(netlink.ConntrackTable, unix.AF_INET)
	// A table that changes meanwhile is a table.
	if errors.Is(err, netlink.ErrDumpInterrupted) {
		return nil
	}
	return err
}
