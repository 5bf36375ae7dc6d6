package observe

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/namespace"
)

func TestReadDevice(t *testing.T) {
	c := newCable(t)
	read := func(name string) Device {
		t.Helper()
		device, err := ReadDevice(c, name)
		if err != nil {
			t.Fatal(err)
		}
		return device
	}
	if got := read("vxlan.test"); got.Exists || got.String() != "vxlan.test does not exist" {
		t.Errorf("got %s", got)
	}
	near := read("near")
	if near.Kind != "veth" || !near.Up || near.MTU != 1500 || len(near.Addresses) != 0 || near.HardwareAddress.String() != c.from.String() || near.VXLAN != nil {
		t.Errorf("got %s", near)
	}

	err := namespace.Set{Net: c.file}.Do(func() error {
		vxlan := &netlink.Vxlan{
			LinkAttrs: netlink.LinkAttrs{Name: "vxlan.test", MTU: 1450}, VxlanId: 4096, Port: VXLANPort,
			VtepDevIndex: c.index, SrcAddr: net.IPv4(203, 0, 113, 1),
		}
		if err := netlink.LinkAdd(vxlan); err != nil {
			return err
		}
		for _, text := range []string{"192.0.2.64/32", "192.0.2.1/24"} {
			address, err := netlink.ParseAddr(text)
			if err != nil {
				return err
			}
			if err := netlink.AddrAdd(vxlan, address); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, unix.EOPNOTSUPP) {
		t.Skip("this machine's kernel has no VXLAN (CONFIG_VXLAN): ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, want := read("vxlan.test").String(), "vxlan.test vxlan down mtu 1450 addresses [192.0.2.1/24 192.0.2.64/32] VNI 4096 port 4789 local 203.0.113.1 dev near"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := ReadDevice(c, strings.Repeat("x", 200)); err == nil || !strings.Contains(err.Error(), "cable: read its interface") {
		t.Errorf("a name that is too long gives error %v", err)
	}
}
