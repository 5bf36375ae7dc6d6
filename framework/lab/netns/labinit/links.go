package labinit

import (
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// managementBridge joins the control plane and the nodes.
const managementBridge = "management"

// links makes a topology's links, addresses and static routes by netlink.
type links struct {
	topology *topology.Topology
	hosts    map[string]namespace.Set
	// handles are sockets into the network namespaces of hosts and bridges.
	handles map[string]*netlink.Handle
	// files are the network namespaces of hosts and bridges.
	files map[string]*os.File
	// hosted is set if the control plane is on the host of this virtual machine.
	hosted *HostedControlPlane
}

func makeLinks(t *topology.Topology, hosts map[string]namespace.Set, hosted *HostedControlPlane) error {
	l := links{topology: t, hosts: hosts, handles: map[string]*netlink.Handle{}, files: map[string]*os.File{}, hosted: hosted}
	defer l.close()
	for name, set := range hosts {
		if err := l.open(name, set.Net); err != nil {
			return err
		}
	}
	for _, link := range t.Links {
		if err := l.makeLink(link); err != nil {
			return fmt.Errorf("link %s: %w", link.Name, err)
		}
	}
	if err := l.makeManagement(); err != nil {
		return fmt.Errorf("management network: %w", err)
	}
	for _, host := range t.Hosts {
		if err := SetDefaultRoutes(l.handles[host.Name], host); err != nil {
			return fmt.Errorf("%s: %w", host.Name, err)
		}
	}
	return nil
}

// open opens a netlink socket into a network namespace and brings its loopback
// interface up.
func (l *links) open(name string, file *os.File) error {
	handle, err := netlink.NewHandleAt(netns.NsHandle(file.Fd()), unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("%s: open netlink: %w", name, err)
	}
	l.handles[name], l.files[name] = handle, file
	return l.up(name, "lo")
}

func (l *links) close() {
	for _, handle := range l.handles {
		handle.Close()
	}
}

func (l *links) makeLink(link topology.Link) error {
	if link.Bridge {
		return l.makeBridge(link)
	}
	a, b := link.Ends[0], link.Ends[1]
	if err := l.veth(a.Host, a.Name, b.Host, b.Name, link.MTU); err != nil {
		return err
	}
	for _, end := range link.Ends {
		if err := l.configure(end.Host, end.Name, end.Addresses...); err != nil {
			return err
		}
	}
	return nil
}

// makeBridge makes a switch without addresses in a network namespace of its own,
// named as the link.
func (l *links) makeBridge(link topology.Link) error {
	file, err := makeNetworkNamespace(link.Name)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := l.open(link.Name, file); err != nil {
		return err
	}
	if err := l.addBridge(link.Name, link.Name, link.MTU); err != nil {
		return err
	}
	for i, end := range link.Ends {
		port := fmt.Sprintf("port%d", i)
		if err := l.veth(end.Host, end.Name, link.Name, port, link.MTU); err != nil {
			return err
		}
		if err := l.plug(link.Name, port, link.Name); err != nil {
			return err
		}
		if err := l.configure(end.Host, end.Name, end.Addresses...); err != nil {
			return err
		}
	}
	return nil
}

// makeManagement joins the lab's process, where the control plane runs, with the
// nodes' eth0.
func (l *links) makeManagement() error {
	own, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer own.Close()
	const control = "" // the lab's own network namespace
	if err := l.open(control, own); err != nil {
		return err
	}
	management := l.topology.Management
	if err := l.addBridge(control, managementBridge, 1500); err != nil {
		return err
	}
	address := netip.PrefixFrom(management.Control, management.Prefix.Bits())
	if l.hosted != nil {
		if err := l.plugHosted(control); err != nil {
			return err
		}
		address = netip.PrefixFrom(LastAddress(management.Prefix), management.Prefix.Bits())
	}
	if err := l.configure(control, managementBridge, address); err != nil {
		return err
	}
	for i, node := range l.topology.CalicoNodes() {
		// A node's name may be longer than an interface's, and like another's as far as that
		// goes.
		port := fmt.Sprintf("port%d", i)
		if err := l.veth(node.Name, "eth0", control, port, 1500); err != nil {
			return err
		}
		if err := l.plug(control, port, managementBridge); err != nil {
			return err
		}
		if err := l.configure(node.Name, "eth0", netip.PrefixFrom(node.Management, management.Prefix.Bits())); err != nil {
			return err
		}
		// The API server reaches a node's agent at the node's own address.
		entry := &netlink.Route{Dst: ipNet(route.Single(node.Address())), Gw: node.Management.AsSlice()}
		if err := l.handles[control].RouteAdd(entry); err != nil {
			return fmt.Errorf("route to %s: %w", node.Name, err)
		}
	}
	return nil
}

// veth makes a pair of interfaces, each with its final name in its final place.
func (l *links) veth(hostA, nameA, hostB, nameB string, mtu int) error {
	pair := &netlink.Veth{
		LinkAttrs: netlink.LinkAttrs{Name: nameA, MTU: mtu, TxQLen: -1, Namespace: netlink.NsFd(l.files[hostA].Fd())},
		PeerName:  nameB, PeerMTU: uint32(mtu), PeerNamespace: netlink.NsFd(l.files[hostB].Fd()),
	}
	if err := netlink.LinkAdd(pair); err != nil {
		return fmt.Errorf("join %s:%s and %s:%s: %w", hostA, nameA, hostB, nameB, err)
	}
	return nil
}

func (l *links) addBridge(place, name string, mtu int) error {
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: name, MTU: mtu, TxQLen: -1}}
	if err := l.handles[place].LinkAdd(bridge); err != nil {
		return fmt.Errorf("make bridge %s: %w", name, err)
	}
	return l.up(place, name)
}

