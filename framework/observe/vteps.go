package observe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/vtep"
)

// VTEPs reads the far ends of the VXLAN of a device that all nodes of a lab know. With an
// error come the tables of those nodes that could be read.
func VTEPs(ctx context.Context, l lab.Lab, device string) (vtep.Tables, error) {
	readers := map[string]func(context.Context, lab.Host) ([]vtep.VTEP, error){}
	for _, node := range l.Topology().Nodes() {
		readers[node.Name] = func(_ context.Context, host lab.Host) ([]vtep.VTEP, error) { return ReadVTEPs(host, device) }
	}
	return fromEach(ctx, l, readers)
}

// ReadVTEPs reads the far ends of a VXLAN off its device on a host, by netlink: the
// permanent neighbours and the permanent entries of the forwarding table. It leaves out
// entries that the kernel learned or looks for itself. A device that does not exist has
// none.
func ReadVTEPs(host lab.Host, device string) ([]vtep.VTEP, error) {
	handle, err := lab.Netlink(host)
	if err != nil {
		return nil, err
	}
	defer handle.Close()
	table, err := readVTEPs(handle, device)
	if err != nil {
		return nil, fmt.Errorf("%s: read the VTEPs of its interface %s: %w", host.Name(), device, err)
	}
	return table, nil
}

func readVTEPs(handle *netlink.Handle, device string) ([]vtep.VTEP, error) {
	link, err := handle.LinkByName(device)
	if _, missing := errors.AsType[netlink.LinkNotFoundError](err); missing {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	neighbours, err := permanent(handle, link, netlink.FAMILY_ALL)
	if err != nil {
		return nil, fmt.Errorf("list its neighbours: %w", err)
	}
	forwarding, err := permanent(handle, link, unix.AF_BRIDGE)
	if err != nil {
		return nil, fmt.Errorf("list its forwarding table: %w", err)
	}
	return join(neighbours, forwarding), nil
}

// permanent lists the entries that somebody has made, each with both its addresses.
func permanent(handle *netlink.Handle, link netlink.Link, family int) ([]netlink.Neigh, error) {
	found, err := handle.NeighList(link.Attrs().Index, family)
	if err != nil {
		return nil, err
	}
	var made []netlink.Neigh
	for _, n := range found {
		if n.State&unix.NUD_PERMANENT != 0 && n.IP != nil && n.HardwareAddr != nil {
			made = append(made, n)
		}
	}
	return made, nil
}

// join makes far ends of the entries of both tables. An entry without its other half
// makes half of one.
func join(neighbours, forwarding []netlink.Neigh) []vtep.VTEP {
	nodes := map[string][]netip.Addr{}
	for _, f := range forwarding {
		hardware := f.HardwareAddr.String()
		nodes[hardware] = append(nodes[hardware], toAddr(f.IP))
	}
	var table []vtep.VTEP
	found := map[string]bool{}
	for _, n := range neighbours {
		hardware := n.HardwareAddr.String()
		found[hardware] = true
		if len(nodes[hardware]) == 0 {
			table = append(table, vtep.VTEP{Tunnel: toAddr(n.IP), HardwareAddress: hardware})
		}
		for _, node := range nodes[hardware] {
			table = append(table, vtep.VTEP{Tunnel: toAddr(n.IP), HardwareAddress: hardware, Node: node})
		}
	}
	for _, f := range forwarding {
		if hardware := f.HardwareAddr.String(); !found[hardware] {
			table = append(table, vtep.VTEP{HardwareAddress: hardware, Node: toAddr(f.IP)})
		}
	}
	return table
}
