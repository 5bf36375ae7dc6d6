package wire

import (
	"context"
	"errors"
	"net/netip"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// podInterface is the name of a pod's own interface.
const podInterface = "eth0"

// DeviceOf is a network interface of a host, which has to exist.
func DeviceOf(l *suite.Lab, host, name string) observe.Device {
	ginkgo.GinkgoHelper()
	return deviceAt(l.At(host), name)
}

// PodDevice is a pod's own network interface.
func PodDevice(p workload.Pod) observe.Device {
	ginkgo.GinkgoHelper()
	return deviceAt(p, podInterface)
}

func deviceAt(host lab.Host, name string) observe.Device {
	ginkgo.GinkgoHelper()
	device, err := observe.ReadDevice(host, name)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	gomega.Expect(device.Exists).To(gomega.BeTrue(), "%s has no interface %s", host.Name(), name)
	return device
}

// ExpectTunnelMTU expects that on every node the MTU of a tunnel's device, and that of
// the pod's interface, is the one of the node's own interface less so many octets of
// outer headers.
func ExpectTunnelMTU(ctx context.Context, l *suite.Lab, tunnel string, headers int) {
	ginkgo.GinkgoHelper()
	for node, pod := range workload.Pods(ctx, l) {
		room := DeviceOf(l, node, l.Node(node).Interfaces[0].Name).MTU - headers
		gomega.Expect(DeviceOf(l, node, tunnel).MTU).To(gomega.Equal(room), node)
		gomega.Expect(PodDevice(pod).MTU).To(gomega.Equal(room), "the pod on %s", node)
	}
}

// FlapAddress takes the one address of a device of a node away and gives it back at once.
// With a device's last address the kernel drops the routes through the device and its
// neighbours, permanent ones too.
func FlapAddress(l *suite.Lab, node, device string) {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.ChangeInterfaces)
	addresses := DeviceOf(l, node, device).Addresses
	gomega.Expect(addresses).To(gomega.HaveLen(1), "%s of %s", device, node)
	gomega.Expect(flapAddress(l.At(node), device, addresses[0])).To(gomega.Succeed(), "flap %s of %s", device, node)
}

// ReplaceAddress gives a device of a node another address in place of the one that it has,
// until the spec ends. With its last address the kernel drops the routes through it: those of
// the system's own, as the one to the gateway, are put back, as a system does. A former address
// comes back by a second call.
func ReplaceAddress(l *suite.Lab, node, device string, to netip.Prefix) {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.ChangeInterfaces)
	before := DeviceOf(l, node, device).Addresses
	gomega.Expect(before).To(gomega.HaveLen(1), "%s of %s", device, node)
	replace := func(to netip.Prefix) error {
		now := DeviceOf(l, node, device).Addresses
		if len(now) == 1 && now[0] == to {
			return nil
		}
		return replaceAddresses(l.At(node), device, now, to)
	}
	ginkgo.DeferCleanup(func() { gomega.Expect(replace(before[0])).To(gomega.Succeed()) })
	gomega.Expect(replace(to)).To(gomega.Succeed(), "%s of %s becomes %s", device, node, to)
}

// replaceAddresses gives a device one address in place of those that it has: none, after an
// attempt that failed half way.
func replaceAddresses(host lab.Host, device string, from []netip.Prefix, to netip.Prefix) error {
	return onDevice(host, device, func(handle *netlink.Handle, link netlink.Link) error {
		next, err := netlink.ParseAddr(to.String())
		if err != nil {
			return err
		}
		static, err := handle.RouteListFiltered(int(route.FamilyOf(to.Addr())), &netlink.Route{LinkIndex: link.Attrs().Index, Protocol: unix.RTPROT_STATIC}, netlink.RT_FILTER_OIF|netlink.RT_FILTER_PROTOCOL)
		if err != nil {
			return err
		}
		var errs []error
		for _, address := range from {
			old, err := netlink.ParseAddr(address.String())
			if err != nil {
				return err
			}
			errs = append(errs, handle.AddrDel(link, old))
		}
		errs = append(errs, handle.AddrAdd(link, next))
		for _, way := range static {
			errs = append(errs, handle.RouteReplace(&way))
		}
		return errors.Join(errs...)
	})
}

func flapAddress(host lab.Host, device string, address netip.Prefix) error {
	return onDevice(host, device, func(handle *netlink.Handle, link netlink.Link) error {
		parsed, err := netlink.ParseAddr(address.String())
		if err != nil {
			return err
		}
		return errors.Join(handle.AddrDel(link, parsed), handle.AddrAdd(link, parsed))
	})
}

// onDevice does something to a device of a host.
func onDevice(host lab.Host, device string, do func(*netlink.Handle, netlink.Link) error) error {
	return onRoutes(host, func(handle *netlink.Handle) error {
		link, err := handle.LinkByName(device)
		if err != nil {
			return err
		}
		return do(handle, link)
	})
}

// DeleteDevice deletes a device of a node, with the routes through it.
func DeleteDevice(l *suite.Lab, node, device string) {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.ChangeInterfaces)
	gomega.Expect(onDevice(l.At(node), device, func(handle *netlink.Handle, link netlink.Link) error {
		return handle.LinkDel(link)
	})).To(gomega.Succeed(), "delete %s of %s", device, node)
}