// plug makes an interface a port of a bridge.
func (l *links) plug(place, port, bridge string) error {
	handle := l.handles[place]
	p, err := handle.LinkByName(port)
	if err != nil {
		return fmt.Errorf("find port %s: %w", port, err)
	}
	b, err := handle.LinkByName(bridge)
	if err != nil {
		return fmt.Errorf("find bridge %s: %w", bridge, err)
	}
	if err := handle.LinkSetMaster(p, b); err != nil {
		return fmt.Errorf("plug %s into %s: %w", port, bridge, err)
	}
	return l.up(place, port)
}

// configure gives an interface its addresses and brings it up.
func (l *links) configure(host, name string, addresses ...netip.Prefix) error {
	link, err := l.handles[host].LinkByName(name)
	if err != nil {
		return fmt.Errorf("%s: find %s: %w", host, name, err)
	}
	for _, address := range addresses {
		if err := l.handles[host].AddrAdd(link, &netlink.Addr{IPNet: ipNet(address)}); err != nil {
			return fmt.Errorf("%s: give %s address %s: %w", host, name, address, err)
		}
	}
	return l.up(host, name)
}

func (l *links) up(host, name string) error {
	link, err := l.handles[host].LinkByName(name)
	if err != nil {
		return fmt.Errorf("%s: find %s: %w", host, name, err)
	}
	if err := l.handles[host].LinkSetUp(link); err != nil {
		return fmt.Errorf("%s: bring %s up: %w", host, name, err)
	}
	return nil
}

// SetDefaultRoutes gives a host the default route of each family in which it has
// gateways, over all of them, in place of the one that is there.
func SetDefaultRoutes(handle *netlink.Handle, host topology.Host) error {
	for _, family := range host.Families() {
		gateways := host.GatewaysOf(family)
		if len(gateways) == 0 {
			continue
		}
		entry := &netlink.Route{Dst: ipNet(family.Everywhere()), Protocol: staticRoute}
		if len(gateways) == 1 {
			entry.Gw = gateways[0].AsSlice()
		} else {
			for _, gateway := range gateways {
				entry.MultiPath = append(entry.MultiPath, &netlink.NexthopInfo{Gw: gateway.AsSlice()})
			}
		}
		if err := handle.RouteReplace(entry); err != nil {
			return fmt.Errorf("set the %s default route: %w", family, err)
		}
	}
	return nil
}

// staticRoute is the kernel's RTPROT_STATIC.
const staticRoute = 4

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
