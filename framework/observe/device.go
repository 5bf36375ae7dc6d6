package observe

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
)

// Device is a network interface of a host, as the host's kernel has it.
type Device struct {
	Name string
	// Exists says that there is one. The other fields are empty without.
	Exists bool
	// Kind is the kernel's word for it: ipip, vxlan, veth; empty for hardware.
	Kind string
	// Up says that it was set up, whether it has a carrier or not: a tunnel has none.
	Up  bool
	MTU int
	// Addresses are its addresses with their prefix lengths, in order, without those that
	// IPv6 gives every interface.
	Addresses []netip.Prefix
	// HardwareAddress is its link-layer address, nil if it has none.
	HardwareAddress net.HardwareAddr
	// VXLAN is what a device of kind vxlan is set to, nil for all others.
	VXLAN *VXLANSettings
}

// VXLANSettings are the settings of one end of a VXLAN.
type VXLANSettings struct {
	VNI  uint32
	Port uint16
	// Local is the source of its packets.
	Local netip.Addr
	// Parent is the interface that they leave by, empty if the routes decide.
	Parent string
}

// String is the device in one line.
func (d Device) String() string {
	if !d.Exists {
		return d.Name + " does not exist"
	}
	state := "down"
	if d.Up {
		state = "up"
	}
	text := fmt.Sprintf("%s %s %s mtu %d addresses %s", d.Name, cmp.Or(d.Kind, "hardware"), state, d.MTU, d.Addresses)
	if d.VXLAN != nil {
		text += fmt.Sprintf(" VNI %d port %d local %s dev %s", d.VXLAN.VNI, d.VXLAN.Port, d.VXLAN.Local, d.VXLAN.Parent)
	}
	return text
}

// ReadDevice reads a network interface of a host by netlink. One that does not exist is
// no error: see Device.Exists.
func ReadDevice(host lab.Host, name string) (Device, error) {
	handle, err := lab.Netlink(host)
	if err != nil {
		return Device{}, err
	}
	defer handle.Close()
	device, err := readDevice(handle, name)
	if err != nil {
		return Device{}, fmt.Errorf("%s: read its interface %s: %w", host.Name(), name, err)
	}
	return device, nil
}

// isLinkLocal reports whether an address is one that IPv6 gives every interface.
func isLinkLocal(address netip.Addr) bool { return address.Is6() && address.IsLinkLocalUnicast() }

func readDevice(handle *netlink.Handle, name string) (Device, error) {
	link, err := handle.LinkByName(name)
	if _, missing := errors.AsType[netlink.LinkNotFoundError](err); missing {
		return Device{Name: name}, nil
	}
	if err != nil {
		return Device{}, err
	}
	found, err := handle.AddrList(link, netlink.FAMILY_ALL)
	if errors.Is(err, unix.ENODEV) {
		return Device{Name: name}, nil // it went in between
	}
	if err != nil {
		return Device{}, fmt.Errorf("list its addresses: %w", err)
	}
	attributes := link.Attrs()
	device := Device{
		Name: name, Exists: true, Kind: kindOf(link), Up: attributes.Flags&net.FlagUp != 0, MTU: attributes.MTU,
		HardwareAddress: attributes.HardwareAddr,
	}
	for _, a := range found {
		prefix, err := toPrefix(a.IPNet)
		if err != nil {
			return Device{}, err
		}
		if !isLinkLocal(prefix.Addr()) {
			device.Addresses = append(device.Addresses, prefix)
		}
	}
	slices.SortFunc(device.Addresses, netip.Prefix.Compare)
	if vxlan, ok := link.(*netlink.Vxlan); ok {
		device.VXLAN = &VXLANSettings{VNI: uint32(vxlan.VxlanId), Port: uint16(vxlan.Port), Local: toAddr(vxlan.SrcAddr)}
		if vxlan.VtepDevIndex != 0 {
			parent, err := handle.LinkByIndex(vxlan.VtepDevIndex)
			if err != nil {
				return Device{}, fmt.Errorf("find the interface that its packets leave by: %w", err)
			}
			device.VXLAN.Parent = parent.Attrs().Name
		}
	}
	return device, nil
}

// kindOf is the kernel's word for a link; the library says device where it has none.
func kindOf(link netlink.Link) string {
	if _, hardware := link.(*netlink.Device); hardware {
		return ""
	}
	return link.Type()
}
