package suite

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
)

// VTEPs compares the far ends of the VXLAN that the nodes' kernels know with the expected
// ones. Routes that agree lead nowhere without them.
func (l *Lab) VTEPs(ctx context.Context) (Comparison, error) {
	state, err := l.State(ctx)
	if err != nil {
		return Comparison{}, err
	}
	return l.compareVTEPs(ctx, state)
}

func (l *Lab) compareVTEPs(ctx context.Context, state oracle.State) (Comparison, error) {
	want, err := state.VTEPs()
	if err != nil {
		return Comparison{}, err
	}
	got, err := observe.VTEPs(ctx, l.Lab, calico.VXLAN.Device())
	if err != nil {
		return Comparison{}, err
	}
	return Comparison{Expected: diff.Count(want), Difference: diff.Compare(want, got).String()}, nil
}

// defaultRouteRefresh is Felix's RouteRefreshInterval where a FelixConfiguration has none.
const defaultRouteRefresh = 90 * time.Second

// RouteRefresh is the longest time between two looks of Felix for routes and VTEPs that
// the kernel has lost: the mode's routeRefreshInterval and the tenth that Felix adds by
// chance (newRefreshTicker in felix/dataplane/linux/int_dataplane.go).
func (l *Lab) RouteRefresh() time.Duration {
	interval := defaultRouteRefresh
	for _, felix := range l.mode.Resources.FelixConfigurations {
		if felix.Name == "default" && felix.Spec.RouteRefreshInterval != nil {
			interval = felix.Spec.RouteRefreshInterval.Duration
		}
	}
	return interval + interval/10
}

// FlapAddress takes the one address of a device of a node away and gives it back at once.
// With a device's last address the kernel drops the routes through the device and its
// neighbours, permanent ones too.
func (l *Lab) FlapAddress(node, device string) {
	ginkgo.GinkgoHelper()
	addresses := l.DeviceOf(node, device).Addresses
	gomega.Expect(addresses).To(gomega.HaveLen(1), "%s of %s", device, node)
	gomega.Expect(flapAddress(l.At(node), device, addresses[0])).To(gomega.Succeed(), "flap %s of %s", device, node)
}

func flapAddress(host lab.Host, device string, address netip.Prefix) error {
	namespace, err := host.NetworkNamespace()
	if err != nil {
		return err
	}
	defer namespace.Close()
	handle, err := netlink.NewHandleAt(namespace, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer handle.Close()
	link, err := handle.LinkByName(device)
	if err != nil {
		return err
	}
	parsed, err := netlink.ParseAddr(address.String())
	if err != nil {
		return err
	}
	return errors.Join(handle.AddrDel(link, parsed), handle.AddrAdd(link, parsed))
}
