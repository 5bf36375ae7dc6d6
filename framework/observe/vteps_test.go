package observe

import (
	"errors"
	"net"
	"slices"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/namespace"
)

// The entries are made as Felix makes them, and the address of the device is replaced as
// Felix replaces it.
func TestReadVTEPs(t *testing.T) {
	c := newCable(t)
	expect := func(when string, want ...string) {
		t.Helper()
		table, err := ReadVTEPs(c, "vxlan.test")
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		var got []string
		for _, v := range table {
			got = append(got, v.String())
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", when, got, want)
		}
	}
	change := func(change func(link netlink.Link) error) {
		t.Helper()
		err := namespace.Set{Net: c.file}.Do(func() error {
			link, err := netlink.LinkByName("vxlan.test")
			if err != nil {
				return err
			}
			return change(link)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	address := func(text string) *netlink.Addr {
		a, err := netlink.ParseAddr(text)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	hardware, err := net.ParseMAC("66:54:bd:6c:19:2d")
	if err != nil {
		t.Fatal(err)
	}

	expect("without the device")
	err = namespace.Set{Net: c.file}.Do(func() error {
		return netlink.LinkAdd(&netlink.Vxlan{LinkAttrs: netlink.LinkAttrs{Name: "vxlan.test"}, VxlanId: 4096, Port: VXLANPort, VtepDevIndex: c.index})
	})
	if errors.Is(err, unix.EOPNOTSUPP) {
		t.Skip("this machine's kernel has no VXLAN (CONFIG_VXLAN): ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	change(func(link netlink.Link) error {
		return errors.Join(netlink.AddrAdd(link, address("192.0.2.64/32")), netlink.LinkSetUp(link))
	})
	expect("without entries")

	change(func(link netlink.Link) error {
		return netlink.NeighSet(&netlink.Neigh{
			LinkIndex: link.Attrs().Index, Family: unix.AF_INET, State: netlink.NUD_PERMANENT, Type: unix.RTN_UNICAST,
			IP: net.IPv4(192, 0, 2, 65), HardwareAddr: hardware,
		})
	})
	expect("with a neighbour", "192.0.2.65 at 66:54:bd:6c:19:2d, and no forwarding entry")
	change(func(link netlink.Link) error {
		return netlink.NeighSet(&netlink.Neigh{
			LinkIndex: link.Attrs().Index, Family: unix.AF_BRIDGE, State: netlink.NUD_PERMANENT, Flags: netlink.NTF_SELF,
			IP: net.IPv4(203, 0, 113, 2), HardwareAddr: hardware,
		})
	})
	expect("with both", "192.0.2.65 at 66:54:bd:6c:19:2d by 203.0.113.2")
	change(func(link netlink.Link) error {
		return netlink.NeighSet(&netlink.Neigh{
			LinkIndex: link.Attrs().Index, Family: unix.AF_INET, State: netlink.NUD_STALE, Type: unix.RTN_UNICAST,
			IP: net.IPv4(192, 0, 2, 66), HardwareAddr: hardware,
		})
	})
	expect("with a neighbour that the kernel learned", "192.0.2.65 at 66:54:bd:6c:19:2d by 203.0.113.2")

	// The kernel's own doing, on which a spec of VXLAN and a defect of Felix rest.
	change(func(link netlink.Link) error {
		return errors.Join(netlink.AddrDel(link, address("192.0.2.64/32")), netlink.AddrAdd(link, address("192.0.2.63/32")))
	})
	expect("with another address, the old one removed first", "66:54:bd:6c:19:2d by 203.0.113.2, and no permanent neighbour")
}
